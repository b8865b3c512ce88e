"""A finished run, found in the store: what it was made with, and the artifacts that its stages kept."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.artifacts.base import Artifact
from pipeline.build import find
from pipeline.config import Component, Config, check
from pipeline.errors import UserError
from pipeline.recipe import MAKER, RECIPE, TYPES
from pipeline.tracking import Store

NEWEST = "last"
NEEDED = tuple(f"stage.{step.name}" for step in RECIPE[: RECIPE.index(MAKER["clustering"]) + 1])
"""What a run must say of itself to be of use: every stage up to the clusters, computed or reused."""


@dataclass(frozen=True)
class Finished:
    """One finished execution; artifacts are loaded when they are asked for."""

    store: Store
    run_id: str
    name: str

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What the run wrote at its end: metrics, stages with their run ids, and its whole configuration."""
        try:
            found: dict[str, Any] = json.loads(self.store.local(self.run_id, "summary.json").read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"run: {self.run_id} has no readable summary.json in {self.store.uri}: {error}") from error
        return found

    @property
    def metrics(self) -> dict[str, float]:
        """The run's scores."""
        found: dict[str, float] = self.summary["metrics"]
        return found

    @cached_property
    def config(self) -> Config:
        """The configuration it was made with, checked again.

        Raises:
            UserError: its settings are not those that this version knows.
        """
        try:
            return restored(self.summary["config"])
        except UserError as error:
            raise UserError(
                f"run: {self.run_id} was made by another version, run the same command again: {error}"
            ) from error

    def load(self, *names: str) -> dict[str, Any]:
        """Return artifacts by name.

        Raises:
            UserError: the run left their stage out, or its files are damaged or gone.
        """
        return {name: self._load(name) for name in names}

    def _load(self, name: str) -> Any:
        stage = MAKER[name].name
        if stage not in self.summary["stages"]:
            raise UserError(f"run: {self.run_id} has no {name}: it was run without stage {stage}; choose another run")
        result = self.store.result(self.summary["stages"][stage]["run_id"])
        if result is None:
            raise UserError(f"run: the {name} of {self.run_id} are damaged or gone; run the same command again")
        kind: type[Artifact] = find(TYPES[name], name)
        try:
            return kind.load(result / name)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"run: the {name} of {self.run_id} were written by another version, run the same command again: {error}"
            ) from error


def restored(values: Mapping[str, Any]) -> Config:
    """Return the configuration that was written out as `values`.

    Everything is written out, also keys of a component that were never set; those that its function does not take are
    left out again, and so are those without a value where the function has one.
    """
    known = dict(values)
    for name, field in Config.model_fields.items():
        if name in known and isinstance(field.annotation, type) and issubclass(field.annotation, Component):
            known[name] = _set_keys(values[name], field.annotation, name)
    return check(known)


def _set_keys(values: Mapping[str, Any], kind: type[Component], where: str) -> dict[str, Any]:
    takes = inspect.signature(find(str(values["_target_"]), where)).parameters
    unset = {
        key
        for key in kind.model_fields
        if key not in ("name", "target")
        and (key not in takes or (values.get(key) is None and takes[key].default is not None))
    }
    return {key: value for key, value in values.items() if key not in unset}


def finished(store: Store, asked: str, key: str = "run") -> Finished:
    """Return the run with the id `asked` (its beginning will do), or the newest one that has clusters: `last`.

    Raises:
        UserError: there is none, or more than one; `key` names the configuration key that asked.
    """
    return choose(store, asked, key, _runs(store))


def last_two(store: Store) -> tuple[Finished, Finished]:
    """Return the two newest finished runs that have clusters, the older one first."""
    runs = _runs(store)
    if len(runs) < 2:
        raise UserError(
            f"runs: {store.uri} holds {len(runs)} finished runs with clusters; there is no second to compare"
        )
    return runs[1], runs[0]


def choose(store: Store, asked: str, key: str, runs: list[Finished]) -> Finished:
    """Return the one of `runs` (newest first) that is asked for."""
    if not runs:
        raise UserError(f"{key}: {store.uri} holds no finished run with clusters; run python -m pipeline first")
    if asked == NEWEST:
        return runs[0]
    found = [run for run in runs if run.run_id.startswith(asked)]
    if len(found) != 1:
        problem = "fits several runs" if found else "is no finished run with clusters"
        newest = ", ".join(f"{run.run_id} ({run.name})" for run in runs[:3])
        raise UserError(f"{key} = {asked!r}: {problem} in {store.uri}; the newest: {newest}")
    return found[0]


def _runs(store: Store) -> list[Finished]:
    return [
        Finished(store, run.info.run_id, run.info.run_name)
        for run in store.executions()
        if all(stage in run.data.tags for stage in NEEDED)
    ]
