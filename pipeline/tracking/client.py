"""The one way to MLflow: its client, quiet, of a store that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        # Its tables are made in dozens of steps. Under another name until the last, it is never seen half made.
        unready = file.with_name(f"{file.name}.new")
        unready.unlink(missing_ok=True)
        MlflowClient(tracking_uri=f"sqlite:///{unready}")
        unready.replace(file)
    return MlflowClient(tracking_uri=uri)


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite address; None for any other."""
    named = uri.startswith("sqlite:///")
    return Path(uri.removeprefix("sqlite:///").partition("?")[0]).resolve() if named else None


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
