"""Rank spaces in which the same images were clustered by a criterion that needs no labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.labels import Labels
from pipeline.clustering.agreement import adjusted_rand_index, align_clusters
from pipeline.clustering.metrics import accuracy_score, contingency_matrix, nmi_score
from pipeline.clustering.silhouette import silhouette_score
from pipeline.config import Spaces
from pipeline.pages import figures
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows
from pipeline.stages.spaces.page import render_spaces_page
from pipeline.stages.spaces.result import SpacesResult


@dataclass(frozen=True)
class Space:
    """What a model makes of the images: the features that were clustered, their clusters, and the map."""

    features: Features
    clustering: Clustering
    map: Map


def spaces(
    config: Spaces,
    name: str,
    compared: Mapping[str, Space],
    labels: Labels,
    notes: Sequence[str] = (),
    observer: Observer = SILENT,
) -> SpacesResult:
    """Return the spaces ranked by the silhouette of their clusters among their features, the best first, with a page.

    The silhouette is measured on `config.sample` random images, the same for all spaces. Of clusterings in the space of
    UMAP it correlates with accuracy over many data sets. Source: Lowe et al., "An Empirical Study into Clustering of
    Unseen Datasets with Self-Supervised Encoders", 2024, arXiv 2406.02465. Limitation: features of different manifolds
    or numbers of dimensions are not comparable, so all spaces should have the same manifold.
    `compared` has the run called `name` first. Labels are used only after the ranking, to say how it turned out.
    """
    n = len(next(iter(compared.values())).clustering.fitted)
    rows = sample_rows(n, min(config.sample, n), config.seed)
    table = pd.DataFrame([_measure(label, space, rows) for label, space in compared.items()])
    table = table.sort_values("silhouette", ascending=False, kind="stable", na_position="last", ignore_index=True)
    observer.progress(1, 3, "parts")
    if labels.has_labels:
        contingencies = [
            contingency_matrix(labels.fitted, compared[label].clustering.fitted) for label in table["space"]
        ]
        table["accuracy"] = [accuracy_score(contingency) for contingency in contingencies]
        table["nmi"] = [nmi_score(contingency) for contingency in contingencies]
    agreement = _agreement(compared, list(table["space"]))
    observer.progress(2, 3, "parts")
    figure = figures.figure_to_png(_draw(compared, table))
    html = render_spaces_page(name, next(iter(compared)), table, agreement, figure, notes, n, len(rows))
    observer.progress(3, 3, "parts")
    return SpacesResult(html, figure, table, agreement, next(iter(compared)))


def _measure(label: str, space: Space, rows: NDArray[np.int64]) -> dict[str, float | str]:
    """A row of the table; noise takes no part in the silhouette."""
    clusters = space.clustering.fitted[rows]
    kept = rows[clusters >= 0]
    points, clusters = np.asarray(space.features.fitted)[kept], space.clustering.fitted[kept]
    return {
        "space": label, "silhouette": silhouette_score(points, clusters), "k": space.clustering.k,
        "clustered": len(kept) / len(rows), "method": space.features.method,
    }  # fmt: skip


def _agreement(compared: Mapping[str, Space], order: Sequence[str]) -> pd.DataFrame:
    """The adjusted Rand index of the clusterings of each pair of spaces, a row and a column per space."""
    clusters = [compared[label].clustering.fitted for label in order]
    values = [[adjusted_rand_index(first, second) for second in clusters] for first in clusters]
    return pd.DataFrame(values, index=list(order), columns=list(order))


def _draw(compared: Mapping[str, Space], table: pd.DataFrame) -> Figure:
    """The maps side by side, the best first; clusters have the colours of those of the best space that they match."""
    order = list(table["space"])
    best = compared[order[0]].clustering.fitted
    maps = [np.asarray(compared[label].map.fitted) for label in order]
    groups = [align_clusters(best, compared[label].clustering.fitted) for label in order]
    titles = [f"{label}\nsilhouette {value:.3f}" for label, value in zip(order, table["silhouette"], strict=True)]
    return figures.plot_maps(maps, groups, titles)
