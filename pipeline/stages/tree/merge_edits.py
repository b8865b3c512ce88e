"""The edits that merge the clusters of each group, as `stage=edit` reads them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.artifacts.base import Int
from pipeline.clustering.edits_file import edits_file


def merge_edits(digest: str, run_id: str, groups: Int) -> dict[str, Any]:
    """Return the content of edits.json: a merge of each group with more than one cluster.

    `groups` (k,) is the group of each cluster of the clustering with this `digest`. The largest cluster of a group,
    which has the smallest number, comes first and keeps its number.
    """
    merged = [np.flatnonzero(groups == group).tolist() for group in np.unique(groups)]
    edits = [{"action": "merge", "clusters": clusters} for clusters in merged if len(clusters) > 1]
    return edits_file(digest, run_id, edits)
