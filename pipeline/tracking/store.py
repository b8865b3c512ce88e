"""The store: an experiment whose runs are started and looked up, and whose results are used again."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from filelock import FileLock

from pipeline.config import Tracking
from pipeline.runtime import processes
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import RunObserver
from pipeline.runtime.paths import python_command
from pipeline.runtime.server_errors import is_server_lost
from pipeline.tracking.artifact_files import ArtifactFiles
from pipeline.tracking.client import (
    create_experiment,
    explain_unreachable,
    is_sqlite,
    open_client,
    sqlite_address,
    sqlite_file,
)
from pipeline.tracking.database_update import update_database
from pipeline.tracking.existing_run import existing_run
from pipeline.tracking.inventory import Inventory
from pipeline.tracking.locks import hold_lock, store_folder
from pipeline.tracking.results import CHECKSUMS, RESULT, Result, file_digests, text_digest
from pipeline.tracking.run import Run, flatten
from pipeline.tracking.server_check import is_server
from pipeline.tracking.server_waits import report_waits
from pipeline.tracking.tags import CHECKSUMS_DIGEST, FINGERPRINT, KIND, NAME, PARENT, PROCESS, STAGE
from pipeline.tracking.view import has_view, save_view, view_url

SCRATCH_LIFETIME = 30 * 24 * 3600.0
"""Seconds after which the checkpoints of an interrupted computation are removed."""

MAX_RUNS = 5000
"""Runs that one search returns at most."""

FINISHED_EXECUTIONS = f"tags.`{KIND}` = 'execution' and attributes.status = 'FINISHED'"

MAX_NAME_LENGTH = 250
"""Characters of a run's name in MLflow's tables; PostgreSQL refuses longer ones, SQLite takes them."""

_open_stores: WeakSet[Store] = WeakSet()
_start_lock = threading.Lock()


def kill_open_runs() -> None:
    """Mark the open runs of this process and of dead processes as KILLED, and start no more."""
    _start_lock.acquire(timeout=1)  # never released: the process ends
    for store in list(_open_stores):
        store.kill_runs(lambda process: process == processes.process_tag() or processes.has_exited(process))


def given_uri(config: Tracking) -> str | None:
    """Return the address in the settings or in MLflow's variable; None: a SQLite file in the outputs folder."""
    return config.uri or os.environ.get("MLFLOW_TRACKING_URI")


class Store:
    """An experiment on a tracking server or in a SQLite file.

    The schema of an earlier MLflow is upgraded first. If the folder `outputs` was moved or copied, the paths in its
    database are repaired.
    """

    def __init__(self, config: Tracking, outputs: Path, observer: RunObserver | None = None) -> None:
        # skops looks for SciPy's functions in all modules, in the order of their import: 3 s if MLflow comes first.
        import scipy.special  # noqa: F401

        self.outputs = outputs
        self.uri = given_uri(config) or sqlite_address(outputs / "mlflow.db")
        self.config = config
        self._observer = observer or RunObserver()
        folder = store_folder(self.uri, outputs)
        self._locks, self._scratch = folder / ".locks", folder / ".scratch"
        self._locks.mkdir(parents=True, exist_ok=True)
        report_waits(self.uri, self._observer.warning)
        # The first use of an empty database runs its migrations, which collide between processes.
        with FileLock(self._locks / "create.lock"), explain_unreachable(self.uri, self._observer.warning):
            database = sqlite_file(self.uri)
            if database is not None:
                update_database(database, outputs, self._observer)
            self.client = open_client(self.uri)
            self.experiment_id = self._experiment(config.experiment)
        self._files = ArtifactFiles(self.client, outputs / "fetched", self._locks)

    def _experiment(self, name: str) -> str:
        """Return the id of the experiment, which is created if there is none."""
        experiment = self.client.get_experiment_by_name(name)
        if experiment is not None and experiment.lifecycle_stage == "deleted":
            raise UserError(f"tracking.experiment: {name!r} was deleted; restore it, or choose another name")
        if experiment is not None:
            if not has_view(experiment):  # the process that created it was killed
                save_view(self.client, str(experiment.experiment_id))
            return str(experiment.experiment_id)
        # Without a location, a database would put artifacts into the working folder.
        root = (self.outputs / "artifacts").resolve()
        folder = (root / name).resolve()
        if folder == root or not folder.is_relative_to(root):
            raise UserError(f"tracking.experiment = {name!r}: leads out of {root}; choose a name that is no path")
        location = None if is_server(self.uri) else folder.as_uri()
        experiment_id = create_experiment(self.client, name, location)
        save_view(self.client, experiment_id)
        return experiment_id

    @contextmanager
    def lock(self, fingerprint: str, observer: RunObserver) -> Iterator[None]:
        """Let one process of this machine compute a fingerprint while the others wait."""
        file = self._locks / f"{fingerprint[:32]}.lock"
        with hold_lock(file, observer, "another process that computes this stage"):
            yield

    @contextmanager
    def exclude_new_runs(self) -> Iterator[None]:
        """Let no process of this machine start a run meanwhile, which could reuse results that are deleted."""
        with hold_lock(self._locks / "clean.lock", self._observer, "another process that deletes results"):
            yield

    def scratch(self, fingerprint: str) -> Path:
        """Return the folder for the checkpoints of a computation; the next attempt gets the same folder."""
        folder = self._scratch / fingerprint[:32]
        folder.mkdir(parents=True, exist_ok=True)
        for path in self._scratch.iterdir():
            with suppress(OSError):  # another process removes its own
                if time.time() - path.stat().st_mtime > SCRATCH_LIFETIME:
                    shutil.rmtree(path, ignore_errors=True)
        return folder

    def clear_scratch(self, fingerprint: str) -> None:
        """Remove the checkpoints of a computation whose result is stored."""
        shutil.rmtree(self._scratch / fingerprint[:32], ignore_errors=True)

    def find(self, fingerprint: str, observer: RunObserver) -> Result | None:
        """Return the newest finished result with this fingerprint whose files match their checksums, or None."""
        runs = self.client.search_runs(
            [self.experiment_id],
            f"tags.`{FINGERPRINT}` = '{fingerprint}' and attributes.status = 'FINISHED'",
            order_by=["attributes.end_time DESC"],
            max_results=5,
        )
        for run in runs:
            folder = self._files.verified_result(run.info.run_id)
            if folder is not None:
                return Result(run.info.run_id, folder, dict(run.data.metrics))
            observer.warning(
                f"  the stored result of {run.data.tags.get(STAGE)} (run {run.info.run_id}) is damaged or missing; "
                "computing it again"
            )
        return None

    def result(self, run_id: str) -> Path | None:
        """Return the folder of a stage run's result, or None if its files are damaged or missing."""
        return self._files.verified_result(run_id)

    def fingerprint(self, run_id: str) -> str | None:
        """Return the fingerprint of a stage run, or None if the run is deleted."""
        run = existing_run(self.client, run_id)
        return run.data.tags.get(FINGERPRINT) if run is not None else None

    def identified_result(self, run_id: str) -> tuple[str, Result] | None:
        """Return a stage run's fingerprint and result, or None if its files are damaged or missing."""
        folder = self.result(run_id)
        if folder is None:
            return None
        data = self.client.get_run(run_id).data
        return data.tags[FINGERPRINT], Result(run_id, folder, dict(data.metrics))

    def local(self, run_id: str, path: str) -> Path:
        """Return the local path of a run's artifact, downloaded if necessary.

        Raises:
            OSError: there is no such artifact.
        """
        return self._files.local(run_id, path)

    def store_result(self, run: Run, folder: Path, metrics: Mapping[str, float]) -> Result:
        """Log the files of a stage's result, and last of all its metrics with the checksums that make it count."""
        checksums = json.dumps(file_digests(folder), indent=1)
        run.log_files(folder, RESULT)
        run.log_text(checksums, CHECKSUMS)
        run.log_metrics(metrics, tags={CHECKSUMS_DIGEST: text_digest(checksums)})
        return Result(run.id, self._files.keep_local(run.id, folder), dict(metrics))

    @contextmanager
    def run(
        self, kind: str, name: str, parent: str | None = None, tags: Mapping[str, str] | None = None
    ) -> Iterator[Run]:
        """Start a run and end it as FINISHED, FAILED or, when interrupted, KILLED."""
        run = self.start(kind, name, parent, tags)
        try:
            yield run
        except (KeyboardInterrupt, SystemExit):
            run.finish("KILLED")
            raise
        except BaseException as error:
            if not is_server_lost(error):  # a lost server would only be waited for again
                with suppress(Exception):  # the cause, such as a full disk, may prevent this too
                    run.tag({"pipeline.error": f"{type(error).__name__}: {error}"[:4000]})
                    run.finish("FAILED")
            raise
        run.finish("FINISHED")

    @contextmanager
    def stage_run(self, parent: str, name: str, fingerprint: str, config: Mapping[str, Any]) -> Iterator[Run]:
        """Start the child run that computes a stage."""
        with self.run("stage", name, parent, {STAGE: name, FINGERPRINT: fingerprint}) as run:
            run.log_params(flatten(config))
            yield run

    def start(self, kind: str, name: str, parent: str | None = None, tags: Mapping[str, str] | None = None) -> Run:
        """Start a run of a kind (sweep, execution, stage, or an action's name) below `parent`."""
        if len(name) > MAX_NAME_LENGTH:
            name = f"{name[: MAX_NAME_LENGTH - 1]}…"
        run_tags = {KIND: kind, NAME: name, "mlflow.user": _user(), "mlflow.source.name": "pipeline", **(tags or {})}
        run_tags[PROCESS] = processes.process_tag()
        if parent:
            run_tags[PARENT] = parent
        with _start_lock, self.exclude_new_runs():
            _open_stores.add(self)
            created = self.client.create_run(self.experiment_id, tags=run_tags, run_name=name)
        return Run(self.client, self.uri, created.info.run_id)

    def kill_runs(self, is_dead: Callable[[str], bool]) -> list[str]:
        """Mark the unfinished runs of dead processes as KILLED; return the names of the runs."""
        orphaned = [run for run in self.open_runs() if is_dead(run.data.tags.get(PROCESS, ""))]
        for run in orphaned:
            self.client.set_terminated(run.info.run_id, "KILLED")
        return [run.info.run_name for run in orphaned]

    def kill_orphaned_runs(self, observer: RunObserver) -> None:
        """Mark the runs that dead processes of this machine left unfinished as KILLED."""
        orphaned = self.kill_runs(processes.has_exited)
        if orphaned:
            observer.warning(f"  note: marked runs of processes that died as killed: {', '.join(orphaned)}")

    def children(self, parent: str) -> list[Any]:
        """Return the runs directly below `parent`, oldest first."""
        return list(self._search(f"tags.`{PARENT}` = '{parent}'", "start_time ASC"))

    def executions(self) -> list[Any]:
        """Return the finished executions, newest first."""
        return list(self._search(FINISHED_EXECUTIONS, "start_time DESC"))

    def recent_executions(self, most: int) -> list[Any]:
        """Return the newest finished executions, at most `most` of them, the newest first."""
        return list(self._search(FINISHED_EXECUTIONS, "end_time DESC", most))

    def _search(self, query: str, order: str, most: int = MAX_RUNS) -> Any:
        """Return the runs that `query` finds; `order` is an attribute and ASC or DESC."""
        return self.client.search_runs([self.experiment_id], query, order_by=[f"attributes.{order}"], max_results=most)

    def open_runs(self) -> list[Any]:
        """Return the unfinished runs, those of other machines included."""
        return list(self._search("attributes.status = 'RUNNING'", "start_time ASC"))

    def inventory(self) -> Inventory:
        """Return all runs with their files.

        Raises:
            UserError: the store is on a server, whose files are not on this machine.
        """
        if not is_sqlite(self.uri):
            raise UserError(
                f"tracking.uri: {self.uri} is a server, and stage=clean deletes files of this machine; delete runs in "
                f"MLflow and run mlflow gc on the server; {self.outputs / 'fetched'} may be deleted at any time"
            )
        return Inventory(self.client, self.experiment_id)

    def register_clustering(self, run_id: str) -> str:
        """Register the clustering model that a stage's run logged; return the reason if that is not possible."""
        from pipeline.tracking.models import register_model

        return register_model(self.client, self.uri, self.experiment_id, run_id)

    @property
    def view(self) -> str:
        """The address of the experiment's table with the scores as columns."""
        return view_url(self.experiment_id, self.uri) if is_server(self.uri) else view_url(self.experiment_id)

    @property
    def ui_command(self) -> str:
        """The command that shows this store in a browser."""
        if not is_sqlite(self.uri):
            return "open the tracking server's page"
        command = shlex.join([python_command(), "-m", "mlflow", "ui", "--backend-store-uri", self.uri])
        return command if os.name == "nt" else f"MLFLOW_DISABLE_TELEMETRY=true {command}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
