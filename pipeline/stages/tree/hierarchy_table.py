"""The merges as a table, and the scores of each cut against labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.labels import Labels
from pipeline.clustering.hierarchy import Linkage, cut_linkage, members_of_nodes
from pipeline.clustering.metrics import accuracy_score, contingency_matrix, nmi_score, purity_score
from pipeline.runtime.observer import SILENT, Observer

SCORES = {"accuracy": accuracy_score, "purity": purity_score, "nmi": nmi_score}
MOST_REPORTED = 30
"""Cuts with more groups are not reported to the observer, which may print a line for each."""


def merge_table(linkage: Linkage, clustering: Clustering) -> pd.DataFrame:
    """Return a row per merge, the lowest first.

    `first` and `second` are the merged nodes, as numbered by scipy: i < k is cluster i, k + j the result of merge j.
    `groups` is the number of groups after the merge, `size` the number of images in the new group, and `members` its
    clusters, separated by spaces.
    """
    k = clustering.k
    sizes = np.bincount(clustering.fitted[clustering.fitted >= 0], minlength=k)
    members = members_of_nodes(linkage)[k:]
    return pd.DataFrame({
        "groups": np.arange(k - 1, 0, -1), "first": linkage[:, 0].astype(int), "second": linkage[:, 1].astype(int),
        "height": linkage[:, 2], "size": [int(sizes[clusters].sum()) for clusters in members],
        "members": [" ".join(map(str, sorted(clusters))) for clusters in members],
    })  # fmt: skip


def score_cuts(linkage: Linkage, clusters: Int, labels: Labels, observer: Observer = SILENT) -> pd.DataFrame:
    """Return accuracy, purity and NMI of the cuts into k, k − 1, …, 1 groups; the index is the number of groups.

    Noise stays noise. The rows of up to 30 groups are also reported to the observer, with the number of groups as step.
    """
    k, rows = len(linkage) + 1, {}
    for n_groups in range(k, 0, -1):
        groups = np.append(cut_linkage(linkage, n_groups), np.int32(-1))[clusters]
        contingency = contingency_matrix(labels.fitted, groups)
        rows[n_groups] = {name: score(contingency) for name, score in SCORES.items()}
        observer.progress(k - n_groups + 1, k, "cuts")
    for n_groups in range(1, min(k, MOST_REPORTED) + 1):
        observer.report_metrics(n_groups, rows[n_groups])
    return pd.DataFrame.from_dict(rows, orient="index")
