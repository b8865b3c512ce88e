"""UMAP and t-SNE from the shared graph and by other libraries, with the quality of the result."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.config.instantiate import import_target
from pipeline.embedding.umap_learn import import_umap
from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.tracked import Stopwatch
from tests.benchmarks.worker import Facts, Work

SEED = 42
WARM_UP_POINTS = 5_000
"""From 4,096 points on umap-learn searches neighbours approximately, which compiles more code."""

PERPLEXITY = 15.0
"""As published for 5,000 images, with 1,000 iterations and a learning rate of 100; the graph has 3 × 15 neighbours."""

PARTS = {
    "neighbours": ["umap.umap_.nearest_neighbors"],
    "weights": ["umap.umap_.fuzzy_simplicial_set"],
    "start": ["umap.umap_.spectral_layout"],
    "layout": ["umap.umap_.optimize_layout_euclidean", "pipeline.embedding.methods.optimize_layout"],
}
"""The consecutive parts of UMAP and the functions that do them; ours skips umap-learn's layout."""


@contextmanager
def profile_parts() -> Iterator[dict[str, Stopwatch]]:
    """Yield a stopwatch per part of UMAP, which measures the calls inside this context."""
    import_umap()
    watches = {name: Stopwatch() for name in PARTS}
    with ExitStack() as stack:
        for name, functions in PARTS.items():
            for function in functions:
                stack.enter_context(patch(function, watches[name].wrap(import_target(function, "benchmark"))))
        yield watches


def time_embedding(sizes: Sizes, embed: Callable[[], Float], n: int, clusters: bool = False) -> Facts:
    """Return the seconds of an embedding, its trustworthiness and, with `clusters`, the accuracy of a mixture on it."""
    from pipeline.embedding.quality import trustworthiness

    started = time.perf_counter()
    embedded = np.asarray(embed(), np.float32)
    seconds = time.perf_counter() - started
    facts = {"seconds": seconds, "trust": trustworthiness(inputs.latents(sizes, n).fitted, embedded, sample=2000)}
    return facts | (mixture_accuracy(sizes, embedded) if clusters else {})


def mixture_accuracy(sizes: Sizes, points: Float) -> dict[str, float]:
    """Return the accuracy of the stage cluster on the points, with its default configuration."""
    from pipeline.artifacts import Features
    from pipeline.clustering.metrics import score_clustering
    from pipeline.config.compose import compose_config
    from pipeline.stages.cluster import cluster

    features = Features(points, points[:0], "umap")
    clustering = cluster(compose_config().cluster, features, inputs.graph(sizes), inputs.latents(sizes))
    return {"mixture": score_clustering(inputs.images(len(points))[1], clustering.fitted)["accuracy_score"]}


def umap_ours(sizes: Sizes) -> Work:
    """The stage manifold; Numba compiles before the clock starts."""
    from pipeline.embedding.methods import umap

    latents, graph = inputs.latents(sizes), inputs.graph(sizes)
    settings: Any = {
        "n_components": 10, "min_dist": 0.0, "n_epochs": sizes.map_epochs, "init": "spectral", "seed": SEED,
    }  # fmt: skip
    umap(inputs.latents(sizes, 100), inputs.graph(sizes, 20, 100), **settings)
    return lambda: _time_umap(sizes, lambda: umap(latents, graph, **settings).fitted)


def _time_umap(sizes: Sizes, embed: Callable[[], Float]) -> Facts:
    """Time a UMAP of all latents and its parts."""
    with profile_parts() as watches:
        facts = time_embedding(sizes, embed, sizes.images, clusters=True)
    return {**facts, **{name: watch.seconds for name, watch in watches.items()}}


def umap_learn(sizes: Sizes, seed: int | None = SEED, threads: int = 1) -> Work:
    """umap-learn with the same settings and its own neighbour search; Numba compiles before the clock starts."""
    from umap import UMAP

    codes = inputs.latents(sizes).fitted

    def embed(points: Float) -> Float:
        settings = {"n_components": 10, "n_neighbors": 21, "min_dist": 0.0, "n_epochs": sizes.map_epochs}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(UMAP(**settings, random_state=seed, n_jobs=threads).fit_transform(points))

    embed(codes[:WARM_UP_POINTS])
    return lambda: _time_umap(sizes, lambda: embed(codes))


def umap_unseeded(sizes: Sizes) -> Work:
    """The same without a seed: umap-learn then uses all cores, and the coordinates differ from run to run."""
    return umap_learn(sizes, None, -1)


def tsne_few_ours(sizes: Sizes) -> Work:
    """The stage project on few images, configured as in the published set-up."""
    from pipeline.embedding.methods import tsne

    k = int(3 * PERPLEXITY)
    few, graph = inputs.latents(sizes, sizes.few), inputs.graph(sizes, k, sizes.few)
    settings: Any = {"perplexity": PERPLEXITY, "learning_rate": 100, "n_epochs": 5 * sizes.map_epochs, "seed": 0}
    return lambda: time_embedding(sizes, lambda: tsne(few, graph, **settings).fitted, sizes.few)


def tsne_few_scikit_learn(sizes: Sizes) -> Work:
    """scikit-learn's t-SNE as published."""
    from sklearn.manifold import TSNE

    few = inputs.latents(sizes, sizes.few).fitted
    settings = {"perplexity": PERPLEXITY, "learning_rate": 100, "max_iter": max(250, 5 * sizes.map_epochs)}
    return lambda: time_embedding(
        sizes, lambda: TSNE(2, **settings, random_state=0, n_jobs=-1).fit_transform(few), sizes.few
    )


def tsne_all_ours(sizes: Sizes) -> Work:
    """`project=tsne`."""
    from pipeline.embedding.methods import tsne

    latents, graph, n_epochs = inputs.latents(sizes), inputs.graph(sizes), sum(_iterations(sizes))
    return lambda: time_embedding(sizes, lambda: tsne(latents, graph, n_epochs=n_epochs, seed=0).fitted, sizes.images)


def tsne_all_opentsne(sizes: Sizes) -> Work:
    """openTSNE's own call: perplexity 30, its own approximate neighbours."""
    from openTSNE import TSNE

    codes, (early, late) = inputs.latents(sizes).fitted, _iterations(sizes)
    method = TSNE(early_exaggeration_iter=early, n_iter=late, n_jobs=-1, random_state=0)
    return lambda: time_embedding(sizes, lambda: np.asarray(method.fit(codes)), sizes.images)


def _iterations(sizes: Sizes) -> tuple[int, int]:
    """Of t-SNE with early exaggeration, and after it: openTSNE's own numbers, or as much fewer as UMAP's epochs."""
    return 5 * sizes.map_epochs // 4, 5 * sizes.map_epochs // 2


UMAP_ROW = Row(
    "UMAP of all latents in 10 dimensions; ours starts from the neighbour graph",
    {
        "ours, seeded, all cores": umap_ours,
        "umap-learn, seeded, one thread": umap_learn,
        "umap-learn, no seed, all cores": umap_unseeded,
    },
    repeats=2,
    target_ratios={"umap-learn, seeded, one thread": 2.0},
)
TSNE_FEW_ROW = Row(
    "t-SNE of few latents; ours starts from the neighbour graph",
    {"ours, from the graph": tsne_few_ours, "scikit-learn": tsne_few_scikit_learn},
    repeats=2,
    target_ratios={"scikit-learn": 1.0},
)
TSNE_ALL_ROW = Row(
    "t-SNE of all latents; ours starts from the neighbour graph",
    {"ours, from the graph": tsne_all_ours, "openTSNE": tsne_all_opentsne},
    repeats=1,
    target_ratios={"openTSNE": 1.0},
)
