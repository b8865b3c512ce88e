"""Compose configurations and run the recipe in this process, much faster than one command per case."""

import re
from pathlib import Path
from typing import Any

from pipeline.artifacts import Images, Labels
from pipeline.cli.errors import explain_error
from pipeline.config import Config
from pipeline.config.compose import to_config
from pipeline.config.instantiate import import_target
from pipeline.data.source import source_digest
from pipeline.runtime.observer import RunObserver
from pipeline.stages.data import data
from pipeline.workflow.executor import Executor
from pipeline.workflow.plan import plan
from pipeline.workflow.recipe import RECIPE, STEPS
from tests.compositions import compose_cached, compose_quickly


def validate(*overrides: str) -> None:
    """Compose and validate as a job does: overrides, values, and the names of the stages."""
    plan(to_config(compose_cached(*overrides)))


def compose(*overrides: str, **values: Any) -> Config:
    """Return the validated configuration of these overrides; `values` are keys with `__` for a dot.

    Composing takes most of a test's time. A key that does not exist is a KeyError; test it with `validate`.
    """
    return to_config(compose_quickly(overrides, {name.replace("__", "."): value for name, value in values.items()}))


def run_recipe(config: Config, until: str = "explorer") -> Executor:
    """Run the recipe without a store up to a stage; the executor returned holds the artifacts."""
    source_digest(
        import_target(config.data.target, "data._target_"), config.data.arguments()
    )  # a run checks the path before it reads
    executor = Executor(config)
    executor.run(RECIPE[: RECIPE.index(STEPS[until]) + 1])
    return executor


def read_data(choice: str, path: Path | str, **values: Any) -> tuple[Images, Labels]:
    """Return the images and labels of `data=choice data.path=path`, as the first stage of a run reads them."""
    config = compose(f"data={choice}", data__path=str(path), **{f"data__{key}": value for key, value in values.items()})
    source_digest(import_target(config.data.target, "data._target_"), config.data.arguments())
    return data(config.data)


def error_message(function: Any, *args: Any, **kwargs: Any) -> str:
    """Return the message that the command line prints for what `function` raises, or "" if it raises nothing."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        message = explain_error(error)
        if message is None:
            raise
        return message
    return ""


def matches(message: str, pattern: str) -> bool:
    """Return whether a message equals `pattern`, in which `…` stands for any text."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), message, re.DOTALL) is not None


class EventLog(RunObserver):
    """Keeps the lines that a run prints, and the names of the stages that it reports as finished."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.finished_stages: list[str] = []

    def message(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.lines.append(text)

    def stage_finished(self, name: str, seconds: float, reused: bool, peak_mib: float) -> None:
        self.finished_stages.append(name)
