"""Parameters of a clusterer that depend on the number of images."""

from __future__ import annotations

from pipeline.config import Cluster

IMAGES_PER_MIN_SIZE = 120
"""Number of images for each image in `min_cluster_size`."""

SMALLEST_MIN_SIZE = 5
"""Smallest `min_cluster_size` that the rule gives, scikit-learn's default."""

LARGEST_MIN_SAMPLES = 10
"""Largest `min_samples` that the rule gives."""


def suit_number_of_images(config: Cluster, n: int) -> tuple[Cluster, list[str]]:
    """Return the configuration for n fitted images, and a note on the parameters that n determines.

    If the estimator's `min_cluster_size` is null, it becomes n / 120, rounded, but at least 5. If `min_samples` is null
    too, it becomes 10, but at most `min_cluster_size`.
    """
    estimator = dict(config.estimator)
    if "min_cluster_size" not in estimator or estimator["min_cluster_size"] is not None:
        return config, []
    size = max(round(n / IMAGES_PER_MIN_SIZE), SMALLEST_MIN_SIZE)
    changes = {"min_cluster_size": size}
    if "min_samples" in estimator and estimator["min_samples"] is None:
        changes["min_samples"] = min(LARGEST_MIN_SAMPLES, size)
    listed = ", ".join(f"{name} = {value:,}" for name, value in changes.items())
    return config.model_copy(update={"estimator": estimator | changes}), [f"{listed}, for {n:,} images"]
