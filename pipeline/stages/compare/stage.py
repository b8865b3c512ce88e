"""Compare the clusters of two finished runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.clustering.matching import ClusterMatching, match_clusters
from pipeline.config import Compare
from pipeline.pages import figures
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.compare.compared_run import ComparedRun, Rows, match_images
from pipeline.stages.compare.page import render_compare_page
from pipeline.stages.compare.result import CompareResult


def compare(config: Compare, first: ComparedRun, second: ComparedRun, observer: Observer = SILENT) -> CompareResult:
    """Return how the clusters of two runs correspond and which of their common images moved, with a page.

    Clusters are matched one to one. An image has moved if its cluster in the second run is not the partner of its
    cluster in the first. Nothing is fitted, and labels are not used.
    """
    first_rows, second_rows = match_images(first, second)
    if len(first_rows) < max(len(first.clusters), len(second.clusters)):
        sizes = f"{len(first.clusters):,} and {len(second.clusters):,}"
        observer.note(f"compared the {len(first_rows):,} images that both runs have; the runs have {sizes} images")
    matching = match_clusters(first.clusters[first_rows], second.clusters[second_rows])
    moved = _moved_images(first, second, first_rows, second_rows, matching)
    observer.progress(1, 2, "parts")
    html = render_compare_page(
        first, second, matching, moved, _heat_map(first, second, matching), config.examples, config.pairs
    )
    observer.progress(2, 2, "parts")
    return CompareResult(html, moved.drop(columns="row"), matching.metrics())


def _moved_images(
    first: ComparedRun, second: ComparedRun, first_rows: Rows, second_rows: Rows, matching: ClusterMatching
) -> pd.DataFrame:
    """Return a row per image that moved, the images that are most confident in both runs first."""
    partner_of = {
        cluster: matching.second[column] if column >= 0 else None
        for cluster, column in zip(matching.first, matching.partner, strict=True)
    }
    moved = np.flatnonzero(~matching.stayed)
    names = first.names
    in_first, in_second = first_rows[moved], second_rows[moved]
    table = pd.DataFrame({
        "image": [names[row] for row in in_first],
        "first": first.clusters[in_first],
        "second": second.clusters[in_second],
        "expected": pd.array([partner_of[int(cluster)] for cluster in first.clusters[in_first]], "Int64"),
        "first_confidence": first.confidence[in_first],
        "second_confidence": second.confidence[in_second],
        "row": in_first,
    })  # fmt: skip
    confidence = np.minimum(table["first_confidence"], table["second_confidence"])
    return table.iloc[np.argsort(-confidence, kind="stable")].reset_index(drop=True)


def _heat_map(first: ComparedRun, second: ComparedRun, matching: ClusterMatching) -> bytes:
    """Return the numbers of images by cluster in either run as a PNG."""
    rows = [first.cluster_name(cluster) for cluster in matching.first]
    columns = [second.cluster_name(cluster) for cluster in matching.second]
    title = f"Clusters of A and B\nn = {len(matching.stayed):,} common images"
    axis_names = (f"A: {first.name}", f"B: {second.name}")
    figure = figures.plot_contingency(
        matching.counts, rows, columns, title, noise=-1 in matching.second, axis_names=axis_names
    )
    return figures.figure_to_png(figure)
