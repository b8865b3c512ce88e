"""Compose configurations quickly: each choice of groups is composed once, and keys are set on a copy of it."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from pipeline.config.compose import compose_values
from pipeline.runtime.paths import conf_dir

GROUPS = {path.name for path in conf_dir().iterdir() if path.is_dir()}


@cache
def compose_cached(*overrides: str) -> DictConfig:
    """Return the composed values, not yet validated; callers must not change them."""
    return compose_values("output_dir=/nowhere", *overrides)


def compose_quickly(overrides: Sequence[str], values: Mapping[str, Any] | None = None) -> DictConfig:
    """Return the composed values of overrides and of further keys, not yet validated.

    Overrides that only set an existing key are set on a copy of a configuration composed before; those that select a
    file, or add or delete a key, are composed.

    Raises:
        KeyError: an override sets a key that does not exist.
    """
    composed = [text for text in overrides if text.partition("=")[0] in GROUPS or text[0] in "+~"]
    parsed = OverridesParser.create().parse_overrides([text for text in overrides if text not in composed])
    config = deepcopy(compose_cached(*composed))
    settings = {override.key_or_group: override.value() for override in parsed} | dict(values or {})
    for key, value in settings.items():
        parent, _, last = key.rpartition(".")
        group = OmegaConf.select(config, parent) if parent else config
        if not OmegaConf.is_dict(group) or last not in group.keys():  # noqa: SIM118  # `in` misses mandatory keys
            raise KeyError(key)
        OmegaConf.update(config, key, value, merge=False)
    return config
