"""All runs of an experiment with the files they keep on this machine, and their deletion."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.tracking.local_path import local_path
from pipeline.tracking.models import REGISTERED_MODEL

PAGE = 1000
"""Rows in one answer of MLflow."""

NO_STAGES = (None, "", "None")
"""Stages of a registered version that nobody moved to another."""


class Inventory:
    """The runs of an experiment, deleted ones included, and their files below the folder of the experiment.

    The database keeps the runs that are deleted here, with their settings and scores, among MLflow's deleted runs.
    """

    def __init__(self, client: Any, experiment_id: str) -> None:
        from mlflow.entities import ViewType

        self._client = client
        self._root = local_path(client.get_experiment(experiment_id).artifact_location)
        self.runs: list[Any] = list(
            _pages(client.search_runs, [experiment_id], run_view_type=ViewType.ALL, max_results=PAGE)
        )
        self._models: dict[str, list[Any]] = defaultdict(list)
        for model in _pages(client.search_logged_models, experiment_ids=[experiment_id], max_results=PAGE):
            self._models[model.source_run_id].append(model)
        self._versions = list(_pages(client.search_model_versions, "", max_results=PAGE))

    def registered_runs(self) -> set[str]:
        """Return the ids of runs whose model somebody relies on.

        Each run registers its model under one name. A version counts if it has an alias or a stage, or if it was
        registered under another name.
        """
        runs = {model.model_id: run_id for run_id, models in self._models.items() for model in models}
        aliases = {
            (model.name, str(version))
            for model in _pages(self._client.search_registered_models, max_results=100)
            for version in model.aliases.values()
        }
        return {
            run_id
            for version in self._versions
            if version.name != REGISTERED_MODEL
            or (version.name, str(version.version)) in aliases
            or version.current_stage not in NO_STAGES
            for run_id in (version.run_id, _source_run(version.source, runs))
            if run_id
        }

    def folders(self, run_id: str) -> list[Path]:
        """Return the folders of a run that exist: its artifacts, and the models that it logged."""
        if self._root is None:
            return []
        models = [self._root / "models" / model.model_id for model in self._models.get(run_id, ())]
        return [folder for folder in (self._root / run_id, *models) if folder.is_dir() and not folder.is_symlink()]

    def delete(self, run_ids: Collection[str], progress: Callable[[int], None]) -> None:
        """Mark runs as deleted, and remove their files; `progress` takes the number of runs that are removed.

        All are marked first, so that no run reuses what is removed next. The next call finishes an interrupted
        deletion.
        """
        active = {run.info.run_id for run in self.runs if run.info.lifecycle_stage == "active"}
        for run_id in run_ids:
            if run_id in active:
                self._client.delete_run(run_id)
        for number, run_id in enumerate(run_ids, 1):
            for version in self._versions:
                if version.name == REGISTERED_MODEL and version.run_id == run_id:
                    self._client.delete_model_version(version.name, version.version)
            for folder in self.folders(run_id):
                shutil.rmtree(folder)
            for model in self._models.get(run_id, ()):
                self._client.delete_logged_model(model.model_id)
            progress(number)


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below a folder, or of one file; links do not count."""
    files = [folder] if folder.is_file() else folder.rglob("*")
    size = 0
    for file in files:
        with suppress(OSError):  # it was removed meanwhile
            size += 0 if file.is_symlink() or file.is_dir() else file.stat().st_size
    return size


def _pages(search: Callable[..., Any], *arguments: Any, **options: Any) -> Iterator[Any]:
    """All rows of a search of MLflow, which answers in pages."""
    token: str | None = None
    while True:
        rows = search(*arguments, page_token=token, **options)
        yield from rows
        token = rows.token
        if not token:
            return


def _source_run(source: str | None, runs: Mapping[str, str]) -> str | None:
    """The run of a version's source: models:/ID, or runs:/ID/NAME; `runs` are those of the models."""
    scheme, _, path = (source or "").partition(":/")
    identity = path.split("/")[0]
    return runs.get(identity) if scheme == "models" else identity if scheme == "runs" else None
