"""Settings of the refinement: DEC and its relatives, or self-training."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from pipeline.config.base import Group, Spec
from pipeline.config.clustering import Cluster, Manifold, Neighbors
from pipeline.config.model import Corruption


class Refine(Group):
    """Settings of DEC, IDEC and DCEC, or of no refinement.

    The loss is `gamma` times the clustering loss plus `reconstruction` times the mean squared error. Training runs for
    up to `max_steps` steps, rounded up to a multiple of `update_interval`, after which there are new targets each time,
    and stops when a smaller share of the assignments than `tol` changes. `_target_` allows only functions of this
    package, because a stored configuration may come from anywhere.
    """

    name: str
    target: Literal["pipeline.models.refine.no_refinement.no_refinement", "pipeline.models.refine.dec.refine_dec"] = (
        Field(alias="_target_")
    )
    k: int | None = Field(None, ge=2)
    gamma: float = Field(1.0, gt=0)
    reconstruction: float = Field(0.0, ge=0)
    alpha: float = Field(1.0, gt=0)
    n_init: int = Field(20, ge=1)
    update_interval: int = Field(140, ge=1)
    max_steps: int = Field(20000, ge=1)
    tol: float = Field(0.001, ge=0, lt=1)
    batch_size: int = Field(256, ge=1)
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.001, gt=0)
    corruption: Corruption = Corruption()
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @field_validator("k", mode="before")
    @classmethod
    def _refuse_auto(cls, value: Any) -> Any:
        if value == "auto":
            raise ValueError(
                "refine.k = 'auto': the centres are needed before cluster.k=auto chooses a number; give one, such as "
                "refine.k=10"
            )
        return value


class SelfTraining(Group):
    """Settings of self-training: a new network of the layers `encoder` and `decoder` learns cluster labels.

    `neighbors`, `manifold` and `cluster` produce these labels. `gce_q` is q of the generalised cross-entropy. A small
    data set is in an epoch several times, until `epochs` epochs have `min_steps` steps; null: as in training.
    """

    name: str
    target: Literal["pipeline.models.refine.self_training.self_train"] = Field(alias="_target_")
    rounds: int = Field(1, ge=1)
    gce_q: float = Field(0.7, gt=0, le=1)
    reconstruction: float = Field(1.0, ge=0)
    encoder: list[Spec]
    decoder: list[Spec]
    epochs: int = Field(6, ge=1)
    min_steps: int | None = Field(0, ge=0)
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
        """The number of clusters, if the clusterer takes one."""
        return self.cluster.n_clusters


class RefineGroups(Group):
    """The configuration groups of this module."""

    refine: Annotated[Refine | SelfTraining, Field(discriminator="target")]
