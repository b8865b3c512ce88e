"""Parameters of a clusterer that depend on the number of images."""

from __future__ import annotations

from typing import Any

from pipeline.config import Cluster

IMAGES_PER_MIN_SIZE = 120
"""Number of images for each image in `min_cluster_size`."""

SMALLEST_MIN_SIZE = 5
"""Smallest `min_cluster_size` that the rule gives, scikit-learn's default."""

LARGEST_MIN_SAMPLES = 10
"""Largest `min_samples` that the rule gives."""

NUMBERS_OF_CLUSTERS = ("n_clusters", "n_components")
"""scikit-learn's names for the number of clusters."""


def suit_number_of_images(config: Cluster, n: int) -> tuple[Cluster, list[str]]:
    """Return the configuration for n fitted images, and a note on the parameters that n determines.

    `k` is lowered to n if there are fewer images, and with it the estimator's number of clusters; to n − 1 for a
    clusterer of the graph, whose sparse eigensolver gives no more eigenvectors. `start` is then `own`.
    If the estimator's `min_cluster_size` is null, it becomes n / 120, rounded, but at least 5, or n // 2 for fewer
    than 10 images, which is at least 2. If `min_samples` is null too, it becomes 10, but at most `min_cluster_size`.
    """
    estimator = dict(config.estimator)
    limit = max(n - 1, 1) if config.graph == "affinity" else n
    k = config.n_clusters
    if k is not None and k > limit:
        lowered = {name: limit for name in NUMBERS_OF_CLUSTERS if estimator.get(name) == k}
        note = f"cluster.k = {k:,} is lowered to {limit:,}: there are only {n:,} images to cluster"
        # Copies of an image leave fewer groups among the latents than k, from which no clusterer can start.
        return config.model_copy(update={"k": limit, "estimator": estimator | lowered, "start": "own"}), [note]
    if "min_cluster_size" not in estimator or estimator["min_cluster_size"] is not None:
        return config, []
    changes = _density_sizes(estimator, n)
    listed = ", ".join(f"{name} = {value:,}" for name, value in changes.items())
    return config.model_copy(update={"estimator": estimator | changes}), [f"{listed}, for {n:,} images"]


def _density_sizes(estimator: dict[str, Any], n: int) -> dict[str, int]:
    """The numbers of images that define a cluster of HDBSCAN, as far as they are null."""
    size = max(round(n / IMAGES_PER_MIN_SIZE), min(SMALLEST_MIN_SIZE, n // 2), 2)
    sizes = {"min_cluster_size": size}
    if "min_samples" in estimator and estimator["min_samples"] is None:
        sizes["min_samples"] = min(LARGEST_MIN_SAMPLES, size)
    return sizes
