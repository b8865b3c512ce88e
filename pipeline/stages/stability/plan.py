"""The configurations of the repeats of a run: the same configuration with other seeds."""

from __future__ import annotations

from pipeline.config import Config, Stability
from pipeline.config.reseed import is_random, reseed

RESEEDED_GROUPS = {
    "clusterer": ("cluster",),
    "manifold": ("manifold", "cluster"),
    "autoencoder": ("train", "refine", "neighbors", "manifold", "cluster"),
}
"""The configuration groups that get another seed for each source of variation: its own stage and all later ones."""

SUBSAMPLE = "subsample"
"""The clusterer fitted on a subset of the images: a fourth source of variation."""


def plan_repeats(config: Config, stability: Stability, n: int) -> tuple[dict[str, list[Config]], list[str]]:
    """Return the configurations of the repeats by source of variation, narrowest source first, and notes for the page.

    `config` is that of the run, `n` the number of fitted images. Repeat r = 1, 2, … uses the run's seeds + r, so that
    an extended series reuses the repeats of a shorter one. For the subsample, the clusterer is fitted on a random share
    of the images, drawn without replacement, and the others are assigned. Source: Hennig, "Cluster-wise assessment of
    cluster stability", 2007 (subsetting).
    """
    plan: dict[str, list[Config]] = {}
    notes = []
    for source in (source for source in RESEEDED_GROUPS if source in stability.sources):
        repeats = range(1, stability.repeats + 1)
        plan[source] = [reseed_groups(config, RESEEDED_GROUPS[source], repeat) for repeat in repeats]
        if source == "clusterer" and stability.subsample:
            configs, subsample_notes = _plan_subsample(config, stability, plan[source], n)
            notes += subsample_notes
            if configs:
                plan[SUBSAMPLE] = configs
    if "clusterer" in plan and config.cluster.k != "auto" and not is_random(config.cluster):
        notes.append(f"{config.cluster.name} is deterministic: repeats of the clusterer are identical")
    return plan, notes


def _plan_subsample(
    config: Config, stability: Stability, repeats: list[Config], n: int
) -> tuple[list[Config], list[str]]:
    """Return the repeats with the clusterer fitted on a share of the images, none if it cannot be, and notes."""
    cluster = config.cluster
    size = round(stability.subsample * min(n, cluster.fit_size or n, config.neighbors.landmarks or n))
    if cluster.graph != "none":
        return [], [f"{SUBSAMPLE} left out: {cluster.name} uses the neighbour graph, which needs all {n:,} images"]
    if size < 2:
        return [], [f"{SUBSAMPLE} left out: stability.subsample = {stability.subsample:g} of {n:,} images is too few"]
    notes = [f"{SUBSAMPLE}: the clusterer is fitted on {size:,} of {n:,} images, drawn without replacement"]
    if cluster.k is None:
        notes.append(f"{SUBSAMPLE}: parameters of {cluster.name} that count images are stricter on fewer images")
    resized = [repeat.cluster.model_copy(update={"fit_size": size}) for repeat in repeats]
    return [
        repeat.model_copy(update={"cluster": cluster}) for repeat, cluster in zip(repeats, resized, strict=True)
    ], notes


def reseed_groups(config: Config, groups: tuple[str, ...], increment: int) -> Config:
    """Return the configuration with `increment` added to the seeds of these groups, nested `random_state`s included."""
    return config.model_copy(update={name: reseed(getattr(config, name), increment) for name in groups})
