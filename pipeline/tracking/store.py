"""The store: an experiment whose runs are started, looked up and, where their files are whole, used again."""

from __future__ import annotations

import getpass
import json
import os
import shlex
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname
from weakref import WeakSet

from filelock import FileLock

from pipeline import processes
from pipeline.config import Tracking
from pipeline.console import Console
from pipeline.errors import UserError
from pipeline.paths import python
from pipeline.resources import lost
from pipeline.tracking.client import answering, prepare
from pipeline.tracking.locks import beside_store, taken
from pipeline.tracking.results import CHECKSUMS, RESULT, Result, digest, whole
from pipeline.tracking.run import Run
from pipeline.tracking.tags import FINGERPRINT, KIND, LISTED, NAME, PARENT, PROCESS, STAGE
from pipeline.tracking.view import address, share, shared

FORGOTTEN = 30 * 24 * 3600.0
"""Seconds after which nobody goes on from what a computation left."""

_used: WeakSet[Store] = WeakSet()
_starting = threading.Lock()


def end_all() -> None:
    """Mark as KILLED what this process and those it started have begun, and let it begin no more."""
    _starting.acquire(timeout=1)  # never released: the process ends
    for store in list(_used):
        store.end_runs_of(lambda process: process == processes.own() or processes.gone(process))


class Store:
    """An experiment on a tracking server or in a SQLite file."""

    def __init__(self, config: Tracking, outputs: Path) -> None:
        self.outputs = outputs
        self.uri = config.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{outputs / 'mlflow.db'}"
        self.config = config
        beside = beside_store(self.uri, outputs)
        self._locks, self._scratch = beside / ".locks", beside / ".scratch"
        self._locks.mkdir(parents=True, exist_ok=True)
        # The first use of an empty database runs its migrations, which collide between processes.
        with FileLock(self._locks / "create.lock"), answering(self.uri):
            self.client = prepare(self.uri)
            self.experiment_id = self._experiment(config.experiment)

    def _experiment(self, name: str) -> str:
        found = self.client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            raise UserError(f"tracking.experiment: {name!r} was deleted; restore it, or choose another name")
        if found is not None:
            if not shared(found):  # whoever made it died before
                share(self.client, str(found.experiment_id))
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
        with taken(self._locks / f"{fingerprint[:32]}.lock", console):
            yield

    def scratch(self, fingerprint: str) -> Path:
        """Return the folder in which a computation that is cut off leaves what the next attempt goes on from."""
        folder = self._scratch / fingerprint[:32]
        folder.mkdir(parents=True, exist_ok=True)
        for one in self._scratch.iterdir():
            if time.time() - one.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(one, ignore_errors=True)
        return folder

    def clear_scratch(self, fingerprint: str) -> None:
        """Remove that folder: the result is stored."""
        shutil.rmtree(self._scratch / fingerprint[:32], ignore_errors=True)

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
            text = self.local(run_id, CHECKSUMS).read_text()
            # The list's own checksum stands in the database: another run's files with their list do not pass.
            own = self.client.get_run(run_id).data.tags.get(LISTED)
            return self._whole(run_id, json.loads(text)) if own in (None, digest(text)) else None
        except (OSError, ValueError, AttributeError) as error:
            if lost(error):
                raise
            return None

    def _whole(self, run_id: str, listed: Mapping[str, str]) -> Path | None:
        """The folder of a run's result if all listed files are whole; fetched unless it was already, once."""
        with FileLock(self._locks / f"{run_id}.fetch.lock") if self._root(run_id) is None else nullcontext():
            there = self._fetched(run_id) / RESULT
            with suppress(OSError):
                if there.is_dir() and whole(there, listed):
                    return there
            folder = self.local(run_id, RESULT)
            return folder if whole(folder, listed) else None

    def _fetched(self, run_id: str) -> Path:
        """Where what was fetched of a run is kept."""
        return self.outputs / "fetched" / run_id

    def _root(self, run_id: str) -> Path | None:
        """The folder of a run's artifacts where it is on this machine."""
        root = self.client.get_run(run_id).info.artifact_uri
        return Path(url2pathname(urlparse(root).path)) if root.startswith("file:") else None

    def kept(self, run_id: str, folder: Path) -> Path:
        """Where the result lies that was just stored from a folder; of a server's there is a copy here."""
        root = self._root(run_id)
        if root is not None:
            return root / RESULT
        return Path(shutil.copytree(folder, self._fetched(run_id) / RESULT, dirs_exist_ok=True))

    def local(self, run_id: str, path: str) -> Path:
        """Return where a run's artifact lies on this machine, fetched if need be; `OSError` if it is not there."""
        from mlflow.exceptions import MlflowException

        root = self._root(run_id)
        if root is not None:
            return root / path
        place = self._fetched(run_id)
        shutil.rmtree(place / path, ignore_errors=True)  # a damaged copy
        place.mkdir(parents=True, exist_ok=True)
        try:
            return Path(self.client.download_artifacts(run_id, path, str(place)))
        except MlflowException as error:
            if lost(error):
                raise
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
            if not lost(error):  # a server that is lost would only be waited for once more
                with suppress(Exception):  # what stopped the run, such as a full disk, may stop its mark too
                    run.tag({"pipeline.error": f"{type(error).__name__}: {error}"[:4000]})
                    run.finish("FAILED")
            raise
        run.finish("FINISHED")

    def start(self, kind: str, name: str, parent: str | None = None, tags: Mapping[str, str] | None = None) -> Run:
        """Start a run of a kind (sweep, execution, stage) below `parent`."""
        own = {KIND: kind, NAME: name, "mlflow.user": _user(), "mlflow.source.name": "pipeline", **(tags or {})}
        own[PROCESS] = processes.own()
        if parent:
            own[PARENT] = parent
        with _starting:
            _used.add(self)
            made = self.client.create_run(self.experiment_id, tags=own, run_name=name)
        return Run(self, made.info.run_id)

    def end_runs_of(self, dead: Callable[[str], bool]) -> list[str]:
        """Mark as KILLED the unfinished runs of processes that are `dead`; return the runs' names."""
        unfinished = self.client.search_runs([self.experiment_id], "attributes.status = 'RUNNING'", max_results=5000)
        ended = [run for run in unfinished if dead(run.data.tags.get(PROCESS, ""))]
        for run in ended:
            self.client.set_terminated(run.info.run_id, "KILLED")
        return [run.info.run_name for run in reversed(ended)]

    def end_dead_runs(self, console: Console) -> None:
        """Mark as KILLED what processes of this machine left unfinished when they died, and say so."""
        ended = self.end_runs_of(processes.gone)
        if ended:
            console.say(f"  note: runs of a process that died are marked as killed: {', '.join(ended)}", "yellow")

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
        from pipeline.tracking.models import register

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
        command = shlex.join([python(), "-m", "mlflow", "ui", "--backend-store-uri", self.uri])
        return command if os.name == "nt" else f"MLFLOW_DISABLE_TELEMETRY=true {command}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
