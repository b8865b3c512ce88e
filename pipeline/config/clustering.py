"""From latents to clusters and a map: neighbour graph, manifold, clusterer, projection."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.config.base import Component, Group, Spec


class Neighbors(Component):
    """The nearest-neighbour graph: exact, or approximate beyond a number of images, with landmarks to fit on."""

    k: int = Field(20, ge=1)
    metric: Literal["euclidean", "cosine"] = "euclidean"
    exact_up_to: int = Field(200_000, ge=0)
    probes: int = Field(32, ge=1)
    landmarks: int | None = Field(None, ge=100)


class Manifold(Component):
    """The features that are clustered: the latents themselves, or an embedding of them."""

    n_components: int | None = Field(None, ge=1)
    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)

    @field_validator("n_components")
    @classmethod
    def _require_a_number(cls, value: int | None) -> int | None:
        if value is None:
            raise ValueError("manifold.n_components = null: give a number of dimensions, such as 10")
        return value


class Project(Component):
    """The two-dimensional map."""

    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)
    perplexity: float | None = Field(None, gt=0)
    max_points: int | None = Field(None, ge=2)
    learning_rate: Annotated[float, Field(gt=0)] | Literal["auto"] | None = None

    @model_validator(mode="after")
    def _require_two_dimensions(self) -> Project:
        n_components = (self.model_extra or {}).get("n_components", 2)
        if n_components != 2:
            raise ValueError(f"project.n_components = {n_components!r}: a map has two dimensions; set it to 2")
        return self


class Cluster(Group):
    """One clustering algorithm: any estimator with scikit-learn's interface.

    `k` is the number of clusters; `auto` chooses it from the features, and `None` leaves it to the estimator.
    `graph` tells how the estimator uses the shared neighbour graph: as its input (`affinity`), as a constraint on the
    features (`connectivity`), or not at all. `fit_size` fits the estimator on a random subset of that size; the other
    images are assigned. `start=own` uses the estimator's own initialisation; `start=latents` also fits it from k-means
    of the latents and selects between the fits. Each of at most `swaps` trials merges two clusters and splits a third,
    to leave a local optimum. `islands` moves small groups that lie apart from the rest of their cluster on a manifold
    to the cluster whose latents are nearest. `deterministic` computes on one thread, so that results do not depend on
    the number of cores.
    """

    name: str
    k: Annotated[int, Field(ge=1)] | Literal["auto"] | None = None
    estimator: Spec
    graph: Literal["none", "affinity", "connectivity"] = "none"
    start: Literal["own", "latents"] = "own"
    swaps: int = Field(0, ge=0)
    islands: bool = False
    fit_size: int | None = Field(None, ge=2)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_number(self) -> Cluster:
        values = list(self.estimator.values())
        if self.k is not None and self.k not in values and not {"n_clusters", "n_components"} & set(self.estimator):
            raise ValueError(f"cluster.k = {self.k}: {self.name} takes no number of clusters; remove the key")
        return self

    @model_validator(mode="after")
    def _check_initialization(self) -> Cluster:
        if self.start == "latents" and self.k is None:
            raise ValueError(f"cluster.start = latents: {self.name} has no cluster.k; set cluster.start=own")
        if self.swaps and self.graph == "affinity":
            raise ValueError(f"cluster.swaps = {self.swaps:,}: {self.name} clusters a graph; set cluster.swaps=0")
        return self

    @property
    def n_clusters(self) -> int | None:
        """The number of clusters if it is set."""
        return self.k if isinstance(self.k, int) else None


class ClusteringGroups(Group):
    """The configuration groups of this module."""

    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    project: Project
