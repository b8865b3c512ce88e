"""A run derived from a finished one: an action's artifacts in place of some stages' results, then the later stages."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pipeline.pages.formats import format_number
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import DERIVED_FROM, Store, flatten
from pipeline.workflow.action_result import ActionResult, Change
from pipeline.workflow.execution_record import record_execution, run_tags
from pipeline.workflow.executor import Executor
from pipeline.workflow.fingerprint import fingerprint
from pipeline.workflow.finished_runs import FinishedRun
from pipeline.workflow.recipe import PRODUCER, RECIPE, STEPS, ancestors
from pipeline.workflow.stored_results import StoredResults

SCORES = ("k", "coverage", "train/accuracy_score", "train/purity_score", "train/nmi_score", "train/silhouette_score",
          "test/accuracy_score")  # fmt: skip
"""Scores that are shown before and after."""


@dataclass(frozen=True)
class DerivedRun:
    """A finished execution that was derived from another, as the result of the action that derived it.

    `inner` is the action's own result, `before` and `after` are the metrics of both runs, `pages` those of the new one.
    """

    inner: ActionResult
    run_id: str
    before: dict[str, float]
    after: dict[str, float]
    pages: dict[str, Path]

    def save(self, folder: Path) -> list[str]:
        """Write the files of the action; those of the run are written already."""
        return self.inner.save(folder)

    def metrics(self) -> dict[str, float]:
        """Return the numbers of the action, and the scores of the new run."""
        scores = {name: self.after[name] for name in SCORES if name in self.after}
        return self.inner.metrics() | scores

    def summary_lines(self) -> list[str]:
        """Return the lines of the action, the scores before and after, and where the new run is."""
        lines = self.inner.summary_lines()
        for name in SCORES:
            if name in self.before and name in self.after:
                write = "{:,.0f}".format if name == "k" else format_number
                before, after = (write(values[name]) for values in (self.before, self.after))
                lines.append(f"{name:<22} {before} → {after}")
        lines.append(f"new run  {self.run_id}")
        return lines + [f"{name:<9}{page}" for name, page in self.pages.items()]


@dataclass(frozen=True)
class Deriver:
    """Derives runs; their summaries and pages are written to `folder`."""

    store: Store
    folder: Path
    overrides: list[str]

    def derive(self, base: FinishedRun, change: Change, inner: ActionResult) -> DerivedRun:
        """Return a new finished run with the results of `base`, changed, and the stages of `base` that depend on them.

        `inner` is the result of the action that made the change.
        The run's configuration is that of `base`; its tag DERIVED_FROM and its summary name `base`.
        """
        started = time.perf_counter()
        config = base.config.model_copy(update={"tracking": self.store.config})
        tags = run_tags(config, self.overrides) | {DERIVED_FROM: base.run_id}
        name = f"{base.name} · {change.action}"
        with self.store.run("execution", name, tags=tags) as run:
            run.log_params(flatten(config.model_dump(by_alias=True)))
            results = StoredResults(config, self.store, run, RunObserver())
            executor = Executor(config, results, precomputed=change.artifacts)
            changed = {PRODUCER[artifact].name for artifact in change.artifacts}
            stages = [step for step in RECIPE if step.name in base.summary["stages"]]
            dependent = [step for step in stages if changed & {ancestor.name for ancestor in ancestors(step)}]
            later = [step for step in dependent if step.name not in change.unchanged]
            for step in stages:
                if step.name in changed or step not in later:
                    self._take(base, step.name, results)
            for step in stages:
                if step.name in changed:
                    artifacts = {artifact: executor.load(artifact) for artifact in step.outputs}
                    identity = fingerprint(change.action, change.settings, {step.name: results.fingerprint(step)})
                    results.add(step, identity, change.settings, artifacts, executor.load)
            executor.run(step for step in later if step.name not in changed)
            facts = {"derived": {"action": change.action, "from": base.run_id, **change.settings}}
            summary, pages = record_execution(results, self.folder, started, facts)
        return DerivedRun(inner, run.id, base.metrics, summary["metrics"], pages)

    def _take(self, base: FinishedRun, stage: str, results: StoredResults) -> None:
        """Make a stage's result in `base` that of the new run."""
        stored = self.store.identified_result(base.summary["stages"][stage]["run_id"])
        if stored is None:
            raise UserError(
                f"run: the result of {stage} in {base.run_id} is damaged or missing; run the same command again"
            )
        results.use(STEPS[stage], *stored)
