"""How the trained encoder goes on towards clusters, or a new network learns the clusters that were found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipeline.config.base import Group, Spec
from pipeline.config.clustering import Cluster, Manifold, Neighbors
from pipeline.config.model import Corruption


class Refine(Group):
    """How the encoder is trained on towards `k` clusters, and with which weights of both terms of the loss.

    `fit` names the function that does it. Up to `max_steps` steps, each `update_every` of them with new targets, until
    fewer than `tolerance` of the assignments change.
    """

    name: str
    fit: Literal["pipeline.refining.keep.keep", "pipeline.refining.training.fit"]
    k: int | None = Field(None, ge=2)
    gamma: float = Field(1.0, gt=0)
    reconstruction: float = Field(0.0, ge=0)
    alpha: float = Field(1.0, gt=0)
    starts: int = Field(20, ge=1)
    update_every: int = Field(140, ge=1)
    max_steps: int = Field(20000, ge=1)
    tolerance: float = Field(0.001, ge=0, lt=1)
    batch_size: int = Field(256, ge=1)
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.001, gt=0)
    corruption: Corruption = Corruption()
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)


class SelfTraining(Group):
    """A new network of the layers `encoder` and `decoder` that learns the clusters which the other groups find.

    `forgiveness` is q of the generalised cross-entropy. As in training, few images are seen for at least `min_steps`.
    """

    name: str
    fit: Literal["pipeline.refining.self_training.fit"]
    rounds: int = Field(1, ge=1)
    forgiveness: float = Field(0.7, gt=0, le=1)
    reconstruction: float = Field(1.0, ge=0)
    encoder: list[Spec]
    decoder: list[Spec]
    epochs: int = Field(6, ge=1)
    min_steps: int = Field(0, ge=0)
    batch_size: int = Field(256, ge=2)
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.002, gt=0)
    corruption: Corruption = Corruption()
    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def k(self) -> int | None:
        """The number of clusters to learn, where the clusterer is given one."""
        return self.cluster.k
