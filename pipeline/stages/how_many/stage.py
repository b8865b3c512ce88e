"""Compute five validity indices over a range of numbers of clusters."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.artifacts.base import Float
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.clustering.silhouette import silhouette_score
from pipeline.config import HowMany
from pipeline.pages import figures
from pipeline.runtime.errors import UserError
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer, StageObserver
from pipeline.runtime.sampling import sample_rows
from pipeline.stages.how_many.index_values import IndexValues
from pipeline.stages.how_many.page import render_how_many_page
from pipeline.stages.how_many.recommendation_rules import depth_below_chord, gap_statistic
from pipeline.stages.how_many.result import HowManyResult
from pipeline.stages.how_many.validity_indices import INDICES, recommend_k


def how_many(
    config: HowMany, name: str, features: Features, clustering: Clustering, observer: Observer = SILENT
) -> HowManyResult:
    """Return the validity indices for each number of clusters in the range and the number that each recommends.

    The indices are computed on a random sample of the features, with k-means and, for the BIC, with a Gaussian mixture,
    whatever the clusterer of the run is. The run called `name` contributes its number of clusters only. Inertia and gap
    are computed for one cluster fewer too, so that the smallest number can be an elbow. Labels are not used.

    Raises:
        UserError: the sample has too few images for a range above `config.k_min`.
    """
    points, notes = _sample_points(config, features)
    config, range_notes = _limit_range(config, len(points))
    notes += range_notes
    table, failed_fits = _index_table(config, points, observer)
    if failed_fits:
        count = config.k_max - config.k_min + 1
        notes.append(f"BIC: the mixture did not converge for {failed_fits} of {count} numbers of clusters")
    for note in notes:
        observer.note(note)
    recommendations = recommend_k(table)
    title = f"n = {len(points):,} images, {points.shape[1]} dimensions"
    figure = figures.figure_to_png(figures.plot_how_many(table, INDICES, recommendations, clustering.k, title))
    html = render_how_many_page(name, table, recommendations, clustering.k, len(points), figure, notes)
    return HowManyResult(html, figure, table, recommendations, len(points))


def _limit_range(config: HowMany, n: int) -> tuple[HowMany, list[str]]:
    """Return the settings with a `k_max` below the number of images, and a note if that is lower."""
    if config.k_max < n:
        return config, []
    if config.k_min >= n - 1:
        raise UserError(
            f"how_many.k_min = {config.k_min}: numbers of clusters from there on are compared up to one less than the "
            f"{n:,} images; this needs at least {config.k_min + 2:,} images"
        )
    notes = StageObserver()
    k_max = lower_to_limit("how_many.k_max", config.k_max, n - 1, n, notes)
    return config.model_copy(update={"k_max": k_max}), notes.notes


def _sample_points(config: HowMany, features: Features) -> tuple[Float, list[str]]:
    """Return the points (s, p) to compute the indices on, and notes about sampling and dimensions."""
    points, notes = np.asarray(features.fitted), []
    if config.sample < len(points):
        notes.append(f"computed on a random sample of {config.sample:,} of {len(points):,} images (seed {config.seed})")
        points = points[sample_rows(len(points), config.sample, config.seed)]
    if points.shape[1] > config.max_dimensions:
        from sklearn.decomposition import PCA

        count = min(config.max_dimensions, len(points))
        notes.append(f"computed on {count} principal components of {points.shape[1]:,} dimensions")
        points = PCA(count, svd_solver="full").fit_transform(points).astype(np.float32)
    return points, notes


def _index_table(config: HowMany, points: Float, observer: Observer) -> tuple[pd.DataFrame, int]:
    """Return the values of the indices, a row per k, and the number of mixtures that did not converge."""
    values = IndexValues(points, config.n_init, config.references, config.bootstraps, config.seed)
    ks = range(config.k_min - 1, config.k_max + 1)
    rows, references, failed_fits = [], [], 0
    with threadpool_limits(1):  # a fixed summation order
        for done, k in enumerate(ks, 1):
            inertia, estimator = values.inertia(k)
            references.append(values.log_references(k))
            row = {"k": float(k), "inertia": inertia}
            if k >= config.k_min:
                bic, converged = values.bic(k)
                failed_fits += not converged
                stability, error = values.stability(k)
                row |= {"silhouette": silhouette_score(points, estimator.labels_), "bic": bic}
                row |= {"stability": stability, "stability_error": error}
            rows.append(row)
            observer.report_metrics(k, {key: value for key, value in row.items() if key != "k" and np.isfinite(value)})
            observer.progress(done, len(ks), "numbers of clusters")
    table = pd.DataFrame(rows).astype({"k": int})
    inertias = table["inertia"].to_numpy()
    table["below_chord"] = depth_below_chord(list(ks), inertias)
    table["gap"], table["gap_error"] = gap_statistic(np.log(inertias), np.column_stack(references))
    return table, failed_fits
