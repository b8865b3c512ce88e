"""Cluster an array in a notebook: the stages one after the other, without Hydra, MLflow or any file.

from pipeline.notebook import cluster_images

found = cluster_images(images, k=10)
found.clusters, found.confidence, found.map
found.assign(new_images)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.assign import Assigner
from pipeline.config import Config, check
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer
from pipeline.paths import conf_dir, register_resolvers
from pipeline.recipe import RECIPE

UNSCORED = ("train", "refine", "extract", "neighbors", "manifold", "cluster", "project")
"""The stages between the images and what a notebook wants of them; none of them sees a label."""


@dataclass(frozen=True)
class Clustered:
    """Everything that came out, by the names that the stages give it."""

    images: Images
    pretrained: Autoencoder
    autoencoder: Autoencoder
    latents: Latents
    graph: Graph
    features: Features
    clustering: Clustering
    map: Map

    @property
    def clusters(self) -> Int:
        """The cluster of each image, (n,), −1 for noise, numbered by falling size."""
        return self.clustering.fitted

    @property
    def confidence(self) -> Float:
        """How sure each of them is, (n,) in [0, 1]."""
        return self.clustering.confidence

    def assign(self, images: NDArray[Any]) -> pd.DataFrame:
        """Return cluster, confidence, distance and far of new images, given as the first ones were."""
        parts = (self.autoencoder, self.latents, self.graph, self.features, self.clustering)
        return Assigner.of(*parts)(Images.from_array(images).fitted)


def cluster_images(
    images: NDArray[Any], *words: str, k: int | None = None, seed: int = 42, observer: Observer = SILENT
) -> Clustered:
    """Cluster an array (n, h, w) or (n, h, w, c), uint8 or floats in [0, 1].

    `k` is the number of clusters, where the algorithm takes one. `words` are those of the command line, such as
    "model=pca", "cluster=hdbscan" or "train.epochs=4"; `settings` says how they are read.

    Raises:
        UserError: a word does not fit, or the images do not suit what was asked for.
    """
    config = settings(*words, *([] if k is None else [f"cluster.k={k}"]), f"seed={seed}")
    made: dict[str, Any] = {"images": Images.from_array(images)}
    for step in RECIPE:
        if step.name in UNSCORED:
            own, *others = step.config
            inputs = {group: getattr(config, group) for group in others} | {name: made[name] for name in step.takes}
            made[step.gives[0]] = step.function()(getattr(config, own), **inputs, observer=observer)
    return Clustered(**made)


def settings(*words: str) -> Config:
    """Return the checked configuration that `conf` and these words make: `group=choice` first, then `group.key=value`.

    It is what the command line would make of them, except for experiments and sweeps, which need Hydra.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    register_resolvers()
    conf = conf_dir()
    base: Any = OmegaConf.load(conf / "config.yaml")
    choices = dict(next(iter(item.items())) for item in base.pop("defaults") if item != "_self_")
    choices = {str(group): choice for group, choice in choices.items() if choice is not None and " " not in str(group)}
    pairs = [word.partition("=")[::2] for word in words]
    choices |= {key: value for key, value in pairs if key in choices}
    base.pop("hydra", None)
    for group, choice in choices.items():
        file = conf / group / f"{choice}.yaml"
        if not file.is_file():
            known = ", ".join(sorted(path.stem for path in (conf / group).glob("*.yaml")))
            raise UserError(f"{group} = {choice!r}: there is no such choice; choose from {known}")
        base[group] = OmegaConf.load(file)
    try:
        dotted = OmegaConf.from_dotlist([f"{key}={value}" for key, value in pairs if key not in choices])
        plain = OmegaConf.to_container(OmegaConf.merge(base, dotted), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise UserError(f"{' '.join(words)}: {str(error).splitlines()[0]}") from error
    return check(plain)  # type: ignore[arg-type]  # the root is a table with text keys
