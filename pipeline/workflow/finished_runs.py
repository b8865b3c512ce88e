"""Finished runs in the store: looking them up, and loading their configuration and artifacts."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.config import Component, Config, validate_config
from pipeline.config.instantiate import import_target
from pipeline.config.renamed_keys import with_current_keys
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store
from pipeline.workflow.recipe import PRODUCER, RECIPE, artifact_type

NEWEST = "last"
REQUIRED_TAGS = tuple(f"stage.{step.name}" for step in RECIPE[: RECIPE.index(PRODUCER["clustering"]) + 1])
"""The tags of a run that has all stages up to the clusters, computed or reused."""


@dataclass(frozen=True)
class FinishedRun:
    """A finished execution; its artifacts are loaded on demand."""

    store: Store
    run_id: str
    name: str

    @cached_property
    def summary(self) -> dict[str, Any]:
        """The run's summary.json: metrics, stages with their run ids, and the whole configuration."""
        try:
            summary: dict[str, Any] = json.loads(self.store.local(self.run_id, "summary.json").read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"run: {self.run_id} has no readable summary.json in {self.store.uri}: {error}") from error
        return summary

    @property
    def metrics(self) -> dict[str, float]:
        """The run's scores."""
        metrics: dict[str, float] = self.summary["metrics"]
        return metrics

    @cached_property
    def config(self) -> Config:
        """The run's configuration, validated again.

        Raises:
            UserError: it was written by a version with other keys.
        """
        try:
            return restore_config(self.summary["config"])
        except UserError as error:
            raise UserError(
                f"run: {self.run_id} was computed by another version; run the same command again: {error}"
            ) from error

    def has(self, name: str) -> bool:
        """Return whether the run has the stage of an artifact."""
        return PRODUCER[name].name in self.summary["stages"]

    def load(self, *names: str) -> dict[str, Any]:
        """Return artifacts by name.

        Raises:
            UserError: the run left their stage out, or their files are damaged, missing or of another version.
        """
        return {name: self._load(name) for name in names}

    def require_own_images(self, action: str) -> None:
        """Refuse a run with added images or corrected clusters for an action that computes its stages again.

        Raises:
            UserError: stage extend added images, or stage edit or recluster changed the clusters.
        """
        added = self._load("images").appended
        if added:
            raise UserError(
                f"run: {self.run_id} has {added:,} images that stage=extend added, and stage={action} starts from the "
                "data set; choose a run without them"
            )
        derived = self.summary.get("derived", {})
        if derived.get("action") in ("edit", "recluster"):
            raise UserError(
                f"run: the clusters of {self.run_id} were corrected, and stage={action} would compute them again "
                f"without the corrections; choose the run before them, run={derived['from']}"
            )

    def _load(self, name: str) -> Any:
        stage = PRODUCER[name].name
        if not self.has(name):
            raise UserError(f"run: {self.run_id} has no {name}: it ran without stage {stage}; choose another run")
        folder = self.store.result(self.summary["stages"][stage]["run_id"])
        if folder is None:
            raise UserError(f"run: the {name} of {self.run_id} are damaged or missing; run the same command again")
        try:
            return artifact_type(name).load(folder / name)
        except (OSError, ValueError, TypeError, KeyError, ImportError, AttributeError) as error:
            raise UserError(
                f"run: the {name} of {self.run_id} were computed by an earlier version; run the stage again: {error}"
            ) from error


def restore_config(values: Mapping[str, Any]) -> Config:
    """Return the configuration that was written out as `values`, perhaps by an earlier version.

    Components are written out with all their declared keys. Those that the target does not take, or that have no value
    where the target's default is one, were never set and are left out again.

    Raises:
        UserError: a value is not allowed, or a target is in Python's standard library: no component is, and a
            configuration from a server must not name a command.
    """
    restored = with_current_keys(values)
    _refuse_standard_library(values, "")
    for name, field in Config.model_fields.items():
        if name in restored and isinstance(field.annotation, type) and issubclass(field.annotation, Component):
            restored[name] = _without_unset_keys(restored[name], field.annotation, name)
    return validate_config(restored)


def _refuse_standard_library(value: Any, key: str) -> None:
    """Refuse a target in Python's standard library anywhere in a stored configuration, before anything is imported."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    for name, item in value.items() if isinstance(value, Mapping) else ():
        where = f"{key}.{name}".lstrip(".")
        if name == "_target_" and str(item).split(".")[0] in sys.stdlib_module_names:
            raise UserError(f"{where} = {item!r}: a stored configuration may not name the standard library")
        _refuse_standard_library(item, where)


def _without_unset_keys(values: Mapping[str, Any], kind: type[Component], where: str) -> dict[str, Any]:
    if "_target_" not in values:
        return dict(values)  # validation names what is missing
    parameters = inspect.signature(import_target(str(values["_target_"]), where)).parameters
    unset = {
        key
        for key in kind.model_fields
        if key not in kind.stage_keys
        and (key not in parameters or (values.get(key) is None and parameters[key].default is not None))
    }
    return {key: value for key, value in values.items() if key not in unset}


def find_run(store: Store, run_id: str, key: str = "run") -> FinishedRun:
    """Return the run whose id starts with `run_id`, or the newest one with clusters for "last".

    Raises:
        UserError: there is none, or more than one; the message names the configuration key `key`.
    """
    return select_run(store, run_id, key, _runs_with_clusters(store))


def newest_two_runs(store: Store) -> tuple[FinishedRun, FinishedRun]:
    """Return the two newest finished runs with clusters, the older one first."""
    runs = _runs_with_clusters(store)
    if len(runs) < 2:
        raise UserError(f"runs: {store.uri} holds {len(runs)} finished runs with clusters; comparing needs two")
    return runs[1], runs[0]


def select_run(store: Store, run_id: str, key: str, runs: list[FinishedRun]) -> FinishedRun:
    """Return the run in `runs` (newest first) that `run_id` names."""
    if not runs:
        raise UserError(f"{key}: {store.uri} holds no finished run with clusters; run python -m pipeline first")
    if run_id == NEWEST:
        return runs[0]
    matches = [run for run in runs if run.run_id.startswith(run_id)]
    if len(matches) != 1:
        problem = "matches several runs" if matches else "is no finished run with clusters"
        newest = ", ".join(f"{run.run_id} ({run.name})" for run in runs[:3])
        raise UserError(f"{key} = {run_id!r}: {problem} in {store.uri}; the newest: {newest}")
    return matches[0]


def _runs_with_clusters(store: Store) -> list[FinishedRun]:
    return [
        FinishedRun(store, run.info.run_id, run.info.run_name)
        for run in store.executions()
        if all(tag in run.data.tags for tag in REQUIRED_TAGS)
    ]
