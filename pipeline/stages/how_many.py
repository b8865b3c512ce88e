"""Ask five indices how many clusters there are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline import figures
from pipeline.artifacts.base import Float
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.config import HowMany
from pipeline.counting.indices import INDICES, picks
from pipeline.counting.measure import Measure
from pipeline.counting.page import page
from pipeline.counting.result import Count
from pipeline.counting.rules import below_chord, gap
from pipeline.errors import UserError
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn
from pipeline.separation import silhouette_score


def how_many(
    config: HowMany, name: str, features: Features, clustering: Clustering, observer: Observer = SILENT
) -> Count:
    """Return what five indices say of each number of clusters, and which number each of them recommends, as a page.

    All are measured on one random sample of the features, with k-means and, for the BIC, with a Gaussian mixture,
    whatever the run's own clusterer is; its clusters give the k to compare with and nothing else. Inertia and gap are
    measured for one cluster fewer too, so that the smallest number can be an elbow. No label has a part in it.

    Raises:
        UserError: there are no more images than clusters asked for.
    """
    points, notes = _points(config, features)
    if config.largest >= len(points):
        raise UserError(
            f"how_many.largest = {config.largest}: on {len(points):,} images choose one below {len(points):,}"
        )
    measure = Measure(points, config.starts, config.references, config.bootstraps, config.seed)
    ks = range(config.smallest - 1, config.largest + 1)
    rows, references, unsettled = [], [], 0
    with threadpool_limits(1):  # one thread sums in one order
        for done, k in enumerate(ks, 1):
            inertia, estimator = measure.inertia(k)
            references.append(measure.log_references(k))
            row = {"k": float(k), "inertia": inertia}
            if k >= config.smallest:
                bic, converged = measure.bic(k)
                unsettled += not converged
                stability, error = measure.stability(k)
                row |= {"silhouette": silhouette_score(points, estimator.labels_), "bic": bic}
                row |= {"stability": stability, "stability_error": error}
            rows.append(row)
            observer.measured(k, {key: value for key, value in row.items() if key != "k" and np.isfinite(value)})
            observer.progress(done, len(ks), "numbers of clusters")
    if unsettled:
        notes.append(f"BIC: the mixture did not converge for {unsettled} of {len(ks) - 1} numbers of clusters")
    for note in notes:
        observer.note(note)
    table = pd.DataFrame(rows).astype({"k": int})
    inertias = table["inertia"].to_numpy()
    table["below_chord"] = below_chord(list(ks), inertias)
    table["gap"], table["gap_error"] = gap(np.log(inertias), np.column_stack(references))
    chosen = picks(table)
    title = f"n = {len(points):,} images, {points.shape[1]} dimensions"
    figure = figures.png(figures.how_many(table, INDICES, chosen, clustering.k, title))
    html = page(name, table, chosen, clustering.k, len(points), figure, notes)
    return Count(html, figure, table, chosen, len(points))


def _points(config: HowMany, features: Features) -> tuple[Float, list[str]]:
    """The points (s, p) that are measured, and what must be said about them."""
    points, notes = np.asarray(features.fitted), []
    if config.sample < len(points):
        notes.append(f"measured on a random sample of {config.sample:,} of {len(points):,} images (seed {config.seed})")
        points = points[drawn(len(points), config.sample, config.seed)]
    if points.shape[1] > config.most_dimensions:
        from sklearn.decomposition import PCA

        count = min(config.most_dimensions, len(points))
        notes.append(f"measured on {count} principal components of {points.shape[1]:,} dimensions")
        points = PCA(count, svd_solver="full").fit_transform(points).astype(np.float32)
    return points, notes
