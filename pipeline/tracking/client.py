"""The one way to MLflow: its client, quiet, of a store that answers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLError
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from pipeline.errors import UserError
from pipeline.resources import refused

PATIENCE = 5.0
"""Seconds that a server may take for its first answer."""

# MLflow reads these when it is imported, which nothing here does before a client is asked for.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# A server that restarts is waited for; one that is lost is told within seconds, where MLflow would ask for minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")


def prepare(uri: str) -> Any:
    """Return a client of the store at `uri`; an empty SQLite file gets its tables."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mlflow.tracking import MlflowClient

    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        # Its tables are made in dozens of steps. Under another name until the last, it is never seen half made.
        unready = file.with_name(f"{file.name}.new")
        unready.unlink(missing_ok=True)
        MlflowClient(tracking_uri=f"sqlite:///{unready}")
        unready.replace(file)
    return MlflowClient(tracking_uri=patient(uri))


def patient(uri: str) -> str:
    """The address by which a SQLite file that another process writes to is waited for longer than five seconds."""
    if not uri.startswith("sqlite:") or "timeout=" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}timeout=60"


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite address; None for any other."""
    named = uri.startswith("sqlite:///")
    return Path(uri.removeprefix("sqlite:///").partition("?")[0]).resolve() if named else None


@contextmanager
def answering(uri: str) -> Iterator[None]:
    """Turn whatever a wrong address makes MLflow raise into one clear error; what the machine refuses passes."""
    try:
        reach(uri)
        yield
    except UserError:
        raise
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if not kinds & {"MlflowException", "SQLAlchemyError", "OSError"} or refused(error):
            raise
        reason = str(error).splitlines()[0][:200]
        raise UserError(f"tracking.uri: {uri} does not answer as an MLflow store: {reason}") from error


def reach(uri: str) -> None:
    """Ask a server for any answer at all; a `UserError` after seconds where there is none."""
    if not uri.startswith(("http://", "https://")):
        return
    try:
        urlopen(uri, timeout=PATIENCE).close()
    except HTTPError:
        return  # it answers, and MLflow knows what to make of that
    except Exception as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, SSLError):
            return  # whom to trust is set where MLflow reads it
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise UserError(
            f"tracking.uri: {uri} does not answer ({said}); start the server, or give another tracking.uri= or "
            "MLFLOW_TRACKING_URI"
        ) from error
