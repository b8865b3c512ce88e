"""The one way to MLflow: its client, quiet, of a store that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.errors import UserError

# MLflow reads these when it is imported, which nothing here does before a client is asked for.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")


def prepare(uri: str) -> Any:
    """Return a client of the store at `uri`; an empty SQLite file gets its tables."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return MlflowClient(tracking_uri=uri)


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turn whatever a wrong address makes MLflow raise into one clear error."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if not kinds & {"MlflowException", "SQLAlchemyError", "OSError"}:
            raise
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"tracking.uri: {uri} does not answer as an MLflow store: {reason}") from error
