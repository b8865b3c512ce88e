"""A saved view of the experiment table, so that `mlflow ui` shows the scores at one glance.

MLflow keeps a shared view as a tag of the experiment: the table's state as JSON, deflated. Its address carries the
tag's name.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

KEY = "scores"
TAG = f"mlflow.sharedViewState.{KEY}"
COLUMNS = (
    "metrics.`train/purity_score`",
    "metrics.`test/purity_score`",
    "metrics.`train/accuracy_score`",
    "metrics.`train/nmi_score`",
    "metrics.`train/ari_score`",
    "metrics.`k`",
    "metrics.`latent_size`",
    "metrics.`wall_seconds`",
)
FILTER = "tags.`pipeline.kind` != 'stage'"


def share(client: Any, experiment_id: str) -> None:
    """Save the view as a tag of the experiment, and say that the experiment is about training models."""
    state = {
        "selectedColumns": list(COLUMNS),
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "searchFilter": FILTER,
        "runsHidden": [],
        "runsPinned": [],
        "runsExpanded": {},
    }
    packed = base64.b64encode(zlib.compress(json.dumps(state).encode())).decode()
    client.set_experiment_tag(experiment_id, "mlflow.experimentKind", "custom_model_development")
    client.set_experiment_tag(experiment_id, TAG, f"deflate;{packed}")


def shared(experiment: Any) -> bool:
    """Whether the view is saved."""
    return TAG in experiment.tags


def address(experiment_id: str, server: str = "http://127.0.0.1:5000") -> str:
    """Where the view is, once `mlflow ui` runs."""
    return f"{server}/#/experiments/{experiment_id}/runs?viewStateShareKey={KEY}"
