"""Look up a run of MLflow that may have been deleted for good."""

from __future__ import annotations

from typing import Any


def existing_run(client: Any, run_id: str) -> Any | None:
    """Return the run, or None if the store no longer has it: `mlflow gc` removes what was deleted."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_run(run_id)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
