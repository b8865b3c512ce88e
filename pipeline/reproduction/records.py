"""Find the finished runs that are what some command-line words ask for, and read what they measured."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.config import Config
from pipeline.tracking import Store, flatten

DECIDING = ("data.", "model.", "train.", "refine.", "manifold.", "cluster.")
"""The groups that decide what is measured here; others only draw, report or keep."""

TRAINED = ("pretrained", "autoencoder")
"""What the stage train gives, and what it gave before there was a refinement; such runs count as they are."""


def compose(words: Sequence[str]) -> Config:
    """Return the checked configuration that command-line words compose, as `python -m pipeline` would."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    from pipeline.job import typed
    from pipeline.paths import conf_dir, register_resolvers

    register_resolvers()
    # At the end of a sweep Hydra is running already; it steps aside for as long as this takes.
    one = GlobalHydra.instance()
    running, one.hydra = one.hydra, None
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return typed(hydra_compose("config", list(words)))
    finally:
        GlobalHydra.instance().hydra = running


@dataclass(frozen=True)
class Record:
    """One finished execution: its metrics, and what its stages left, whichever execution computed them."""

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
        """The id of the run that computed a stage."""
        return str(self.run.data.tags[f"stage.{stage}"]).partition(" ")[0]

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds that each stage took where it was computed."""
        stages = [tag.removeprefix("stage.") for tag in self.run.data.tags if tag.startswith("stage.")]
        return {
            stage: float(self.store.client.get_run(self.stage_run(stage)).data.metrics["seconds"]) for stage in stages
        }

    @cached_property
    def autoencoder(self) -> dict[str, Any]:
        """The trained model's facts: `history`, a row of metrics an epoch, and `summary`, a row a layer."""
        run = self.stage_run("train")
        for name in TRAINED:
            with suppress(OSError):
                facts: dict[str, Any] = json.loads(self.store.local(run, f"result/{name}/artifact.json").read_text())
                return facts
        raise OSError(f"run {run} has lost its trained model's facts")


class Records:
    """The finished executions of a store."""

    def __init__(self, store: Store) -> None:
        self.store, self.runs = store, store.executions()
        self._expected: dict[tuple[str, ...], dict[str, str]] = {}

    def of(self, words: Sequence[str], needs: Collection[str]) -> dict[int, Record]:
        """Return, by seed, the newest execution of what `words` compose with that seed that measured `needs`.

        A run counts by its configuration, not by the words it was started with: one that was shortened on the command
        line is not taken. A key that is newer than a run had, in effect, its default of today.
        """
        found: dict[int, Record] = {}
        for run in self.runs:
            params, seed = run.data.params, int(run.data.params.get("seed", -1))
            if seed >= 0 and seed not in found and set(needs) <= set(run.data.metrics):
                expected, today = self._composed((*words, f"seed={seed}")), self._composed((f"seed={seed}",))
                deciding = {key: value for key, value in expected.items() if key.startswith(DECIDING)}
                # A refinement's own groups follow the run's of the same name.
                default = {key: today.get(key, today.get(key.removeprefix("refine."))) for key in deciding}
                if all(params.get(key, default[key]) == value for key, value in deciding.items()):
                    found[seed] = Record(self.store, run)
        return dict(sorted(found.items()))

    def _composed(self, words: tuple[str, ...]) -> dict[str, str]:
        if words not in self._expected:
            values = flatten(compose(words).model_dump(by_alias=True))
            # The tracking store keeps text of at most this length.
            self._expected[words] = {key: str(value)[:6000] for key, value in values.items()}
        return self._expected[words]
