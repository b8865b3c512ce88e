"""Train a convolutional autoencoder, cluster its latent space, draw a map, score the clusters, and log to MLflow."""

from typing import Any

__version__ = "0.2.0"
__all__ = ["ClusteringResult", "LatentClusterer", "cluster_images"]


def __getattr__(name: str) -> Any:
    """Import the public Python API on first use: the command line must start without it."""
    if name == "LatentClusterer":
        from pipeline.estimator import LatentClusterer

        return LatentClusterer
    if name in __all__:
        from pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
