"""Cluster a sample of the images in spaces that nobody trained, and in the run's own, all alike."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images, unit_range
from pipeline.artifacts.latents import Latents
from pipeline.artifacts.nulls import NullClusterings
from pipeline.build import build
from pipeline.config import Cluster, Neighbors, NullModels
from pipeline.errors import UserError
from pipeline.observer import SILENT, Observer
from pipeline.repeating.plan import draws, redrawn
from pipeline.sampling import drawn
from pipeline.stages.cluster import cluster as fit_clusters
from pipeline.stages.neighbors import neighbors as find_neighbors


def nulls(
    config: NullModels,
    cluster: Cluster,
    neighbors: Neighbors,
    images: Images,
    latents: Latents,
    features: Features,
    observer: Observer = SILENT,
) -> NullClusterings:
    """Return clusterings of one random sample of the fitted images: by pixels, PCA, latents and manifold.

    The clusterer and its k are the run's, its seeds the run's and, if it draws any, the ones after it. What differs
    from the run is the same for every space, and is said: the sample, fewer starts, and a random projection of spaces
    too wide for a covariance a cluster. PCA has as many components as there are latents, at most as many as the sample
    allows; latents and manifold are the run's own, made from all images.
    """
    n = len(images.fitted)
    if not config.sample:
        return NullClusterings.none()
    rows = drawn(n, config.sample, config.seed)
    with threadpool_limits(1 if cluster.deterministic else None):
        spaces = _spaces(images, latents, features, rows, config.seed)
    clusterers, notes = _lighter(config, cluster, len(rows), n)
    most = config.most_dimensions if hasattr(build(cluster.estimator, "cluster.estimator"), "covariance_type") else None
    found: dict[str, NDArray[np.int32]] = {}
    used: list[int] = []
    for done, (name, points) in enumerate(spaces.items(), 1):
        shown = _projected(points, most, config.seed)
        if shown.shape != points.shape:
            notes.append(f"{name}: {shown.shape[1]} random projections of {points.shape[1]:,} dimensions")
        clusters, problem = _clusters(clusterers, neighbors, shown, spaces["latents"] if name == "manifold" else shown)
        notes += [f"{name}: {problem}"] if problem else []
        if clusters is not None:
            found[name] = clusters
            used.append(shown.shape[1])
        observer.progress(done, len(spaces), "spaces")
    if notes:
        observer.note(f"null models: {'; '.join(notes)}")
    clusterings = np.stack([*found.values()]) if found else np.empty((0, 1, len(rows)), np.int32)
    return NullClusterings(rows, clusterings, list(found), used, notes)


def _spaces(
    images: Images, latents: Latents, features: Features, rows: NDArray[np.int64], seed: int
) -> dict[str, Float]:
    """Coordinates (s, d) of the sampled images by the space's name; manifold only where there is one."""
    from sklearn.decomposition import PCA

    pixels = unit_range(images.fitted[rows]).reshape(len(rows), -1)
    linear = PCA(min(latents.fitted.shape[1], *pixels.shape), random_state=seed).fit_transform(pixels)
    spaces = {"pixels": pixels, "pca": linear.astype(np.float32), "latents": np.asarray(latents.fitted)[rows]}
    if features.method != "latents":
        spaces["manifold"] = np.asarray(features.fitted)[rows]
    return spaces


def _lighter(config: NullModels, cluster: Cluster, size: int, n: int) -> tuple[list[Cluster], list[str]]:
    """The run's clusterer with as many starts as are allowed, a repeat a seed, and what must be said about it."""
    notes = []
    if size < n:
        notes.append(f"clustered on a random sample of {size:,} of {n:,} fitted images (seed {config.seed})")
    estimator: dict[str, Any] = dict(cluster.estimator)
    starts = estimator.get("n_init")
    if isinstance(starts, int) and starts > config.starts:
        estimator["n_init"] = config.starts
        notes.append(f"{config.starts} starts in place of {starts}")
    if cluster.k is None and size < n:
        notes.append("settings of the clusterer that count images were chosen for all of them and mean more here")
    if cluster.swaps:
        notes.append("no swaps")
    lighter = cluster.model_copy(update={"estimator": estimator, "swaps": 0, "fit_size": None})
    return [redrawn(lighter, by) for by in range(config.repeats if draws(lighter) else 1)], notes


def _projected(points: Float, most: int | None, seed: int) -> Float:
    """The points, in a space wider than `most` projected at random, which nearly keeps distances.

    Source: Johnson and Lindenstrauss 1984; Dasgupta, "Learning mixtures of Gaussians", 1999.
    """
    from sklearn.random_projection import GaussianRandomProjection

    if most is None or points.shape[1] <= most:
        return points
    return np.asarray(GaussianRandomProjection(most, random_state=seed).fit_transform(points), np.float32)


def _clusters(
    clusterers: list[Cluster], neighbors: Neighbors, points: Float, start: Float
) -> tuple[NDArray[np.int32] | None, str]:
    """The clusters (r, s) of these points, None where the clusterer cannot; and what must be said, empty if nothing.

    `start` (s, l) stands where the run has its latents: a manifold is started from those, another space from itself.
    """
    from sklearn.exceptions import ConvergenceWarning

    own = Latents(start, start[:0], [start.shape[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it becomes a note
        try:
            near = Latents(points, points[:0], [points.shape[1]])
            graph = find_neighbors(_nearer(neighbors, len(points)), near)
            space = Features(points, points[:0], "latents")
            found = [fit_clusters(cluster, space, graph, own) for cluster in clusterers]
        except UserError as error:  # a comparison must not cost the run
            return None, f"could not be clustered: {error}"
    failed = sum(not getattr(one.estimator, "converged_", True) for one in found)
    problem = f"{found[0].method} did not converge in {failed} of {len(found)} repeats" if failed else ""
    return np.stack([one.fitted for one in found]), problem


def _nearer(neighbors: Neighbors, size: int) -> Neighbors:
    """The same graph with fewer neighbours where the sample has not that many."""
    changes: Mapping[str, int] = {"k": min(neighbors.k, size - 1)} if neighbors.k >= size else {}
    return neighbors.model_copy(update=changes)
