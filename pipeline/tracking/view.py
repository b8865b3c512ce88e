"""A saved view of the experiment table, so that `mlflow ui` shows the scores as columns.

MLflow stores a shared view as a tag of the experiment: the table's state as deflated JSON. The view's address contains
the name of the tag.
"""

from __future__ import annotations

import base64
import json
import zlib
from functools import partial
from typing import Any

from pipeline.tracking.collisions import write_shared_row

KEY = "scores"
TAG = f"mlflow.sharedViewState.{KEY}"
COLUMNS = (
    "tags.`pipeline.data`",
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


def save_view(client: Any, experiment_id: str) -> None:
    """Save the view as a tag of the experiment, and set the kind of the experiment to model training."""
    for key, value in {"mlflow.experimentKind": "custom_model_development", TAG: _packed_view()}.items():
        write_shared_row(partial(client.set_experiment_tag, experiment_id, key, value))


def _packed_view() -> str:
    state = {
        "selectedColumns": list(COLUMNS),
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "searchFilter": FILTER,
        "runsHidden": [],
        "runsPinned": [],
        "runsExpanded": {},
    }
    return f"deflate;{base64.b64encode(zlib.compress(json.dumps(state).encode())).decode()}"


def has_view(experiment: Any) -> bool:
    """Return whether the view is saved, with the columns of this version."""
    return bool(experiment.tags.get(TAG) == _packed_view())


def view_url(experiment_id: str, server: str = "http://127.0.0.1:5000") -> str:
    """Return the address of the view on a server; the default is where `mlflow ui` runs."""
    return f"{server}/#/experiments/{experiment_id}/runs?viewStateShareKey={KEY}"
