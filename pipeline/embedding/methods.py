"""Embeddings of the latents: features to cluster in several dimensions, or a map in two.

Each function takes the latents and the shared neighbour graph and returns coordinates of the fitted and the held-out
points. Held-out points take no part in fitting: UMAP and t-SNE place them at the weighted mean of their fitted
neighbours. If the graph has landmarks, UMAP and t-SNE are fitted on those and place all other points so.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Literal, Unpack

import numpy as np

from pipeline.artifacts.base import Float
from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.embedding.compiled_functions import keep_compiled
from pipeline.embedding.neighbors import exact
from pipeline.embedding.parallel_umap import optimize_layout
from pipeline.embedding.placement import place_held_out, place_points
from pipeline.embedding.umap_learn import OtherLayoutOptions, UmapOptions, import_umap
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer

MANY_POINTS = 10_000
"""UMAP of more points than this needs fewer epochs, and no spectral start, to be clustered as well."""
FEW_POINTS = 100
"""Fewer points than this are embedded by Barnes and Hut's method: the grid of the FFT takes minutes for them."""


def identity(latents: Latents, graph: Graph, observer: Observer = SILENT, seed: int = 0) -> Features:  # noqa: ARG001
    """Return the latents (n, d) unchanged."""
    return Features(np.asarray(latents.fitted), np.asarray(latents.held_out), "latents")


def pca(
    latents: Latents,
    graph: Graph,
    n_components: int = 2,
    observer: Observer = SILENT,
    seed: int = 0,
) -> Features:
    """Return the first principal components (n, n_components) float32, in order of falling variance.

    With fewer images than `n_components` there are as many components as images, and the observer gets a note.

    Raises:
        ArgumentError: `n_components` exceeds the number of latent dimensions.
    """
    from sklearn.decomposition import PCA

    n, limit = latents.fitted.shape
    n_components = lower_to_limit("PCA: n_components", n_components, n, n, observer)
    if n_components > limit:
        raise ArgumentError(
            f"n_components = {n_components}: PCA of these latents has at most {limit}; choose fewer, or another method"
        )
    # Far from the origin, a covariance in single precision loses all digits, so the mean is subtracted before.
    mean = latents.fitted.mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = latents.fitted - mean
    estimator = PCA(n_components, random_state=seed).fit(centred)
    components = estimator.components_.astype(np.float32)
    fitted = estimator.transform(centred).astype(np.float32)
    mean = mean + estimator.mean_.astype(np.float32)
    return place_held_out(Features(fitted, fitted[:0], "pca", mean, components), latents, graph)


def fit_on_landmarks(embed: Callable[..., Features]) -> Callable[..., Features]:
    """Fit the embedding that `embed` computes on the graph's landmarks, if there are any, and place all other points.

    Landmarks keep their embedded coordinates; another point takes the weighted mean of its nearest landmarks'.
    """

    @wraps(embed)
    def embed_landmarks(latents: Latents, graph: Graph, *args: Any, **settings: Any) -> Features:
        if graph.landmarks is None or graph.landmark_indices is None or graph.landmark_distances is None:
            return embed(latents, graph, *args, **settings)
        landmarks = Latents(latents.fitted[graph.landmarks], latents.fitted[:0], latents.shape)
        features = embed(landmarks, graph.landmark_graph(), *args, **settings)
        fitted = place_points(features, latents.fitted, graph.landmark_indices, graph.landmark_distances)
        fitted[graph.landmarks] = features.fitted
        # `first` counts landmarks, which are random rows.
        return place_held_out(replace(features, fitted=fitted, first=None), latents, graph)

    return embed_landmarks


@fit_on_landmarks
def umap(
    latents: Latents,
    graph: Graph,
    n_components: int = 2,
    min_dist: float = 0.1,
    n_epochs: int | None = None,
    init: Literal["spectral", "pca", "random", "tswspectral"] | None = None,
    observer: Observer = SILENT,
    seed: int = 0,
    **options: Unpack[UmapOptions],
) -> Features:
    """Return UMAP coordinates (n, n_components) float32 from the shared graph, the same bits for the same seed.

    The edge weights and the start are umap-learn's; the layout is ours, which runs on all cores. `n_epochs` None is 200
    for at most 10,000 points, else 50; umap-learn's default is 500 and 200. `init` is umap-learn's (`spectral`, `pca`,
    `random`, …), None is `spectral` for at most 10,000 points, else `pca`. `pca` is `spectral` where there are fewer
    principal components than `n_components`, and with at most `n_components` + 1 points the spectral start is random,
    with a note, because they have too few eigenvectors. `options` are passed to `umap.UMAP`; with one of
    `OtherLayoutOptions` the layout is umap-learn's, on one thread. Source: McInnes, Healy, Melville, "UMAP: Uniform
    Manifold Approximation and Projection", 2018.

    Raises:
        ArgumentError: `n_epochs` is negative.
        UserError: umap-learn refuses the settings.
    """
    n, dimensions = latents.fitted.shape
    if n_epochs is None:
        n_epochs = 200 if n <= MANY_POINTS else 50
    elif n_epochs < 0:
        raise ArgumentError(
            f"n_epochs = {n_epochs}: must be at least 0, or null for a number that suits the number of points"
        )
    if init is None:
        init = "spectral" if n <= MANY_POINTS else "pca"
    if init == "pca" and n_components > min(n, dimensions):
        init = "spectral"
    if init == "spectral" and n_components >= n - 1:
        observer.note(f"UMAP starts at random: {n} images have no spectral start in {n_components} dimensions")
        init = "random"
    uses_library_layout = bool(options.keys() & OtherLayoutOptions.__optional_keys__)
    settings: dict[str, Any] = {"n_components": n_components, "min_dist": min_dist, "n_epochs": n_epochs, "init": init}
    settings |= options
    learned = settings if uses_library_layout else settings | {"n_epochs": 0}
    try:
        model, fitted = _fit_umap_learn(latents.fitted, graph, learned, seed, observer if uses_library_layout else None)
    except (TypeError, ValueError) as error:
        listed = ", ".join(f"{name}={value}" for name, value in settings.items())
        raise UserError(f"UMAP of {len(latents.fitted):,} images with {listed}: {first_line(error)}") from error
    if not uses_library_layout:
        rates = {name: getattr(model, name) for name in ("learning_rate", "repulsion_strength", "negative_sample_rate")}
        fitted = optimize_layout(
            model.graph_, fitted, model._a, model._b, n_epochs, **rates, observer=observer, seed=seed
        )
    return place_held_out(Features(fitted, fitted[:0], "umap"), latents, graph)


def _fit_umap_learn(
    points: Float, graph: Graph, settings: dict[str, Any], seed: int, observer: Observer | None
) -> tuple[Any, Float]:
    """umap-learn's fitted model and its coordinates (n, p) float32; the observer, if any, gets the epochs."""
    n = len(points)
    with warnings.catch_warnings():
        # The warnings are about transform, which is not used, and about Numba's own deprecations.
        warnings.simplefilter("ignore")
        library = import_umap()
        keep_compiled(library.compute_membership_strengths, library.smooth_knn_dist)
        self_indices = np.arange(n, dtype=np.int32)[:, None]
        indices = np.hstack([self_indices, graph.indices])
        distances = np.hstack([np.zeros((n, 1), np.float32), graph.distances])
        model = library.UMAP(
            n_neighbors=graph.k + 1,
            random_state=seed,
            n_jobs=1,
            precomputed_knn=(indices, distances, None),
            force_approximation_algorithm=True,
            tqdm_kwds={
                "disable": observer is None,
                "file": _ProgressFile(observer or SILENT),
                "bar_format": "{n}/{total}",
            },
            **settings,
        )
        return model, model.fit_transform(np.asarray(points)).astype(np.float32)


@fit_on_landmarks
def tsne(
    latents: Latents,
    graph: Graph,
    perplexity: float | None = None,
    n_epochs: int = 750,
    learning_rate: float | str = "auto",
    max_points: int | None = None,
    observer: Observer = SILENT,
    seed: int = 0,
) -> Features:
    """Return t-SNE coordinates (n, 2) float32 by openTSNE, with FFT interpolation from 100 points on, started from PCA.

    `perplexity` None gives the graph's k neighbours equal weights, which looks nearly the same; a number needs a graph
    with at least three times as many neighbours. With `max_points`, only the first so many points are
    embedded, from a neighbour graph of their own, and all others are placed as held-out points are. The first half of
    the epochs, at most 250, have early exaggeration. Source: van der Maaten and Hinton, "Visualizing data using t-SNE",
    2008; Linderman et al., "Fast interpolation-based t-SNE", 2019; Poličar, Stražar, Zupan, "openTSNE", 2024.

    Raises:
        ArgumentError: the graph has too few neighbours for the perplexity.
    """
    from openTSNE import TSNEEmbedding, initialization

    n = len(latents.fitted)
    if max_points is not None and max_points < n:
        observer.note(f"t-SNE embeds the first {max_points:,} of {n:,} images; the others are placed")
        others = np.concatenate([latents.fitted[max_points:], latents.held_out])
        part = Latents(latents.fitted[:max_points], others, latents.shape)
        neighbors = exact(part, graph.k, graph.metric, observer)
        features = tsne(part, neighbors, perplexity, n_epochs, learning_rate, observer=observer, seed=seed)
        coordinates = np.concatenate([features.fitted, features.held_out])
        return replace(features, fitted=coordinates[:n], held_out=coordinates[n:], first=max_points)
    affinities = _tsne_affinities(graph, perplexity, n, observer)
    start = initialization.pca(np.asarray(latents.fitted), random_state=seed)
    embedding = TSNEEmbedding(
        start,
        affinities,
        negative_gradient_method="bh" if n < FEW_POINTS else "fft",
        random_state=seed,
        n_jobs=-1,
        learning_rate=learning_rate,
    )
    # Exaggerated attraction of all to all would move every point to one place.
    early = 0 if graph.k >= n - 1 else min(250, n_epochs // 2)
    for offset, iterations, exaggeration, momentum in ((0, early, 12, 0.5), (early, n_epochs - early, None, 0.8)):
        embedding = embedding.optimize(
            iterations,
            exaggeration=exaggeration,
            momentum=momentum,
            callbacks=[_tsne_progress(observer, offset, n_epochs)],
            callbacks_every_iters=25,
        )
    fitted = np.asarray(embedding, np.float32)
    return place_held_out(Features(fitted, fitted[:0], "tsne"), latents, graph)


def _tsne_affinities(graph: Graph, perplexity: float | None, n: int, observer: Observer) -> Any:
    """Affinities for openTSNE of the graph's neighbours among n points; with few points the perplexity is lowered."""
    from openTSNE import affinity, nearest_neighbors

    neighbors = nearest_neighbors.PrecomputedNeighbors(np.array(graph.indices), np.array(graph.distances, np.float64))
    if perplexity is not None and graph.k == n - 1:
        perplexity = lower_to_limit("perplexity", perplexity, graph.k / 3, n, observer)
    if perplexity is None:
        return affinity.Uniform(knn_index=neighbors, k_neighbors=graph.k)
    if 3 * perplexity > graph.k:
        raise ArgumentError(
            f"perplexity = {perplexity:g}: needs {3 * perplexity:.0f} neighbours and the graph has {graph.k}; "
            f"set neighbors.k={3 * perplexity:.0f}, or give null for equal weights"
        )
    return affinity.PerplexityBasedNN(knn_index=neighbors, perplexity=perplexity, k_neighbors=graph.k)


def _tsne_progress(observer: Observer, offset: int, total: int) -> Callable[..., None]:
    """A callback of openTSNE that reports the iterations to the observer."""

    def report(iteration: int, error: float, embedding: Any) -> None:  # noqa: ARG001
        observer.progress(offset + iteration, total, "iterations")

    return report


class _ProgressFile:
    """A file to which tqdm writes "n/total", and which reports it to the observer."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer

    def write(self, text: str) -> None:
        match = re.search(r"(\d+)/(\d+)", text)
        if match:
            self.observer.progress(int(match[1]), int(match[2]), "epochs")

    def flush(self) -> None:
        """Do nothing: there is no buffer."""
