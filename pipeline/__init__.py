"""Train a convolutional autoencoder, cluster its latent space, draw a map, score the clusters, and log to MLflow."""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"
__all__ = ["ClusteringResult", "LatentClusterer", "cluster_images", "load_run"]

_MODULES = {
    "ClusteringResult": "pipeline.api", "cluster_images": "pipeline.api", "load_run": "pipeline.api",
    "LatentClusterer": "pipeline.estimator",
}  # fmt: skip
"""The module of each public name."""


def __getattr__(name: str) -> Any:
    """Import the public Python API on first use: the command line must start without it."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
