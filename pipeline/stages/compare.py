"""Set two finished runs side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline import figures
from pipeline.comparing.overlap import Overlap, overlap
from pipeline.comparing.page import page
from pipeline.comparing.result import Comparison
from pipeline.comparing.sides import Rows, Side, common
from pipeline.config import Compare
from pipeline.observer import SILENT, Observer
from pipeline.reporting.run import cluster_name


def compare(config: Compare, first: Side, second: Side, observer: Observer = SILENT) -> Comparison:
    """Return how the clusters of two runs map onto each other and which of their common images moved, as a page.

    An image moved if its cluster in the second run is not the partner of its cluster in the first. Nothing is
    fitted, and no label is used.
    """
    one, two = common(first, second)
    if len(one) < max(len(first.pixels), len(second.pixels)):
        sizes = f"{len(first.pixels):,} and {len(second.pixels):,}"
        observer.note(f"the runs have {len(one):,} images in common, of {sizes}; those are compared")
    found = overlap(first.clusters[one], second.clusters[two])
    moved = _moved(first, second, one, two, found)
    observer.progress(1, 2, "parts")
    rows, columns = ([cluster_name(name) for name in side] for side in (found.first, found.second))
    title = f"Clusters of A and B\nn = {len(one):,} images in common"
    axes = (f"A: {first.name}", f"B: {second.name}")
    matrix = figures.contingency(found.counts, rows, columns, title, noise=-1 in found.second, axis_names=axes)
    html = page(first, second, found, moved, figures.png(matrix), config.examples, config.pairs)
    observer.progress(2, 2, "parts")
    return Comparison(html, moved.drop(columns="row"), found.metrics())


def _moved(first: Side, second: Side, one: Rows, two: Rows, found: Overlap) -> pd.DataFrame:
    """A row per image that moved, where both runs are surest first."""
    place = {name: i for i, name in enumerate(found.first)}
    partner = {name: found.second[found.partner[i]] if found.partner[i] >= 0 else None for name, i in place.items()}
    gone = np.flatnonzero(~found.stayed)
    names = first.names
    table = pd.DataFrame({
        "image": [names[row] for row in one[gone]],
        "first": first.clusters[one[gone]],
        "second": second.clusters[two[gone]],
        "expected": pd.array([partner[int(c)] for c in first.clusters[one[gone]]], "Int64"),
        "first_confidence": first.confidence[one[gone]],
        "second_confidence": second.confidence[two[gone]],
        "row": one[gone],
    })  # fmt: skip
    surest = np.minimum(table["first_confidence"], table["second_confidence"])
    return table.iloc[np.argsort(-surest, kind="stable")].reset_index(drop=True)
