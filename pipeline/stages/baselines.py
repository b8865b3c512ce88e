"""Cluster one sample of the images in untrained spaces and in the run's own, with the same clusterer."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float
from pipeline.artifacts.baselines import BaselineClusterings
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.choose_k import choose_k, set_k
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.clustering.size_rules import suit_number_of_images
from pipeline.config import Baselines, Cluster, Neighbors
from pipeline.config.instantiate import call_component, instantiate
from pipeline.config.reseed import is_random, reseed
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows
from pipeline.runtime.threads import thread_count

Result = tuple[NDArray[np.int32] | None, str]
"""Clusters (repeats, s) of the sample in one space, None if clustering failed, and a problem to note or nothing."""

REGULARIZATION = 1e-3
"""Multiple of the mean variance of a dimension that is added to covariances if a mixture fails without it."""


def baselines(
    config: Baselines,
    cluster: Cluster,
    neighbors: Neighbors,
    images: Images,
    latents: Latents,
    features: Features,
    observer: Observer = SILENT,
) -> BaselineClusterings:
    """Return clusterings of one random sample of the fitted images: by pixels, PCA, latents and manifold.

    The clusterer and its k are the run's, except that `cluster.k=auto` chooses k for each space. Its seed is the run's
    in the first repeat and the following ones after it; without random numbers there is one repeat. All differences
    from the run are the same for every space and are noted: the sample, fewer initialisations, no swaps, and a random
    projection of spaces with too many dimensions for a covariance per cluster. PCA has as many components as there are
    latent dimensions, as far as the sample allows. Latents and manifold are the run's own, computed from all images. A
    space that cannot be clustered is left out with a note.
    """
    n = images.n_fitted
    if not config.sample:
        return BaselineClusterings.none()
    rows = sample_rows(n, config.sample, config.seed)
    clusterers, notes = _lighter_clusterers(config, cluster, len(rows), n)
    limit = _dimension_limit(config, cluster)
    clusterings: dict[str, NDArray[np.int32]] = {}
    dimensions: list[int] = []
    with threadpool_limits(1 if cluster.deterministic else None):
        spaces = _spaces(images, latents, features, rows, config.seed)
        projected = {name: _project_randomly(points, limit, config.seed) for name, points in spaces.items()}
        results = _cluster_spaces(clusterers, neighbors, projected, spaces["latents"], observer)
    for name, (clusters, problem) in results.items():
        points = projected[name]
        if points.shape != spaces[name].shape:
            notes.append(f"{name}: {points.shape[1]} random projections of {spaces[name].shape[1]:,} dimensions")
        if problem:
            notes.append(f"{name}: {problem}")
        if clusters is not None:
            clusterings[name] = clusters
            dimensions.append(points.shape[1])
    if notes:
        observer.note(f"baselines: {'; '.join(notes)}")
    stacked = np.stack([*clusterings.values()]) if clusterings else np.empty((0, 1, len(rows)), np.int32)
    return BaselineClusterings(rows, stacked, list(clusterings), dimensions, notes)


def _spaces(
    images: Images, latents: Latents, features: Features, rows: NDArray[np.int64], seed: int
) -> dict[str, Float]:
    """Coordinates (s, d) of the sampled images by space; there is no manifold if the latents were clustered.

    Cards that stand for vectors have no pixels to compare with.
    """
    from sklearn.decomposition import PCA

    spaces: dict[str, Float] = {}
    if images.has_images:
        pixels = to_unit_range(images.fitted_rows(rows)).reshape(len(rows), -1)
        components = PCA(min(latents.fitted.shape[1], *pixels.shape), random_state=seed).fit_transform(pixels)
        spaces = {"pixels": pixels, "pca": components.astype(np.float32)}
    spaces["latents"] = np.asarray(latents.fitted)[rows]
    if features.method != "latents":
        spaces["manifold"] = np.asarray(features.fitted)[rows]
    return spaces


def _lighter_clusterers(config: Baselines, cluster: Cluster, size: int, n: int) -> tuple[list[Cluster], list[str]]:
    """The run's clusterer with fewer initialisations and no swaps, one per repeat, and notes on the differences."""
    notes = []
    if size < n:
        notes.append(f"clustered on a random sample of {size:,} of {n:,} fitted images (seed {config.seed})")
    estimator: dict[str, Any] = dict(cluster.estimator)
    n_init = estimator.get("n_init")
    if isinstance(n_init, int) and n_init > config.n_init:
        estimator["n_init"] = config.n_init
        notes.append(f"n_init is {config.n_init} instead of {n_init}")
    suited, size_notes = suit_number_of_images(cluster.model_copy(update={"estimator": estimator}), size)
    notes += size_notes
    if cluster.k is None and size < n and not size_notes:
        notes.append("parameters that are numbers of images were set for all images and weigh more on the sample")
    if cluster.swaps:
        notes.append("no swaps")
    lighter = suited.model_copy(update={"swaps": 0, "islands": False, "fit_size": None})
    return [reseed(lighter, offset) for offset in range(config.repeats if is_random(lighter) else 1)], notes


def _dimension_limit(config: Baselines, cluster: Cluster) -> int | None:
    """The largest number of dimensions to cluster in; None unless the estimator has a covariance per cluster."""
    has_covariances = hasattr(instantiate(cluster.estimator, "cluster.estimator"), "covariance_type")
    return config.max_dimensions if has_covariances else None


def _project_randomly(points: Float, limit: int | None, seed: int) -> Float:
    """The points, projected at random if they have more than `limit` dimensions, which nearly keeps distances.

    Source: Johnson and Lindenstrauss 1984; Dasgupta, "Learning mixtures of Gaussians", 1999.
    """
    from sklearn.random_projection import GaussianRandomProjection

    if limit is None or points.shape[1] <= limit:
        return points
    return np.asarray(GaussianRandomProjection(limit, random_state=seed).fit_transform(points), np.float32)


def _cluster_spaces(
    clusterers: list[Cluster], neighbors: Neighbors, spaces: dict[str, Float], latents: Float, observer: Observer
) -> dict[str, Result]:
    """The clusters of each space, and its problem. All fits of all spaces share the cores, each on one thread.

    Threads share Python's warning filters, so warnings are ignored around all of them; problems become notes.
    """
    with warnings.catch_warnings(), ThreadPoolExecutor(thread_count()) as fits, ThreadPoolExecutor() as waiting:
        warnings.simplefilter("ignore")
        futures = {}
        for name, points in spaces.items():
            start = latents if name == "manifold" else points  # another space starts from itself
            futures[name] = waiting.submit(_cluster_with_fallbacks, clusterers, neighbors, points, start, fits)
        for done, _ in enumerate(as_completed(futures.values()), 1):
            observer.progress(done, len(spaces), "spaces")
        return {name: future.result() for name, future in futures.items()}


def _cluster_with_fallbacks(
    clusterers: list[Cluster], neighbors: Neighbors, points: Float, start: Float, fits: ThreadPoolExecutor
) -> Result:
    """What `_cluster_space` returns; a mixture that fails is regularised, then made diagonal, and the problem says so.

    Colour images of few hues, and few images in many dimensions, have covariances without a numerical inverse.
    """
    clusters, problem = _cluster_space(clusterers, neighbors, points, start, fits)
    estimator = instantiate(clusterers[0].estimator, "cluster.estimator")
    if clusters is not None or not hasattr(estimator, "reg_covar"):
        return clusters, problem
    reg_covar = max(REGULARIZATION * float(np.var(points, axis=0, dtype=np.float64).mean()), estimator.reg_covar)
    for changes in ({"reg_covar": reg_covar}, {"reg_covar": reg_covar, "covariance_type": "diag"}):
        changed = [
            clusterer.model_copy(update={"estimator": {**clusterer.estimator, **changes}}) for clusterer in clusterers
        ]
        clusters, changed_problem = _cluster_space(changed, neighbors, points, start, fits)
        if clusters is not None:
            listed = ", ".join(
                f"{name} = {value:.2g}" if name == "reg_covar" else f"{name} = {value}"
                for name, value in changes.items()
            )
            reason = f"clustered with {listed}, because {clusterers[0].name} failed with the run's settings"
            return clusters, f"{reason}; {changed_problem}" if changed_problem else reason
    return None, problem


def _cluster_space(
    clusterers: list[Cluster], neighbors: Neighbors, points: Float, start: Float, fits: ThreadPoolExecutor
) -> Result:
    """The clusters (repeats, s) of the points, None if clustering fails, and a problem to note, empty if there is none.

    `start` (s, l) takes the place of the run's latents. The repeats are fitted by the threads of `fits`.
    """
    latents = Latents(start, start[:0], [start.shape[1]])
    space = Latents(points, points[:0], [points.shape[1]])
    features = Features(points, points[:0], "latents")
    if clusterers[0].k == "auto":  # once for all repeats
        chosen, _ = fits.submit(choose_k, clusterers[0], points).result()
        clusterers = [set_k(clusterer, int(chosen.k or 1)) for clusterer in clusterers]
    try:
        graph: Graph = call_component(neighbors, "neighbors", space)
        repeats = list(fits.map(lambda cluster: fit_clusters(cluster, features, graph, latents), clusterers))
    except UserError as error:  # a failed comparison must not stop the run
        return None, f"could not be clustered: {error}"
    failed = sum(not getattr(repeat.estimator, "converged_", True) for repeat in repeats)
    problem = f"{repeats[0].method} did not converge in {failed} of {len(repeats)} repeats" if failed else ""
    return np.stack([repeat.fitted for repeat in repeats]), problem
