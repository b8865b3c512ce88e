"""UMAP and t-SNE from the shared graph, beside the peers' own calls, with how good the result is."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.build import find
from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.tracked import Stopwatch
from tests.benchmarks.worker import Facts, Work

SEED = 42
ENOUGH = 5_000
"""From 4,096 points on umap-learn searches neighbours approximately, with more code that Numba compiles."""

PERPLEXITY = 15.0
"""As published, for 5,000 images: 1,000 iterations at a learning rate of 100; the graph has three times as many."""


PARTS = {
    "neighbours": ["umap.umap_.nearest_neighbors"],
    "weights": ["umap.umap_.fuzzy_simplicial_set"],
    "start": ["umap.umap_.spectral_layout"],
    "layout": ["umap.umap_.optimize_layout_euclidean", "pipeline.embeddings.layout"],
}
"""What UMAP does one after the other, and the functions that do it; in ours umap-learn's layout has nothing to do."""


@contextmanager
def profiled() -> Iterator[dict[str, Stopwatch]]:
    """Yield watches that run while calls inside this context are in each of UMAP's parts."""
    watches = {name: Stopwatch() for name in PARTS}
    with ExitStack() as stack:
        for name, functions in PARTS.items():
            for function in functions:
                stack.enter_context(patch(function, watches[name].around(find(function, "benchmark"))))
        yield watches


def timed(sizes: Sizes, embed: Callable[[], Float], n: int, clusters: bool = False) -> Facts:
    """Embed; return its seconds, and beside the clock the trustworthiness and what the mixture finds in the result."""
    from pipeline.metrics import trustworthiness

    started = time.perf_counter()
    embedded = np.asarray(embed(), np.float32)
    seconds = time.perf_counter() - started
    facts = {"seconds": seconds, "trust": trustworthiness(inputs.latents(sizes, n).fitted, embedded, sample=2000)}
    return facts | (accuracy(sizes, embedded) if clusters else {})


def accuracy(sizes: Sizes, points: Float) -> dict[str, float]:
    """Return the accuracy of what the cluster stage finds in the points, as the default configures it."""
    from pipeline.artifacts import Features
    from pipeline.metrics import score
    from pipeline.notebook import settings
    from pipeline.stages.cluster import cluster

    features = Features(points, points[:0], "umap")
    found = cluster(settings().cluster, features, inputs.graph(sizes), inputs.latents(sizes))
    return {"mixture": score(inputs.images(len(points))[1], found.fitted)["accuracy_score"]}


def umap_ours(sizes: Sizes) -> Work:
    """The manifold stage; Numba has compiled before the clock starts."""
    from pipeline.embeddings import umap

    latents, graph = inputs.latents(sizes), inputs.graph(sizes)
    settings: Any = {"n_components": 10, "min_dist": 0.0, "n_epochs": sizes.map_epochs, "seed": SEED}
    umap(inputs.latents(sizes, 100), inputs.graph(sizes, 20, 100), **settings)
    return lambda: _profiled(sizes, lambda: umap(latents, graph, **settings).fitted)


def _profiled(sizes: Sizes, embed: Callable[[], Float]) -> Facts:
    """Time an embedding of all by UMAP, with its parts."""
    with profiled() as watches:
        facts = timed(sizes, embed, sizes.images, clusters=True)
    return {**facts, **{name: watch.seconds for name, watch in watches.items()}}


def umap_learn(sizes: Sizes, seed: int | None = SEED, threads: int = 1) -> Work:
    """umap-learn's own call with the same settings, which finds neighbours itself; all is compiled before."""
    from umap import UMAP

    codes = inputs.latents(sizes).fitted

    def embed(points: Float) -> Float:
        settings = {"n_components": 10, "n_neighbors": 21, "min_dist": 0.0, "n_epochs": sizes.map_epochs}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(UMAP(**settings, random_state=seed, n_jobs=threads).fit_transform(points))

    embed(codes[:ENOUGH])
    return lambda: _profiled(sizes, lambda: embed(codes))


def umap_unseeded(sizes: Sizes) -> Work:
    """The same without a seed, for which umap-learn takes all cores and gives other coordinates each time."""
    return umap_learn(sizes, None, -1)


def tsne_few_ours(sizes: Sizes) -> Work:
    """The project stage on few images, as the published set-up configures it."""
    from pipeline.embeddings import tsne

    k = int(3 * PERPLEXITY)
    few, graph = inputs.latents(sizes, sizes.few), inputs.graph(sizes, k, sizes.few)
    settings: Any = {"perplexity": PERPLEXITY, "learning_rate": 100, "n_epochs": 5 * sizes.map_epochs, "seed": 0}
    return lambda: timed(sizes, lambda: tsne(few, graph, **settings).fitted, sizes.few)


def tsne_few_scikit_learn(sizes: Sizes) -> Work:
    """scikit-learn's t-SNE as published."""
    from sklearn.manifold import TSNE

    few = inputs.latents(sizes, sizes.few).fitted
    settings = {"perplexity": PERPLEXITY, "learning_rate": 100, "max_iter": max(250, 5 * sizes.map_epochs)}
    return lambda: timed(sizes, lambda: TSNE(2, **settings, random_state=0, n_jobs=-1).fit_transform(few), sizes.few)


def tsne_all_ours(sizes: Sizes) -> Work:
    """`project=tsne`."""
    from pipeline.embeddings import tsne

    latents, graph, n_epochs = inputs.latents(sizes), inputs.graph(sizes), sum(_iterations(sizes))
    return lambda: timed(sizes, lambda: tsne(latents, graph, n_epochs=n_epochs, seed=0).fitted, sizes.images)


def tsne_all_opentsne(sizes: Sizes) -> Work:
    """openTSNE's own call: perplexity 30, its own approximate neighbours."""
    from openTSNE import TSNE

    codes, (early, late) = inputs.latents(sizes).fitted, _iterations(sizes)
    method = TSNE(early_exaggeration_iter=early, n_iter=late, n_jobs=-1, random_state=0)
    return lambda: timed(sizes, lambda: np.asarray(method.fit(codes)), sizes.images)


def _iterations(sizes: Sizes) -> tuple[int, int]:
    """Of t-SNE with early exaggeration, and after it: openTSNE's own numbers, or as much fewer as UMAP's epochs."""
    return 5 * sizes.map_epochs // 4, 5 * sizes.map_epochs // 2


UMAP_ROW = Row(
    "UMAP of every latent into 10 dimensions; ours from the graph",
    {
        "ours, seeded, all cores": umap_ours,
        "umap-learn, seeded, one thread": umap_learn,
        "umap-learn, no seed, all cores": umap_unseeded,
    },
    repeats=2,
    faster={"umap-learn, seeded, one thread": 2.0},
)
FEW_ROW = Row(
    "t-SNE of few latents; ours from the graph",
    {"ours, from the graph": tsne_few_ours, "scikit-learn": tsne_few_scikit_learn},
    repeats=2,
    faster={"scikit-learn": 1.0},
)
ALL_ROW = Row(
    "t-SNE of every latent; ours from the graph",
    {"ours, from the graph": tsne_all_ours, "openTSNE": tsne_all_opentsne},
    repeats=1,
    faster={"openTSNE": 1.0},
)
