"""The MLflow store: runs, results by fingerprint, and nothing else imports mlflow to keep runs.

A stage's run holds its result below `result/` and, written last, `checksums.json`. A result counts only when its
run is FINISHED and every file matches.
"""

from __future__ import annotations

import csv
import getpass
import hashlib
import io
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from filelock import FileLock, Timeout

from pipeline.config import Tracking
from pipeline.console import Console
from pipeline.errors import UserError
from pipeline.tracking_view import address, share

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

KIND, STAGE, FINGERPRINT = "pipeline.kind", "pipeline.stage", "pipeline.fingerprint"
LISTED = "pipeline.checksums"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"
RESULT, CHECKSUMS = "result", "checksums.json"


@dataclass(frozen=True)
class Result:
    """A stage's stored result: the run that made it, the local folder of its files, its metrics."""

    run_id: str
    folder: Path
    metrics: dict[str, float]


class Store:
    """An experiment on a tracking server or in a SQLite file."""

    def __init__(self, config: Tracking, outputs: Path) -> None:
        self.outputs = outputs
        self.uri = config.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{outputs / 'mlflow.db'}"
        self.config = config
        self._locks = _lock_folder(self.uri, outputs)
        self._locks.mkdir(parents=True, exist_ok=True)
        # The first use of an empty database runs its migrations, which collide between processes.
        with FileLock(self._locks / "create.lock"), _answering(self.uri):
            self.client = prepare(self.uri)
            self.experiment_id = self._experiment(config.experiment)

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            raise UserError(f"tracking.experiment: {name!r} was deleted; restore it, or choose another name")
        if found is not None:
            return str(found.experiment_id)
        # Without a location a SQLite store would put artifacts below whatever folder this process runs in.
        folder = (self.outputs / "artifacts").resolve()
        place = (folder / name).resolve()
        if place == folder or not place.is_relative_to(folder):
            raise UserError(f"tracking.experiment = {name!r}: leads out of {folder}; choose a name that is no path")
        location = place.as_uri() if self.uri.startswith("sqlite:") else None
        made = str(self.client.create_experiment(name, artifact_location=location))
        share(self.client, made)
        return made

    @contextmanager
    def lock(self, fingerprint: str, console: Console) -> Iterator[None]:
        """Let one process of this machine compute a fingerprint while the others wait."""
        lock = FileLock(self._locks / f"{fingerprint[:32]}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            console.say("  another process is computing this; waiting for its result")
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def find(self, fingerprint: str, console: Console) -> Result | None:
        """Return the newest finished result with this fingerprint whose files are whole, or None."""
        runs = self.client.search_runs(
            [self.experiment_id],
            f"tags.`{FINGERPRINT}` = '{fingerprint}' and attributes.status = 'FINISHED'",
            order_by=["attributes.end_time DESC"],
            max_results=5,
        )
        for run in runs:
            folder = self._verified(run.info.run_id)
            if folder is not None:
                return Result(run.info.run_id, folder, dict(run.data.metrics))
            stage = run.data.tags.get(STAGE)
            console.say(
                f"  the stored {stage} of run {run.info.run_id} is damaged or gone: computing it anew", "yellow"
            )
        return None

    def result(self, run_id: str) -> Path | None:
        """Return the folder of a stage run's result, or None if its files are damaged or gone."""
        return self._verified(run_id)

    def _verified(self, run_id: str) -> Path | None:
        try:
            folder = self.local(run_id, RESULT)
            text = self.local(run_id, CHECKSUMS).read_text()
            # The list's own checksum stands in the database: another run's files with their list do not pass.
            own = self.client.get_run(run_id).data.tags.get(LISTED)
            whole = own in (None, hashlib.sha256(text.encode()).hexdigest())
            whole = whole and all(_sha256(folder / name) == digest for name, digest in json.loads(text).items())
        except (OSError, ValueError, AttributeError):
            return None
        return folder if whole else None

    def local(self, run_id: str, path: str) -> Path:
        """Return where a run's artifact lies on this machine, fetched if need be; `OSError` if it is not there."""
        from mlflow.exceptions import MlflowException

        root = self.client.get_run(run_id).info.artifact_uri
        if root.startswith("file:"):
            return Path(url2pathname(urlparse(root).path)) / path
        try:
            return Path(self.client.download_artifacts(run_id, path))
        except MlflowException as error:
            raise OSError(str(error)) from error

    @contextmanager
    def run(
        self, kind: str, name: str, parent: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[Run]:
        """Start a run and finish it as FINISHED, FAILED or, when interrupted, KILLED."""
        run = self.start(kind, name, parent, tags)
        try:
            yield run
        except (KeyboardInterrupt, SystemExit):
            run.finish("KILLED")
            raise
        except BaseException as error:
            run.tag({"pipeline.error": f"{type(error).__name__}: {error}"[:4000]})
            run.finish("FAILED")
            raise
        run.finish("FINISHED")

    def start(self, kind: str, name: str, parent: str | None = None, tags: Mapping[str, str] | None = None) -> Run:
        """Start a run of a kind (sweep, execution, stage) below `parent`."""
        own = {KIND: kind, NAME: name, "mlflow.user": _user(), "mlflow.source.name": "pipeline", **(tags or {})}
        if parent:
            own[PARENT] = parent
        made = self.client.create_run(self.experiment_id, tags=own, run_name=name)
        return Run(self, made.info.run_id)

    def children(self, parent: str) -> list[Any]:
        """The runs directly below `parent`, oldest first."""
        found = self.client.search_runs(
            [self.experiment_id],
            f"tags.`{PARENT}` = '{parent}'",
            order_by=["attributes.start_time ASC"],
            max_results=5000,
        )
        return list(found)

    def executions(self) -> list[Any]:
        """The finished executions, newest first."""
        found = self.client.search_runs(
            [self.experiment_id],
            f"tags.`{KIND}` = 'execution' and attributes.status = 'FINISHED'",
            order_by=["attributes.start_time DESC"],
            max_results=5000,
        )
        return list(found)

    def register_clustering(self, run_id: str) -> str:
        """Point the registry's alias at the clustering model that a stage's run logged; return why not, if not."""
        from pipeline.tracking_models import register

        return register(self, run_id)

    @property
    def view(self) -> str:
        """The address of the experiment's table with the scores in its columns."""
        return address(self.experiment_id, self.uri) if self.uri.startswith("http") else address(self.experiment_id)

    @property
    def ui_command(self) -> str:
        """The exact command that shows this store in a browser."""
        if not self.uri.startswith("sqlite:"):
            return "open the tracking server's page"
        python = Path(sys.executable)
        here = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
        command = shlex.join([str(here), "-m", "mlflow", "ui", "--backend-store-uri", self.uri])
        return command if os.name == "nt" else f"MLFLOW_DISABLE_TELEMETRY=true {command}"


class Run:
    """One run of the store, written to without any global state."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.id, self._client = store, run_id, store.client

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Write metrics in one request."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(self.id, metrics=[Metric(key, float(v), now, step) for key, v in metrics.items()])

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Write parameters, a hundred a request, each as text of at most 6,000 characters."""
        from mlflow.entities import Param

        rows = [Param(key, str(value)[:6000]) for key, value in params.items()]
        for start in range(0, len(rows), 100):
            self._client.log_batch(self.id, params=rows[start : start + 100])

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        from mlflow.entities import RunTag

        self._client.log_batch(self.id, tags=[RunTag(key, str(value)) for key, value in tags.items()])

    def log_files(self, folder: Path, below: str | None = None) -> None:
        """Keep a file, or a folder's files."""
        if folder.is_dir():
            self._client.log_artifacts(self.id, str(folder), below)
        else:
            self._client.log_artifact(self.id, str(folder), below)

    def log_table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep a table as CSV."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        self._client.log_text(self.id, text.getvalue(), f"{title}.csv")

    def log_dataset(self, name: str, digest: str, rows: int, context: str) -> None:
        """Say which data set was used."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = json.dumps({"num_rows": rows})
        data = Dataset(name=name, digest=digest, source_type="local", source=json.dumps({"uri": name}), profile=profile)
        self._client.log_inputs(self.id, [DatasetInput(data, [InputTag("mlflow.data.context", context)])])

    @contextmanager
    def stage(self, name: str, fingerprint: str, config: Mapping[str, Any]) -> Iterator[Run]:
        """Start the child run that computes a stage."""
        tags = {STAGE: name, FINGERPRINT: fingerprint}
        with self.store.run("stage", name, self.id, tags) as run:
            run.log_params(flatten(config))
            yield run

    def store_result(self, folder: Path, metrics: Mapping[str, float]) -> Result:
        """Keep a result's metrics, its files and, last of all, their checksums; return it as found from now on."""
        self.log_metrics(metrics)
        digests = {str(f.relative_to(folder)): _sha256(f) for f in sorted(folder.rglob("*")) if f.is_file()}
        self.log_files(folder, RESULT)
        text = json.dumps(digests, indent=1)
        self._client.log_text(self.id, text, CHECKSUMS)
        self.tag({LISTED: hashlib.sha256(text.encode()).hexdigest()})
        return Result(self.id, self.store.local(self.id, RESULT), dict(metrics))

    def log_models(self, stage: str, load: Any) -> None:
        """Log the MLflow models that belong to a stage's result."""
        from pipeline.tracking_models import LOGGERS

        if stage in LOGGERS:
            LOGGERS[stage](self, load)

    def finish(self, status: str) -> None:
        """End the run."""
        self._client.set_terminated(self.id, status)


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn nested tables into dotted keys; lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def git_commit() -> str | None:
    """The checkout's commit, with "+" where files differ from it; None outside a checkout."""
    here = Path(__file__).resolve().parent

    def ask(*words: str) -> str:
        answer = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, timeout=5, check=True)
        return answer.stdout.strip()

    try:
        return ask("rev-parse", "HEAD") + ("+" if ask("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None


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
def _answering(uri: str) -> Iterator[None]:
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


def _lock_folder(uri: str, outputs: Path) -> Path:
    """Beside a SQLite file, so that all its users share the locks; else in the outputs folder."""
    if uri.startswith("sqlite:///"):
        return Path(uri.removeprefix("sqlite:///").partition("?")[0]).resolve().parent / ".locks"
    return outputs / ".locks"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
