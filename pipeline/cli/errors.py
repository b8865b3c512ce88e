"""One clear line for an error that a user can correct, or that the machine's limits cause."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from pipeline.runtime.errors import UserError
from pipeline.runtime.visible_text import make_visible

SHOW_TRACEBACKS = os.environ.get("HYDRA_FULL_ERROR") == "1"


def explain_error(error: BaseException, outputs: Path | None = None) -> str | None:
    """Return one line for a mistake of the user or a limit of the machine; None for any other error.

    Names in it are shown without effect on a terminal.
    """
    message = _explain_chain(error, outputs)
    return None if message is None else make_visible(message)


def _explain_chain(error: BaseException, outputs: Path | None) -> str | None:
    from pipeline.config.override_errors import explain_override_error
    from pipeline.runtime import resource_errors

    chain = resource_errors.exception_chain(error)
    user_error = next((cause for cause in chain if isinstance(cause, UserError)), None)
    # Without memory a library may fail to load, which looks like a wrong import path.
    if user_error and not resource_errors.is_out_of_memory(chain):
        return str(user_error)
    return resource_errors.explain_resource_error(chain, outputs) or explain_override_error(chain)


def print_error(error: Exception, outputs: Path) -> None:
    """Print an error, with its traceback if there is no line for it."""
    message = explain_error(error, outputs)
    if message is None or SHOW_TRACEBACKS:
        traceback.print_exception(error)
    print(f"error: {message or make_visible(str(error))}", file=sys.stderr)
