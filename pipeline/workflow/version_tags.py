"""The versions that a run is tagged with."""

from __future__ import annotations

import platform

from pipeline import __version__
from pipeline.workflow.python_source import installed_version

PACKAGES = {
    "tensorflow": "tensorflow", "keras": "keras", "scikit-learn": "sklearn", "umap-learn": "umap", "mlflow": "mlflow",
    "numpy": "numpy", "hydra-core": "hydra",
}  # fmt: skip
"""Distributions whose versions become tags of the run, and a package of each."""

VERSION_TAG = "version.pipeline"


def version_tags() -> dict[str, str]:
    """Return the versions of this program, Python and the packages by the names of tags."""
    packages = {f"version.{name}": installed_version(name, package) for name, package in PACKAGES.items()}
    return {VERSION_TAG: __version__, "version.python": ".".join(platform.python_version_tuple()[:2])} | packages
