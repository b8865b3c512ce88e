"""The versions that a run is tagged with."""

from __future__ import annotations

import platform

from pipeline import __version__
from pipeline.workflow.fingerprint import DISTRIBUTIONS
from pipeline.workflow.python_source import installed_version

PACKAGES = ("tensorflow", "keras", "sklearn", "umap", "mlflow", "numpy", "hydra")
"""Packages whose versions become tags of the run, which have the names of their distributions."""

NAMES = DISTRIBUTIONS | {"mlflow": "mlflow", "hydra": "hydra-core"}

VERSION_TAG = "version.pipeline"


def version_tags() -> dict[str, str]:
    """Return the versions of this program, Python and the packages by the names of tags."""
    packages = {f"version.{NAMES[package]}": installed_version(NAMES[package], package) for package in PACKAGES}
    return {VERSION_TAG: __version__, "version.python": ".".join(platform.python_version_tuple()[:2])} | packages
