"""The versions that a run is tagged with."""

from __future__ import annotations

import platform
from importlib.metadata import version

from pipeline import __version__

PACKAGES = ("tensorflow", "keras", "scikit-learn", "umap-learn", "mlflow", "numpy", "hydra-core")
"""Packages whose versions become tags of the run."""

VERSION_TAG = "version.pipeline"


def version_tags() -> dict[str, str]:
    """Return the versions of this program, Python and the packages by the names of tags."""
    packages = {f"version.{name}": version(name) for name in PACKAGES}
    return {VERSION_TAG: __version__, "version.python": ".".join(platform.python_version_tuple()[:2])} | packages
