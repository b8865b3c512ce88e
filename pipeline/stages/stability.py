"""Say how stable a run's clusters are, from its repeats with other seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline import figures
from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.config import Stability
from pipeline.observer import SILENT, Observer
from pipeline.repeating.agreement import ari, consensus, jaccard, pairwise
from pipeline.repeating.page import page
from pipeline.repeating.result import Stable
from pipeline.reporting.run import cluster_name


def stability(
    config: Stability,
    name: str,
    images: Images,
    clustering: Clustering,
    repeats: Mapping[str, Sequence[Int]],
    notes: Sequence[str] = (),
    observer: Observer = SILENT,
) -> Stable:
    """Return how far the repeats of a run agree: by source, by cluster and by image, as tables and a page.

    `repeats` has at least two clusterings (n,) of the fitted images by source, the widest source last: consensus and
    agreement are those of its repeats, for they contain the variation of the others. `name` is the run's. No label
    has a part in it.
    """
    reference = np.asarray(clustering.fitted)
    pairs = {source: pairwise(found) for source, found in repeats.items()}
    stable = {source: jaccard(reference, found) for source, found in repeats.items()}
    votes = {source: consensus(reference, found) for source, found in repeats.items()}
    observer.progress(1, 2, "parts")
    widest = list(repeats)[-1]
    chosen, agreement = votes[widest]
    sources = pd.DataFrame([
        {
            "source": source, "repeats": len(found), "ari": pairs[source].mean(), "ari_sd": pairs[source].std(),
            "ari_worst": pairs[source].min(), "ari_to_run": np.mean([ari(reference, one) for one in found]),
            "k_least": min(_k(one) for one in found), "k_most": max(_k(one) for one in found),
            "agreement": votes[source][1].mean(),
        }
        for source, found in repeats.items()
    ])  # fmt: skip
    clusters = pd.DataFrame({"cluster": range(clustering.k), "size": np.bincount(reference[reference >= 0])})
    for source, values in stable.items():
        clusters[f"jaccard_{source}"] = values
    clusters["agreement"] = [float(agreement[reference == cluster].mean()) for cluster in range(clustering.k)]
    table = pd.DataFrame({
        "image": images.names(images.split), "cluster": reference, "consensus": chosen, "agreement": agreement,
    })  # fmt: skip
    for source, (_, share) in votes.items():
        table[f"agreement_{source}"] = share
    count = len(next(iter(repeats.values())))
    drawn = figures.stability(
        pairs,
        np.array(list(stable.values())).reshape(len(stable), clustering.k),
        [cluster_name(cluster) for cluster in range(clustering.k)],
        f"{count} repeats, n = {len(reference):,} images",
    )
    figure = figures.png(drawn)
    html = page(name, images, sources, clusters, table, figure, notes, config.examples)
    observer.progress(2, 2, "parts")
    return Stable(html, figure, sources, clusters, table)


def _k(clusters: Int) -> int:
    return len(np.unique(clusters[clusters >= 0]))
