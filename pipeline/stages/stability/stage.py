"""Measure how stable a run's clusters are, from repeats with other seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.clustering.agreement import adjusted_rand_index, consensus_clusters, jaccard_stability, pairwise_ari
from pipeline.config import Stability
from pipeline.pages import figures
from pipeline.pages.formats import cluster_name
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.stability.page import render_stability_page
from pipeline.stages.stability.result import StabilityResult

Repeats = Mapping[str, Sequence[Int]]
Values = NDArray[np.float64]


def stability(
    config: Stability,
    name: str,
    images: Images,
    clustering: Clustering,
    repeats: Repeats,
    notes: Sequence[str] = (),
    observer: Observer = SILENT,
) -> StabilityResult:
    """Return how much repeats of a run agree, by source of variation, by cluster and by image, with a page.

    `repeats` has, for each source, at least two clusterings (n,) of the fitted images, the widest source last. The
    consensus of the images comes from the widest source, whose repeats contain the variation of the others but the
    subsample. `name` is that of the run; `notes` are displayed on the page. Labels are not used.
    """
    reference = np.asarray(clustering.fitted)
    pairs = {source: pairwise_ari(clusterings) for source, clusterings in repeats.items()}
    jaccard = {source: jaccard_stability(reference, clusterings) for source, clusterings in repeats.items()}
    votes = {source: consensus_clusters(reference, clusterings) for source, clusterings in repeats.items()}
    observer.progress(1, 2, "parts")
    sources = _source_table(reference, repeats, pairs, votes)
    table = _image_table(images, reference, votes)
    clusters = _cluster_table(clustering.k, reference, jaccard, table["agreement"].to_numpy())
    figure = figures.figure_to_png(
        figures.plot_stability(
            pairs,
            np.array(list(jaccard.values())).reshape(len(jaccard), clustering.k),
            [cluster_name(cluster) for cluster in range(clustering.k)],
            f"{len(next(iter(repeats.values())))} repeats, n = {len(reference):,} images",
        )
    )
    html = render_stability_page(
        name, images, clustering.names, sources, clusters, table, figure, notes, config.examples
    )
    observer.progress(2, 2, "parts")
    return StabilityResult(html, figure, sources, clusters, table)


def _source_table(
    reference: Int, repeats: Repeats, pairs: Mapping[str, Values], votes: Mapping[str, tuple[Int, Float]]
) -> pd.DataFrame:
    """Return a row per source: ARI between repeats and with the run, numbers of clusters, and mean agreement.

    Two repeats are one pair, whose standard deviation is NaN.
    """
    rows = []
    for source, clusterings in repeats.items():
        sizes = [len(np.unique(clusters[clusters >= 0])) for clusters in clusterings]
        rows.append({
            "source": source, "repeats": len(clusterings), "ari": pairs[source].mean(),
            "ari_sd": pd.Series(pairs[source]).std(ddof=1), "ari_worst": pairs[source].min(),
            "ari_to_run": np.mean([adjusted_rand_index(reference, clusters) for clusters in clusterings]),
            "k_least": min(sizes), "k_most": max(sizes), "agreement": votes[source][1].mean(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _cluster_table(k: int, reference: Int, jaccard: Mapping[str, Values], agreement: Float) -> pd.DataFrame:
    """Return a row per cluster of the run: size, mean Jaccard by source, and mean agreement on its images."""
    table = pd.DataFrame({"cluster": range(k), "size": np.bincount(reference[reference >= 0])})
    for source, values in jaccard.items():
        table[f"jaccard_{source}"] = values
    table["agreement"] = [float(agreement[reference == cluster].mean()) for cluster in range(k)]
    return table


def _image_table(images: Images, reference: Int, votes: Mapping[str, tuple[Int, Float]]) -> pd.DataFrame:
    """Return a row per fitted image: its cluster, the consensus of the widest source, and the agreement by source."""
    consensus, agreement = votes[list(votes)[-1]]
    table = pd.DataFrame({
        "image": images.names(images.split), "cluster": reference, "consensus": consensus, "agreement": agreement,
    })  # fmt: skip
    for source, (_, share) in votes.items():
        table[f"agreement_{source}"] = share
    return table
