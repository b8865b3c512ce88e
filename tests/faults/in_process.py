"""Compose configurations and run the recipe in this process, much faster than one command per case."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from pipeline.artifacts import Images, Labels
from pipeline.cli.errors import explain_error
from pipeline.config import Config
from pipeline.config.compose import compose_values, to_config
from pipeline.data.source import source_digest
from pipeline.runtime.observer import RunObserver
from pipeline.runtime.paths import conf_dir
from pipeline.stages.data import data
from pipeline.workflow.executor import Executor
from pipeline.workflow.plan import plan
from pipeline.workflow.recipe import RECIPE, STEPS

GROUPS = {path.name for path in conf_dir().iterdir() if path.is_dir()}


@cache
def compose_cached(*overrides: str) -> DictConfig:
    """Return the composed values, not yet validated; callers must not change them."""
    return compose_values("output_dir=/nowhere", *overrides)


def validate(*overrides: str) -> None:
    """Compose and validate as a job does: overrides, values, and the names of the stages."""
    plan(to_config(compose_cached(*overrides)))


def compose(*overrides: str, **values: Any) -> Config:
    """Return the validated configuration of these overrides; `values` are keys with `__` for a dot.

    Composing takes most of a test's time. Overrides that only set an existing key are therefore set on a copy of
    a configuration composed before; those that select a file, or add or delete a key, are composed.
    """
    composed = [text for text in overrides if text.partition("=")[0] in GROUPS or text[0] in "+~"]
    parsed = OverridesParser.create().parse_overrides([text for text in overrides if text not in composed])
    config = deepcopy(compose_cached(*composed))
    settings = {override.key_or_group: override.value() for override in parsed}
    settings |= {name.replace("__", "."): value for name, value in values.items()}
    for key, value in settings.items():
        parent, _, last = key.rpartition(".")
        group = OmegaConf.select(config, parent) if parent else config
        assert last in list(group), f"{key} does not exist; test it with `validate`"
        OmegaConf.update(config, key, value, merge=False)
    return to_config(config)


def run_recipe(config: Config, until: str = "explorer") -> Executor:
    """Run the recipe without a store up to a stage; the executor returned holds the artifacts."""
    source_digest(config.data.arguments())  # a run checks the path before it reads
    executor = Executor(config)
    executor.run(RECIPE[: RECIPE.index(STEPS[until]) + 1])
    return executor


def read_data(choice: str, path: Path | str, **values: Any) -> tuple[Images, Labels]:
    """Return the images and labels of `data=choice data.path=path`, as the first stage of a run reads them."""
    config = compose(f"data={choice}", data__path=str(path), **{f"data__{key}": value for key, value in values.items()})
    source_digest(config.data.arguments())
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
