"""Find the finished runs that match a configuration, and read what they measured."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.config.compose import compose_config
from pipeline.tracking import DERIVED_FROM, Store, flatten
from pipeline.tracking.run import MAX_PARAM_LENGTH

MEASURED_GROUPS = ("data.", "model.", "train.", "refine.", "manifold.", "cluster.")
"""The groups that decide the measurements here; the other groups draw, report or store."""

RENAMED_KEYS = {
    "train.consistency": "train.barlow_twins_weight",
    "refine.forgiveness": "refine.gce_q",
}
"""Keys as older runs stored them, and their names today."""

RENAMED_PREFIXES = {"data.source.": "data."}

MODEL_ARTIFACTS = ("pretrained", "autoencoder")
"""Names of the stage train's artifact: today's, and the one before refinement existed."""


@dataclass(frozen=True)
class StoredRun:
    """One finished execution: its metrics, and the results of its stages, whichever execution computed them."""

    store: Store
    run: Any

    @property
    def seed(self) -> int:
        """The execution's seed."""
        return int(self.run.data.params["seed"])

    @property
    def metrics(self) -> dict[str, float]:
        """All metrics of the execution."""
        return dict(self.run.data.metrics)

    def stage_run(self, stage: str) -> str:
        """Return the id of the run that computed a stage."""
        return str(self.run.data.tags[f"stage.{stage}"]).partition(" ")[0]

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds that each stage took in the run that computed it."""
        stages = [tag.removeprefix("stage.") for tag in self.run.data.tags if tag.startswith("stage.")]
        return {
            stage: float(self.store.client.get_run(self.stage_run(stage)).data.metrics["seconds"]) for stage in stages
        }

    @cached_property
    def training_facts(self) -> dict[str, Any]:
        """Facts of the trained model: `history`, a dict of metrics per epoch, and `summary`, a dict per layer."""
        run_id = self.stage_run("train")
        for name in MODEL_ARTIFACTS:
            with suppress(OSError):
                file = self.store.local(run_id, f"result/{name}/artifact.json")
                facts: dict[str, Any] = json.loads(file.read_text())
                return facts
        raise OSError(f"run {run_id}: the file artifact.json of its trained model is missing")


class StoredRuns:
    """The finished executions of a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.runs = [run for run in store.executions() if DERIVED_FROM not in run.data.tags]  # not those edited by hand
        self._composed: dict[tuple[str, ...], dict[str, str]] = {}

    def find(self, overrides: Sequence[str], required_metrics: Collection[str]) -> dict[int, StoredRun]:
        """Return, by seed, the newest execution whose configuration is that of `overrides` with its own seed.

        A run matches by its configuration, not by the overrides it was started with. It must have all
        `required_metrics`. A key that did not exist when the run was made counts as its default of today.
        """
        matches: dict[int, StoredRun] = {}
        for run in self.runs:
            seed = int(run.data.params.get("seed", -1))
            if seed < 0 or seed in matches or not set(required_metrics) <= set(run.data.metrics):
                continue
            params = current_keys(run.data.params)
            names = {key: value for key, value in self._parameters(*overrides).items() if key.endswith(".name")}
            # Most runs differ in a name already, which saves composing a configuration for their seed.
            if not _matches(params, names, defaults=self._parameters()):
                continue
            expected = self._parameters(*overrides, f"seed={seed}")
            if _matches(params, expected, defaults=self._parameters(f"seed={seed}")):
                matches[seed] = StoredRun(self.store, run)
        return dict(sorted(matches.items()))

    def _parameters(self, *overrides: str) -> dict[str, str]:
        if overrides not in self._composed:
            values = flatten(compose_config(*overrides).model_dump(by_alias=True))
            self._composed[overrides] = {key: str(value)[:MAX_PARAM_LENGTH] for key, value in values.items()}
        return self._composed[overrides]


def current_keys(params: Mapping[str, str]) -> dict[str, str]:
    """Return a run's parameters under the names that their keys have today."""
    renamed = {}
    for key, value in params.items():
        for old, new in RENAMED_PREFIXES.items():
            if key.startswith(old):
                key = new + key.removeprefix(old)
        renamed[RENAMED_KEYS.get(key, key)] = value
    return renamed


def _matches(params: Mapping[str, str], expected: Mapping[str, str], defaults: Mapping[str, str]) -> bool:
    for key, value in expected.items():
        # The key `name` beside it identifies our own code, whose modules have moved.
        if not key.startswith(MEASURED_GROUPS) or (key.endswith("_target_") and value.startswith("pipeline.")):
            continue
        # The groups inside refine default to the run's groups of the same name.
        default = defaults.get(key, defaults.get(key.removeprefix("refine.")))
        if params.get(key, default) != value:
            return False
    return True
