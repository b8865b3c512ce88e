"""Keys of earlier versions and those that replaced them, for messages and for the configurations of stored runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RENAMED_KEYS = {
    "train.consistency": "barlow_twins_weight",
    "refine.forgiveness": "gce_q",
    "refine.starts": "n_init",
    "refine.update_every": "update_interval",
    "refine.tolerance": "tol",
    "baselines.starts": "n_init",
    "baselines.most_dimensions": "max_dimensions",
    "how_many.smallest": "k_min",
    "how_many.largest": "k_max",
    "how_many.starts": "n_init",
    "how_many.most_dimensions": "max_dimensions",
    "project.first": "max_points",
    "stability.bootstrap": "subsample",
    "shards.tolerance": "tol",
    "shards.iterations": "max_iter",
}
"""The name in its group that replaced a key."""


def current_key(key: str) -> str | None:
    """Return the key that replaced `key`, or None if it was not renamed."""
    return f"{key.partition('.')[0]}.{RENAMED_KEYS[key]}" if key in RENAMED_KEYS else None


def with_current_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration whose keys may be those of an earlier version, with the current keys in the same order."""
    return {
        group: {RENAMED_KEYS.get(f"{group}.{key}", key): value for key, value in settings.items()}
        if isinstance(settings, Mapping)
        else settings
        for group, settings in values.items()
    }
