"""What is repeated: the configurations of a run's repeats. Each is the run with other seeds and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pipeline.config import Cluster, Config, Group, Stability

G = TypeVar("G", bound=Group)

REDRAWN = {
    "clusterer": ("cluster",),
    "manifold": ("manifold", "cluster"),
    "autoencoder": ("train", "neighbors", "manifold", "cluster"),
}
"""The groups that get another seed when a source is repeated: its own and those after it."""

BOOTSTRAP = "bootstrap"
"""The clusterer on a part of the images, beside the three sources above."""


def plan(config: Config, asked: Stability, n: int) -> tuple[dict[str, list[Config]], list[str]]:
    """Return the repeats' configurations by source, from the narrowest to the widest, and what must be said of them.

    `config` is the run's; repeat r has its seed + r, r from 1 on, so that more repeats reuse the fewer. `n` images
    are fitted. For the bootstrap the clusterer is fitted on a random share of them, drawn without replacement, and the
    others are assigned. Source: Hennig, "Cluster-wise assessment of cluster stability", 2007 (subsetting).
    """
    found: dict[str, list[Config]] = {}
    notes = []
    for source in (source for source in REDRAWN if source in asked.sources):
        found[source] = [reseeded(config, REDRAWN[source], repeat) for repeat in range(1, asked.repeats + 1)]
        if source != "clusterer" or not asked.bootstrap:
            continue
        size = round(asked.bootstrap * min(n, config.cluster.fit_size or n))
        if config.cluster.graph != "none" or size < 2:
            notes.append(f"no {BOOTSTRAP}: {config.cluster.name} cannot be fitted on {size:,} of {n:,} images")
            continue
        notes.append(f"{BOOTSTRAP}: the clusterer is fitted on {size:,} of {n:,} images, drawn without replacement")
        if config.cluster.k is None:
            notes.append(f"{BOOTSTRAP}: settings of {config.cluster.name} that count images mean more on a part")
        found[BOOTSTRAP] = [
            one.model_copy(update={"cluster": one.cluster.model_copy(update={"fit_size": size})})
            for one in found[source]
        ]
    if "clusterer" in found and not draws(config.cluster):
        notes.append(f"{config.cluster.name} draws nothing at random: with another seed it is the same")
    return found, notes


def reseeded(config: Config, groups: tuple[str, ...], by: int) -> Config:
    """Return the configuration with the seeds of these groups `by` higher, those within a clusterer's table too."""
    return config.model_copy(update={name: redrawn(getattr(config, name), by) for name in groups})


def redrawn(group: G, by: int) -> G:
    """Return a group of settings with its seed `by` higher, and those within a clusterer's table."""
    changes: dict[str, Any] = {}
    if "seed" in group.model_fields_set and hasattr(group, "seed"):  # a function that takes no seed was given none
        changes["seed"] = (group.seed + by) % 2**32
    if isinstance(group, Cluster):
        changes["estimator"] = _moved(group.estimator, by)
    return group.model_copy(update=changes)


def _moved(value: Any, by: int) -> Any:
    """The table with every `random_state` in it, scikit-learn's word for a seed, `by` higher."""
    if not isinstance(value, Mapping):
        return value
    return {
        key: (item + by) % 2**32 if key == "random_state" and isinstance(item, int) else _moved(item, by)
        for key, item in value.items()
    }


def draws(cluster: Cluster) -> bool:
    """Return whether another seed may give other clusters."""
    return cluster.fit_size is not None or _moved(cluster.estimator, 1) != cluster.estimator
