"""Open an MLflow client, with one clear error where a store cannot be reached."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten
from typing import Any
from urllib.parse import unquote

from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.resource_errors import is_resource_error
from pipeline.runtime.server_errors import explain_refusal
from pipeline.tracking.server_check import check_server

MESSAGE_LENGTH = 500
"""Characters of an error of MLflow that are printed: its advice on a database of another version has 350."""

# MLflow reads these when it is imported, which happens in the functions below.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
# Six retries within a minute, for a server or a database that restarts; MLflow's defaults take over four minutes.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "6")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")


def import_mlflow() -> None:
    """Import MLflow without its warnings, and silence its loggers."""
    import logging
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.tracking  # noqa: F401
    # A warning of MLflow's queries, which would end a run under -W error.
    warnings.filterwarnings("ignore", "The ``noload`` loader strategy is deprecated", DeprecationWarning)
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def open_client(uri: str) -> Any:
    """Return a client of the store at `uri`; a new SQLite file gets its tables."""
    import_mlflow()
    from mlflow.tracking import MlflowClient

    file = sqlite_file(uri)
    if file is not None and not file.exists():
        # The tables are created in dozens of migrations; other processes must not see a half-migrated file.
        with atomic_write(file) as new:
            MlflowClient(tracking_uri=sqlite_address(new))
    return MlflowClient(tracking_uri=with_timeout(uri))


def with_timeout(uri: str) -> str:
    """Return a SQLite address with a longer timeout than five seconds, for when another process writes to the file."""
    if not is_sqlite(uri) or "timeout=" in uri:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}timeout=60"


def sqlite_address(file: Path) -> str:
    """Return the address of a SQLite file; `?` and `%`, which mean something in an address, are escaped.

    An escaped address names its driver, because MLflow creates the parent folder of an address `sqlite:///PATH` without
    decoding it.
    """
    path = str(file).replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{path}" if path == str(file) else f"sqlite+pysqlite:///{path}"


def is_sqlite(uri: str) -> bool:
    """Return whether an address is that of a SQLite database."""
    return uri.startswith(("sqlite:", "sqlite+"))


def without_password(uri: str) -> str:
    """Return an address to print: its password is replaced."""
    return re.sub(r"(://[^:/@]*):[^/]*@", r"\1:***@", uri)


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite address; None for any other address."""
    _, separator, path = uri.partition(":///")
    return Path(unquote(path.partition("?")[0])).resolve() if is_sqlite(uri) and separator else None


@contextmanager
def explain_unreachable(uri: str, report: Callable[[str], None]) -> Iterator[None]:
    """Turn the errors of MLflow at a wrong address into one `UserError`; errors of disk and memory pass.

    `report` prints that a server which answered before is waited for.
    """
    address = without_password(uri)
    try:
        check_server(uri, report)
        yield
    except UserError:
        raise
    except ModuleNotFoundError as error:  # the driver of a database
        raise UserError(f"tracking.uri: {address} needs the package {error.name}, which is not installed") from error
    except Exception as error:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if refusal := explain_refusal(uri, error):
            raise UserError(refusal) from error
        if not kinds & {"MlflowException", "SQLAlchemyError", "OSError"} or is_resource_error(error):
            raise
        reason = shorten(first_line(error), MESSAGE_LENGTH, placeholder=" …")
        raise UserError(f"tracking.uri: {address} does not answer as an MLflow store: {reason}") from error


def create_experiment(client: Any, name: str, location: str | None) -> str:
    """Create an experiment, unless a process of another machine has just done so; return its id."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.create_experiment(name, artifact_location=location))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return str(client.get_experiment_by_name(name).experiment_id)
