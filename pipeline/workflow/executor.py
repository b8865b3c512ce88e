"""Execute the recipe: each artifact is computed once, or loaded from a stored result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from pipeline.artifacts.base import Artifact
from pipeline.config import Config
from pipeline.runtime.observer import SILENT, Observer
from pipeline.workflow.recipe import PRODUCER, Artifacts, Step


class Results(Protocol):
    """Stored results that an executor may reuse and add to."""

    def get_or_compute(self, step: Step, executor: Executor) -> None:
        """Make the step's result available: find it, or let `executor` compute it and store it."""

    def load(self, step: Step, artifact: str) -> Artifact:
        """Return an artifact of a result that is available."""


class Executor:
    """Computes artifacts of the recipe in memory; with `results`, stored results are reused and new ones are stored.

    `precomputed` are artifacts that exist already, such as the images of an array; the steps that produce them do not
    run.
    """

    def __init__(
        self,
        config: Config,
        results: Results | None = None,
        observer: Observer = SILENT,
        precomputed: Mapping[str, Artifact] | None = None,
    ) -> None:
        self.config, self.results, self.observer = config, results, observer
        self._precomputed = frozenset(precomputed or {})
        self._artifacts: dict[str, Artifact] = dict(precomputed or {})

    def run(self, steps: Iterable[Step]) -> None:
        """Make the results of the steps available, in the order given.

        A stored artifact leaves the memory once none of the steps that follow needs it.
        """
        steps = list(steps)
        for index, step in enumerate(steps):
            self._get_or_compute(step)
            if self.results is not None:
                needed = self._precomputed.union(*(later.inputs for later in steps[index + 1 :]))
                self._artifacts = {name: value for name, value in self._artifacts.items() if name in needed}

    def load(self, artifact: str) -> Any:
        """Return an artifact: from memory, from a stored result, or computed now."""
        if artifact not in self._artifacts:
            step = PRODUCER[artifact]
            self._get_or_compute(step)
            if artifact not in self._artifacts and self.results is not None:
                self._artifacts[artifact] = self.results.load(step, artifact)
        return self._artifacts[artifact]

    def load_inputs(self, step: Step) -> Artifacts:
        """Return the input artifacts of a step."""
        return Artifacts(**{name: self.load(name) for name in step.inputs})

    def compute(self, step: Step, observer: Observer) -> dict[str, Artifact]:
        """Run a step's function and return its output artifacts, which stay in memory too."""
        result = step.compute(self.config, self.load_inputs(step), observer)
        outputs = dict(zip(step.outputs, result if isinstance(result, tuple) else (result,), strict=True))
        self._artifacts |= outputs
        return outputs

    def _get_or_compute(self, step: Step) -> None:
        if self.results is not None:
            self.results.get_or_compute(step, self)
        elif not set(step.outputs) <= set(self._artifacts):
            self.compute(step, self.observer)
