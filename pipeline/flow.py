"""Carry out the recipe: what is stored is reused, what is missing is computed, each result is stored once."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts.base import Artifact
from pipeline.build import find
from pipeline.config import Config
from pipeline.console import Console, StageObserver
from pipeline.data.source import source_digest
from pipeline.fingerprint import fingerprint
from pipeline.memory import PeakMemory
from pipeline.recipe import MAKER, RECIPE, TYPES, Step, upstream
from pipeline.tracking import Result, Run, Store


@dataclass(frozen=True)
class Outcome:
    """What became of a stage: its stored result, and what it cost this time."""

    result: Result
    seconds: float
    reused: bool
    peak_mib: float


class Flow:
    """One execution's way through the recipe."""

    def __init__(self, config: Config, store: Store, execution: Run, console: Console) -> None:
        self.config, self.store, self.execution, self.console = config, store, execution, console
        self.outcomes: dict[str, Outcome] = {}
        self._loaded: dict[str, Artifact] = {}
        self._fingerprints: dict[str, str] = {}

    def run(self, names: list[str]) -> None:
        """Obtain the named stages, in the recipe's order, and name what they stem from as far as it is stored."""
        asked = [step for step in RECIPE if step.name in names]
        for step in asked:
            self.obtain(step)
        # A stage that was reused did not ask for what is upstream of it; whoever uses this run later may.
        passed = set[Step]().union(*(upstream(step) for step in asked))
        for step in sorted(passed, key=RECIPE.index):
            found = None if step.name in self.outcomes else self._find(self.fingerprint(step))
            if found is not None:
                self.outcomes[step.name] = Outcome(found, 0.0, True, 0.0)

    def fingerprint(self, step: Step) -> str:
        """What identifies this step's result; known before anything is computed."""
        if step.name not in self._fingerprints:
            inputs = {artifact: self.fingerprint(MAKER[artifact]) for artifact in step.takes}
            source = source_digest(self.config.data.source) if step.name == "data" else ""
            self._fingerprints[step.name] = fingerprint(step.name, self._slice(step), inputs, source)
        return self._fingerprints[step.name]

    def _slice(self, step: Step) -> dict[str, Any]:
        return {group: getattr(self.config, group).model_dump(by_alias=True) for group in step.config}

    def obtain(self, step: Step) -> Outcome:
        """Return the step's outcome: found in the store, or computed now while others who want it wait."""
        if step.name in self.outcomes:
            return self.outcomes[step.name]
        started = time.perf_counter()
        identity = self.fingerprint(step)
        found = self._find(identity)
        if found is None:
            inputs = {artifact: self.load(artifact) for artifact in step.takes}
            with self.store.lock(identity, self.console):
                found = self._find(identity)
                if found is None:
                    try:
                        return self._keep(step, self._compute(step, identity, inputs))
                    except Exception as error:
                        error.add_note(f"in stage {step.name}")  # for the one line that says what is wrong, or a trace
                        raise
        return self._keep(step, Outcome(found, time.perf_counter() - started, True, 0.0))

    def _find(self, identity: str) -> Result | None:
        return self.store.find(identity, self.console) if self.config.tracking.reuse else None

    def _keep(self, step: Step, outcome: Outcome) -> Outcome:
        self.outcomes[step.name] = outcome
        self.store.clear_scratch(self.fingerprint(step))
        self.console.stage_done(step.name, outcome.seconds, outcome.reused, outcome.peak_mib)
        return outcome

    def load(self, artifact: str) -> Any:
        """Return an artifact, from memory or from its stage's stored result."""
        if artifact not in self._loaded:
            outcome = self.obtain(MAKER[artifact])
            if artifact not in self._loaded:
                kind: type[Artifact] = find(TYPES[artifact], artifact)
                self._loaded[artifact] = kind.load(outcome.result.folder / artifact)
        return self._loaded[artifact]

    def _compute(self, step: Step, identity: str, inputs: dict[str, Any]) -> Outcome:
        groups = {"config": getattr(self.config, step.config[0])}
        groups |= {group: getattr(self.config, group) for group in step.config[1:]}
        # To use nothing from before is to use no half of it either.
        scratch = self.store.scratch(identity) if self.config.tracking.reuse else None
        with (
            self.execution.stage(step.name, identity, self._slice(step)) as run,
            self.console.stage(step.name, run.log_metrics, scratch) as observer,
            PeakMemory() as peak,
        ):
            started = time.perf_counter()
            made = step.function()(**groups, **inputs, observer=observer)
            seconds = time.perf_counter() - started
            artifacts = dict(zip(step.gives, made if isinstance(made, tuple) else (made,), strict=True))
            self._loaded |= artifacts
            result = self._store(run, artifacts, seconds, peak.mib, observer)
            if self.config.tracking.models:
                run.log_models(step.name, self.load)
        return Outcome(result, seconds, False, peak.mib)

    def _store(
        self, run: Run, artifacts: dict[str, Artifact], seconds: float, peak: float, observer: StageObserver
    ) -> Result:
        metrics = {"seconds": seconds, "peak_mib": peak}
        for artifact in artifacts.values():
            metrics |= artifact.metrics()
        with tempfile.TemporaryDirectory() as folder:
            for name, artifact in artifacts.items():
                artifact.save(Path(folder) / name)
            for place, note in enumerate(observer.notes):
                run.tag({f"note.{place}": note})
            for title, rows in observer.tables.items():
                run.log_table(title, rows)
            return run.store_result(Path(folder), metrics)
