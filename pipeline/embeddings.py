"""Embeddings of the latents, for clustering in several dimensions or for looking in two.

Each takes the latents and the shared neighbour graph and returns coordinates of the fitted and the held-out points.
Held-out points never take part in fitting: a neighbour embedding puts them at the weighted mean of their fitted
neighbours. Where the graph has landmarks, a neighbour embedding is fitted on those, and places all others so.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np

from pipeline.artifacts.features import Features
from pipeline.artifacts.latents import Graph, Latents
from pipeline.errors import ArgumentError, UserError
from pipeline.knn import exact
from pipeline.layout import layout
from pipeline.observer import SILENT, Observer
from pipeline.quiet import muted

OTHER_LAYOUTS = {
    "densmap",
    "dens_lambda",
    "dens_frac",
    "dens_var_shift",
    "output_dens",
    "output_metric",
    "output_metric_kwds",
}
"""Options of umap-learn about layouts of other kinds, such as densMAP: with one of them the layout is its own."""


def identity(latents: Latents, graph: Graph, observer: Observer = SILENT, seed: int = 0) -> Features:  # noqa: ARG001
    """Return the latents as they are."""
    return Features(np.asarray(latents.fitted), np.asarray(latents.held_out), "latents")


def pca(
    latents: Latents,
    graph: Graph,
    n_components: int = 2,
    observer: Observer = SILENT,  # noqa: ARG001
    seed: int = 0,
) -> Features:
    """Return the first principal components, (n, n_components), of greatest variance first."""
    from sklearn.decomposition import PCA

    most = min(latents.fitted.shape)
    if n_components > most:
        raise ArgumentError(
            f"n_components = {n_components}: PCA of these latents has at most {most}; choose fewer, or another method"
        )
    fitted = PCA(n_components, random_state=seed).fit(latents.fitted)
    mean, components = fitted.mean_.astype(np.float32), fitted.components_.astype(np.float32)
    drawn = fitted.transform(latents.fitted).astype(np.float32)
    return Features(drawn, drawn[:0], "pca", mean, components).with_held_out(latents, graph)


def on_landmarks(embed: Callable[..., Features]) -> Callable[..., Features]:
    """Let a neighbour embedding see only the graph's landmarks, if it has any; all others are placed between them."""

    @wraps(embed)
    def embedded(latents: Latents, graph: Graph, *args: Any, **settings: Any) -> Features:
        if graph.landmarks is None or graph.landmark_indices is None or graph.landmark_distances is None:
            return embed(latents, graph, *args, **settings)
        part = Latents(latents.fitted[graph.landmarks], latents.fitted[:0], latents.shape)
        drawn = embed(part, graph.among_landmarks(), *args, **settings)
        fitted = drawn.place(latents.fitted, graph.landmark_indices, graph.landmark_distances)
        fitted[graph.landmarks] = drawn.fitted
        return replace(drawn, fitted=fitted).with_held_out(latents, graph)

    return embedded


@on_landmarks
def umap(
    latents: Latents,
    graph: Graph,
    n_components: int = 2,
    min_dist: float = 0.1,
    n_epochs: int | None = None,
    observer: Observer = SILENT,
    seed: int = 0,
    **options: Any,
) -> Features:
    """Return UMAP coordinates (n, n_components) float32 from the shared graph, the same bits each time.

    Weights and start are umap-learn's, the layout is ours, on all cores. `n_epochs` null gives 500 to at most 10,000
    points, 200 to more. `options` go to `umap.UMAP`; with those of `OTHER_LAYOUTS` its layout is taken, on one thread.
    Source: McInnes, Healy, Melville, "UMAP: Uniform Manifold Approximation and Projection", 2018.
    """
    n = len(latents.fitted)
    theirs = bool(options.keys() & OTHER_LAYOUTS)
    if n_epochs is None:
        n_epochs = 500 if n <= 10_000 else 200  # as umap-learn has it
    elif n_epochs < 0:
        raise ArgumentError(f"n_epochs = {n_epochs}: a whole number from 0 on, or null")
    with warnings.catch_warnings():
        # The warnings are about transform, which is not used, and about Numba's own deprecations.
        warnings.simplefilter("ignore")
        with muted():  # umap imports TensorFlow
            from umap.umap_ import UMAP

        own = np.arange(n, dtype=np.int32)[:, None]
        indices = np.hstack([own, graph.indices])
        distances = np.hstack([np.zeros((n, 1), np.float32), graph.distances])
        try:
            model = UMAP(
                n_components=n_components,
                n_neighbors=graph.k + 1,
                min_dist=min_dist,
                n_epochs=n_epochs if theirs else 0,
                random_state=seed,
                n_jobs=1,
                precomputed_knn=(indices, distances, None),
                force_approximation_algorithm=True,
                tqdm_kwds={"disable": not theirs, "file": _Ticks(observer), "bar_format": "{n}/{total}"},
                **options,
            )
            fitted = model.fit_transform(np.asarray(latents.fitted)).astype(np.float32)
        except (TypeError, ValueError) as error:
            given = {"n_components": n_components, "min_dist": min_dist, "n_epochs": n_epochs} | options
            told = ", ".join(f"{name}={value}" for name, value in given.items())
            raise UserError(f"UMAP of {n:,} images with {told}: {str(error).splitlines()[0]}") from error
    if not theirs:
        kept = {name: getattr(model, name) for name in ("learning_rate", "repulsion_strength", "negative_sample_rate")}
        fitted = layout(model.graph_, fitted, model._a, model._b, n_epochs, **kept, observer=observer, seed=seed)
    return Features(fitted, fitted[:0], "umap").with_held_out(latents, graph)


@on_landmarks
def tsne(
    latents: Latents,
    graph: Graph,
    perplexity: float | None = None,
    n_epochs: int = 750,
    learning_rate: float | str = "auto",
    first: int | None = None,
    observer: Observer = SILENT,
    seed: int = 0,
) -> Features:
    """Return t-SNE coordinates (n, 2) float32 of all points, by openTSNE's interpolation, started from PCA.

    With `first`, only that many points, the first, are embedded, from a neighbour graph of their own; the others are
    placed as held-out points are.
    `perplexity` null gives the graph's k neighbours equal weight, which looks nearly the same; a number needs a
    graph of at least three times as many neighbours. Source: van der Maaten and Hinton 2008; Linderman et al. 2019;
    Poličar et al. 2024 (openTSNE).
    """
    from openTSNE import TSNEEmbedding, affinity, initialization, nearest_neighbors

    if first is not None and first < len(latents.fitted):
        observer.note(f"t-SNE embeds the first {first:,} of {len(latents.fitted):,} images; the others are placed")
        rest = np.concatenate([latents.fitted[first:], latents.held_out])
        part = Latents(latents.fitted[:first], rest, latents.shape)
        drawn = tsne(part, exact(part, graph.k), perplexity, n_epochs, learning_rate, observer=observer, seed=seed)
        placed = np.concatenate([drawn.fitted, drawn.held_out])
        n = len(latents.fitted)
        return replace(drawn, fitted=placed[:n], held_out=placed[n:], first=first)
    neighbours = nearest_neighbors.PrecomputedNeighbors(np.array(graph.indices), np.array(graph.distances, np.float64))
    if perplexity is None:
        joint = affinity.Uniform(knn_index=neighbours, k_neighbors=graph.k)
    elif 3 * perplexity > graph.k:
        raise ArgumentError(
            f"perplexity = {perplexity:g}: needs {3 * perplexity:.0f} neighbours and the graph has {graph.k}; "
            f"set neighbors.k={3 * perplexity:.0f}, or give null for equal weights"
        )
    else:
        joint = affinity.PerplexityBasedNN(knn_index=neighbours, perplexity=perplexity, k_neighbors=graph.k)
    start = initialization.pca(np.asarray(latents.fitted), random_state=seed)
    early = min(250, n_epochs // 2)
    embedding = TSNEEmbedding(
        start, joint, negative_gradient_method="fft", random_state=seed, n_jobs=-1, learning_rate=learning_rate
    )
    for offset, iterations, exaggeration, momentum in ((0, early, 12, 0.5), (early, n_epochs - early, None, 0.8)):
        embedding = embedding.optimize(
            iterations,
            exaggeration=exaggeration,
            momentum=momentum,
            callbacks=[_tsne_progress(observer, offset, n_epochs)],
            callbacks_every_iters=25,
        )
    fitted = np.asarray(embedding, np.float32)
    return Features(fitted, fitted[:0], "tsne").with_held_out(latents, graph)


def _tsne_progress(observer: Observer, offset: int, total: int) -> Any:
    def tell(iteration: int, error: float, embedding: Any) -> None:  # noqa: ARG001
        observer.progress(offset + iteration, total, "iterations")

    return tell


class _Ticks:
    """A file for tqdm to write "n/total" to; each becomes a call of the observer."""

    def __init__(self, observer: Observer) -> None:
        self.observer = observer

    def write(self, text: str) -> None:
        found = re.search(r"(\d+)/(\d+)", text)
        if found:
            self.observer.progress(int(found[1]), int(found[2]), "epochs")

    def flush(self) -> None:
        """Nothing is buffered."""
