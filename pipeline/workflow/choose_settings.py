"""Try several settings, and keep those with the highest expected accuracy, which needs no labels."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.config import Config
from pipeline.config.compose import compose_config
from pipeline.runtime.errors import UserError
from pipeline.runtime.garbage_collection import free_memory
from pipeline.workflow.executor import Executor

OWN_SETTINGS = "the run's own settings"

MARGIN = 0.02
"""The run's own settings stay unless others have an expected accuracy that is higher by more than this."""

UMAP = "pipeline.embedding.methods.umap"
"""The manifold on which the accuracy can be expected."""

NOT_COMPARABLE = (
    "auto.settings: settings are compared by their expected accuracy, which needs manifold=umap, a clusterer without "
    "noise, and baselines.sample above 0"
)


class MessageObserver(Protocol):
    """Receives lines of text; the observers of runs and of stages do."""

    def message(self, text: str) -> None:
        """Receive a line."""


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, in words in addition to the run's own, with their scores and the seconds they took.

    Settings without an expected accuracy were left out; `reason` says why. The accuracy, where labels are known, is
    only shown.
    """

    settings: str
    seconds: float
    expected_accuracy: float | None = None
    accuracy: float | None = None
    k: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        """Return a line of the terminal."""
        if self.expected_accuracy is None:
            return f"{self.settings}: left out, {self.reason}"
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.3f}"
        return f"{self.settings}: expected accuracy {self.expected_accuracy:.3f}{accuracy}, {self.seconds:.0f} s"


def choose_settings(
    config: Config, overrides: Sequence[str], make_executor: Callable[[Config], Executor], observer: MessageObserver
) -> tuple[Executor, list[Trial]]:
    """Return the executor of `config` or of the best settings in `config.auto`, and the trials, the best first.

    The run's own settings, which `overrides` compose, are tried first; the others are tried in addition to them. The
    settings with the highest expected accuracy are kept, but the run's own stay if theirs is lower by at most `MARGIN`.
    Settings that the images or the installation do not permit are left out. No labels take part. If `config.auto`
    names no settings, nothing is tried.

    Raises:
        UserError: one of the settings is wrong, or the run's own expected accuracy is not known.
    """
    if not config.auto.settings:
        return make_executor(config), []
    candidates = {settings: _compose(overrides, settings) for settings in config.auto.settings}
    if config.manifold.target != UMAP or not config.baselines.sample:
        raise UserError(NOT_COMPARABLE)  # before anything is computed
    minutes, started = config.auto.minutes, time.perf_counter()
    observer.message(f"auto     other settings: {len(candidates)}; none is started after auto.minutes = {minutes:g}")
    best_executor = make_executor(config)
    best = _try(best_executor, OWN_SETTINGS)
    if best.expected_accuracy is None:
        raise UserError(best.reason)
    observer.message(f"auto     {best}")
    trials = [best]
    for settings, candidate in candidates.items():
        if time.perf_counter() - started > 60 * minutes:
            observer.message(f"auto     {settings}: not tried, the time is over")
            continue
        observer.message(f"auto     {settings} …")
        executor = make_executor(candidate)
        trial = _try(executor, settings)
        observer.message(f"auto     {trial}")
        trials.append(trial)
        if is_better(trial.expected_accuracy, best):
            best_executor, best = executor, trial
        free_memory()
    observer.message(f"auto     keeps {best.settings}")
    return best_executor, sorted(trials, key=lambda trial: trial is not best)


def is_better(expected_accuracy: float | None, best: Trial) -> bool:
    """Return whether settings with this expected accuracy replace the best so far."""
    margin = MARGIN if best.settings == OWN_SETTINGS else 0.0
    return expected_accuracy is not None and expected_accuracy > (best.expected_accuracy or 0.0) + margin


def _compose(overrides: Sequence[str], settings: str) -> Config:
    try:
        return compose_config(*overrides, *shlex.split(settings))
    except (UserError, ValueError) as error:  # quotes that are not closed
        raise UserError(f"auto.settings: {settings!r} is wrong: {error}") from error


def _try(executor: Executor, settings: str) -> Trial:
    """Compute the scores of an executor's configuration, or find out why this is not possible."""
    started = time.perf_counter()
    try:
        has_colour = executor.load("images").shape[2] == 3
        if executor.config.model.ignores_colour and not has_colour:
            raise UserError("the images have no colour that could be ignored")
        scores = executor.load("scores").values
    except UserError as error:
        return Trial(settings, time.perf_counter() - started, reason=str(error))
    seconds = time.perf_counter() - started
    expected = scores.get("train/expected_accuracy")
    if expected is None:
        return Trial(settings, seconds, reason=NOT_COMPARABLE)
    return Trial(settings, seconds, expected, scores.get("train/accuracy_score"), int(scores["k"]))
