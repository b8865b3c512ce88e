"""The results of one run in the store: found by fingerprint, or computed once and stored."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts.base import Artifact
from pipeline.config import Config
from pipeline.config.instantiate import import_target
from pipeline.data.source import source_digest
from pipeline.runtime.errors import first_line
from pipeline.runtime.file_digest import file_digest
from pipeline.runtime.garbage_collection import return_memory
from pipeline.runtime.memory import PeakMemory
from pipeline.runtime.observer import RunObserver, StageObserver
from pipeline.tracking import Result, Run, Store
from pipeline.workflow.executor import Executor
from pipeline.workflow.fingerprint import fingerprint
from pipeline.workflow.former_results import explain_recomputation
from pipeline.workflow.model_logging import Load, log_models
from pipeline.workflow.recipe import PRODUCER, RECIPE, Step, ancestors, artifact_type


@dataclass(frozen=True)
class Outcome:
    """The stored result of a stage, and what it cost in this run."""

    result: Result
    seconds: float
    reused: bool
    peak_mib: float


Check = Callable[[Step, Executor], None]


class StoredResults:
    """Looks up the results of a configuration in the store; new ones become child runs of `execution`.

    `checks` are called in their order before a step is computed, and may refuse it by an exception.
    """

    def __init__(
        self, config: Config, store: Store, execution: Run, observer: RunObserver, checks: Sequence[Check] = ()
    ) -> None:
        self.config, self.store, self.execution, self.observer = config, store, execution, observer
        self.checks = checks
        self.outcomes: dict[str, Outcome] = {}
        self._fingerprints: dict[str, str] = {}
        self._is_explained = False

    def use(self, step: Step, fingerprint: str, result: Result) -> None:
        """Take a stored result for a step's, whatever the configuration says; later steps start from it."""
        self._fingerprints[step.name] = fingerprint
        self.outcomes[step.name] = Outcome(result, 0.0, True, 0.0)

    def add(
        self, step: Step, identity: str, settings: Mapping[str, Any], artifacts: dict[str, Artifact], load: Load
    ) -> None:
        """Store artifacts that no stage of the recipe computed as the result of a step; later steps start from it.

        `identity` is their fingerprint, `settings` are logged, and `load` returns the run's artifacts by name.
        """
        started = time.perf_counter()
        with self.store.stage_run(self.execution.id, step.name, identity, settings) as run:
            observer = StageObserver()
            result = self._store(run, artifacts, 0.0, 0.0, observer)
            self.use(step, identity, result)
            if self.config.tracking.models:
                _try_to_log_models(run, step.name, load, observer)
        self.outcomes[step.name] = Outcome(result, time.perf_counter() - started, False, 0.0)

    def fingerprint(self, step: Step) -> str:
        """Return what identifies the step's result; it is known before anything is computed."""
        if step.name not in self._fingerprints:
            inputs = {artifact: self.fingerprint(PRODUCER[artifact]) for artifact in step.inputs}
            self._fingerprints[step.name] = fingerprint(step.name, self._settings(step), inputs, self._source(step))
        return self._fingerprints[step.name]

    def _source(self, step: Step) -> str:
        """What identifies the files that a step reads itself: the data set's, or those of a pretrained encoder."""
        if "data" in step.groups:
            return source_digest(import_target(self.config.data.target, "data._target_"), self.config.data.arguments())
        return " ".join(map(file_digest, self.config.model.files)) if "model" in step.groups else ""

    def get_or_compute(self, step: Step, executor: Executor) -> None:
        """Find the step's result, or compute and store it while other processes that want it wait."""
        if step.name in self.outcomes:
            return
        started = time.perf_counter()
        result = self._find(step)
        if result is None:
            executor.load_inputs(step)
            self._explain_recomputation(step)
            with self.store.lock(self.fingerprint(step), self.observer):
                result = self._find(step)
                if result is None:
                    for check in self.checks:
                        check(step, executor)
                    self._finish(step, self._compute(step, executor))
                    return
        self._finish(step, Outcome(result, time.perf_counter() - started, True, 0.0))

    def load(self, step: Step, artifact: str) -> Artifact:
        """Read an artifact of a step whose result is available."""
        return artifact_type(artifact).load(self.outcomes[step.name].result.folder / artifact)

    def find_ancestors(self, steps: list[Step]) -> None:
        """Look up the stored results of all ancestors of `steps`, so that the run refers to them.

        A stage whose result is reused does not look up its inputs, but whoever uses this run later may.
        """
        missing = set[Step]().union(*(ancestors(step) for step in steps))
        for step in sorted(missing, key=RECIPE.index):
            result = None if step.name in self.outcomes else self._find(step)
            if result is not None:
                self.outcomes[step.name] = Outcome(result, 0.0, True, 0.0)

    def _settings(self, step: Step) -> dict[str, Any]:
        return {group: getattr(self.config, group).model_dump(by_alias=True) for group in step.groups}

    def _find(self, step: Step) -> Result | None:
        return self.store.find(self.fingerprint(step), self.observer) if self.config.tracking.reuse else None

    def _explain_recomputation(self, step: Step) -> None:
        """Say once why the first stage that has no stored result is computed although one of its settings exists."""
        if self._is_explained or not self.config.tracking.reuse:
            return
        self._is_explained = True
        reason = explain_recomputation(self.config, step, self.fingerprint(step), self.store)
        if reason is not None:
            self.observer.warning(f"  note: {reason}")

    def _finish(self, step: Step, outcome: Outcome) -> None:
        self.outcomes[step.name] = outcome
        self.store.clear_scratch(self.fingerprint(step))
        if not outcome.reused:
            return_memory()
        self.observer.stage_finished(step.name, outcome.seconds, outcome.reused, outcome.peak_mib)

    def _compute(self, step: Step, executor: Executor) -> Outcome:
        identity = self.fingerprint(step)
        # Without reuse, checkpoints of an earlier attempt must not be used either.
        scratch = self.store.scratch(identity) if self.config.tracking.reuse else None
        with (
            self.store.stage_run(self.execution.id, step.name, identity, self._settings(step)) as run,
            self.observer.stage(step.name, run.log_metrics, scratch) as observer,
            PeakMemory() as peak,
        ):
            started = time.perf_counter()
            try:
                artifacts = executor.compute(step, observer)
            except Exception as error:
                error.add_note(f"in stage {step.name}")  # named in the error message
                raise
            seconds = time.perf_counter() - started
            result = self._store(run, artifacts, seconds, peak.mib, observer)
            if self.config.tracking.models:
                _try_to_log_models(run, step.name, executor.load, observer)
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
            if observer.notes:
                run.tag({f"note.{index}": note for index, note in enumerate(observer.notes)})
            for title, rows in observer.tables.items():
                run.log_table(title, rows)
            return self.store.store_result(run, Path(folder), metrics)


def _try_to_log_models(run: Run, stage: str, load: Load, observer: StageObserver) -> None:
    """Log the models of a stage; a failure is noted, because the result of the stage is stored already."""
    try:
        log_models(run, stage, load)
    except Exception as error:  # of MLflow, its server, or the disk
        reason = first_line(error)
        note = f"the result of {stage} is stored, but its MLflow models could not be logged: {reason}"
        observer.note(note)
        with suppress(Exception):  # the server may not answer
            run.tag({"note.models": note})
