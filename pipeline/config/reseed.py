"""The same configuration with other seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pipeline.config.base import Group
from pipeline.config.clustering import Cluster

G = TypeVar("G", bound=Group)


def reseed(group: G, offset: int) -> G:
    """Return a copy of the group with `offset` added to its seed, modulo 2³².

    The seeds of groups in the group, such as the clusterer of self-training, and those in a clusterer's table change
    likewise.
    """
    changes: dict[str, Any] = {}
    if "seed" in group.model_fields_set and hasattr(group, "seed"):  # a default seed is no argument of the target
        changes["seed"] = (group.seed + offset) % 2**32
    if isinstance(group, Cluster):
        changes["estimator"] = _reseed_estimator(group.estimator, offset)
    nested = {name: value for name, value in group if isinstance(value, Group)}
    changes |= {name: reseed(value, offset) for name, value in nested.items()}
    return group.model_copy(update=changes)


def _reseed_estimator(value: Any, offset: int) -> Any:
    """The table with `offset` added to every `random_state` in it, scikit-learn's name for a seed."""
    if isinstance(value, list):
        return [_reseed_estimator(item, offset) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: (item + offset) % 2**32
        if key == "random_state" and isinstance(item, int)
        else _reseed_estimator(item, offset)
        for key, item in value.items()
    }


def is_random(cluster: Cluster) -> bool:
    """Return whether another seed may give other clusters."""
    draws = cluster.fit_size is not None or cluster.swaps > 0 or cluster.start == "latents" or cluster.islands
    return draws or _reseed_estimator(cluster.estimator, 1) != cluster.estimator
