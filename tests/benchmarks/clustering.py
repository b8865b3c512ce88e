"""k-means of all latents with ten starts: as the stage cluster calls it, and by other libraries."""

from __future__ import annotations

import time

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work

K, STARTS, SEED = 10, 10, 42


def ours(sizes: Sizes) -> Work:
    """On one thread, as the stage does for reproducible results."""
    from threadpoolctl import threadpool_limits

    from pipeline.config.compose import compose_config
    from pipeline.config.instantiate import instantiate

    codes = inputs.latents(sizes).fitted
    estimator = compose_config("cluster=kmeans", f"cluster.k={K}", f"seed={SEED}").cluster.estimator

    def work() -> Facts:
        with threadpool_limits(1):
            return {"inertia": float(instantiate(estimator, "cluster.estimator").fit(codes).inertia_)}

    return work


def scikit_learn(sizes: Sizes) -> Work:
    """The same on all cores."""
    from sklearn.cluster import KMeans

    codes = inputs.latents(sizes).fitted
    return lambda: {"inertia": float(KMeans(K, n_init=STARTS, random_state=SEED).fit(codes).inertia_)}


def faiss(sizes: Sizes) -> Work:
    """faiss on all points with as many starts, and at most as many iterations as scikit-learn."""
    import faiss

    codes = inputs.latents(sizes).fitted
    settings = {"nredo": STARTS, "niter": 300, "seed": SEED, "max_points_per_centroid": len(codes)}

    def work() -> Facts:
        started = time.perf_counter()
        kmeans = faiss.Kmeans(codes.shape[1], K, **settings)
        kmeans.train(codes)
        seconds = time.perf_counter() - started
        return {"inertia": float(kmeans.index.search(codes, 1)[0].sum()), "seconds": seconds}

    return work


KMEANS_ROW = Row(
    "k-means of all latents, k = 10, ten starts", {"ours": ours, "scikit-learn": scikit_learn, "faiss": faiss}
)
