"""Ask the pipeline in this process what the command line would say, without starting one for each case."""

from copy import deepcopy
from functools import cache

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from pipeline.config import Config
from pipeline.data.source import source_digest
from pipeline.job import explain, typed
from pipeline.paths import conf_dir, register_resolvers
from pipeline.recipe import RECIPE
from pipeline.stages.data import data

GROUPS = {path.name for path in conf_dir().iterdir() if path.is_dir()}


@cache
def composed(*words):
    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose("config", ["output_dir=/nowhere", *words])


def config(*words: str, **values) -> Config:
    """The checked configuration of these words; `values` are keys with `__` for a dot, taken as they are.

    What only sets an existing key is set on a configuration composed before: composing takes most of a test's time.
    """
    choices = [word for word in words if word.partition("=")[0] in GROUPS or word[0] in "+~"]
    parsed = OverridesParser.create().parse_overrides([word for word in words if word not in choices])
    made = deepcopy(composed(*choices))
    set_to = {one.key_or_group: one.value() for one in parsed}
    set_to |= {name.replace("__", "."): value for name, value in values.items()}
    for key, value in set_to.items():
        parent, _, last = key.rpartition(".")
        assert last in (OmegaConf.select(made, parent) if parent else made).keys(), f"{key}: a case of its own table"  # noqa: SIM118
        OmegaConf.update(made, key, value, merge=False)
    return typed(made)


def run(asked: Config, until: str = "explorer") -> dict:
    """Every artifact of the recipe up to a stage, without a store."""
    made: dict = {}
    for step in RECIPE:
        if step.name == "data":
            source_digest(asked.data.source)
        groups = {"config": getattr(asked, step.config[0])} | {name: getattr(asked, name) for name in step.config[1:]}
        given = step.function()(**groups, **{name: made[name] for name in step.takes})
        made |= dict(zip(step.gives, given if isinstance(given, tuple) else (given,), strict=True))
        if step.name == until:
            break
    return made


def read(choice: str, path, **values):
    """Images and labels of `data=choice data.path=path`, as the first stage of a run reads them."""
    asked = config(f"data={choice}", data__path=str(path), **{f"data__{name}": value for name, value in values.items()})
    source_digest(asked.data.source)
    return data(asked.data)


def said(work, *args, **keywords) -> str:
    """The one message that the command line prints for what `work` raises, or nothing if it raises nothing."""
    try:
        work(*args, **keywords)
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        return message
    return ""


def agrees(message: str, expected: str) -> bool:
    """Whether a message is the expected one, of which three dots leave out any part."""
    first, *others = expected.split("…")
    if not message.startswith(first):
        return False
    place = len(first)
    for part in others:
        place = message.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return not others or not others[-1] or message.endswith(others[-1]) if others else message == expected
