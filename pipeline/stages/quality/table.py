"""The tables of stage quality: a row per image, and the images to keep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.clustering.edits_file import edits_file
from pipeline.stages.quality.findings import Findings


def quality_table(findings: Findings) -> pd.DataFrame:
    """Return a row per fitted image that is not marked for removal.

    Columns: `image`, `cluster`; `group` (empty if the image has no duplicate), `duplicate_of` and `kind` (empty for
    images to keep), `hash_distance`, `keep`; a column per check; and, where labels are known, `label`,
    `suggested_label`, `label_error` in [0, 1] and `label_error_rank`.
    """
    duplicates, n = findings.duplicates, findings.n
    names = np.array(findings.names, object)
    is_superfluous = duplicates.is_superfluous
    columns: dict[str, Any] = {
        "image": names,
        "cluster": findings.clusters,
        "group": _whole_numbers(duplicates.groups, 0),
        "duplicate_of": np.where(is_superfluous, names[duplicates.keepers], ""),
        "kind": duplicates.kinds,
        "hash_distance": _whole_numbers(duplicates.hash_distance, 0),
        "keep": findings.is_kept,
        **findings.checks,
    }
    errors = findings.errors
    if errors is not None:
        columns["label"] = [findings.labels.name(label) for label in findings.truth.tolist()]
        columns["suggested_label"] = [findings.labels.name(label) for label in errors.suggestions.tolist()]
        columns["label_error"] = errors.scores
        columns["label_error_rank"] = _whole_numbers(errors.ranks, 1)
    table = pd.DataFrame(columns, index=range(n))
    return table[~findings.clustering.removed].reset_index(drop=True)


def _whole_numbers(values: NDArray[Any], smallest: int) -> pd.Series[Any]:
    """Integers of which those below `smallest` are missing."""
    return pd.Series(values, dtype="Int64").where(values >= smallest)


def keep_table(findings: Findings) -> pd.DataFrame:
    """Return the images that remain if one image of each group is kept, without those that a person removed."""
    return pd.DataFrame({"image": [findings.names[row] for row in np.flatnonzero(findings.is_kept)]})


def removal_edits(findings: Findings, run_id: str) -> dict[str, Any]:
    """Return a file of edits as JSON values that marks the superfluous images of the run for removal."""
    names = [findings.names[row] for row in np.flatnonzero(findings.duplicates.is_superfluous)]
    edits = [{"action": "mark", "images": names, "mark": "remove"}] if names else []
    return edits_file(findings.clustering.digest, run_id, edits)
