"""Keep the warnings of libraries from ending a run where Python turns warnings into errors."""

from __future__ import annotations

import warnings

OWN_MODULES = r"(pipeline|__main__)(\.|$)"
"""The modules whose warnings may end a run."""


def keep_library_warnings_harmless() -> None:
    """Ignore the warnings of other modules than this package's if warnings are errors.

    `-W error` and PYTHONWARNINGS=error are meant for one's own code; without this, a run ends in the first notice of
    deprecation by which one library warns another. Other settings stay as they are.
    """
    if any(action == "error" for action, *_ in warnings.filters):
        warnings.filterwarnings("ignore", module=f"(?!{OWN_MODULES})")
