"""From latents to clusters and a map: neighbour graph, manifold, clusterer, projection."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config.base import Component, Group, Spec


class Neighbors(Component):
    """The nearest-neighbour graph: exact, or approximate beyond a size, with landmarks to fit on."""

    k: int = Field(20, ge=1)
    exact_up_to: int = Field(200_000, ge=0)
    probes: int = Field(32, ge=1)
    landmarks: int | None = Field(None, ge=100)


class Manifold(Component):
    """The features that are clustered: the latents themselves, or an embedding of them."""

    n_components: int | None = Field(None, ge=1)
    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)


class Project(Component):
    """The two-dimensional map."""

    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)
    perplexity: float | None = Field(None, gt=0)
    first: int | None = Field(None, ge=2)

    @model_validator(mode="after")
    def _two_dimensions(self) -> Project:
        asked = (self.model_extra or {}).get("n_components", 2)
        if asked != 2:
            raise ValueError(f"project.n_components = {asked!r}: a map has two dimensions; set it to 2")
        return self


class Cluster(Group):
    """One clustering algorithm: any estimator of scikit-learn's interface.

    `graph` says whether the shared neighbour graph is what the estimator is fitted on (`affinity`), a constraint
    beside the features (`connectivity`), or unused. With `fit_size` the estimator is fitted on a random subset of
    that size and the other images take the cluster of their neighbours. With `start=latents` it starts from the groups
    that k-means finds among the latents and from starts that it draws itself (`own`: from those alone). Each of
    `swaps` moves one centre to a random point, to leave a local optimum.
    """

    name: str
    k: int | None = Field(None, ge=1)
    estimator: Spec
    graph: Literal["none", "affinity", "connectivity"] = "none"
    start: Literal["own", "latents"] = "own"
    swaps: int = Field(0, ge=0)
    fit_size: int | None = Field(None, ge=2)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _counted_start(self) -> Cluster:
        if self.start == "latents" and self.k is None:
            raise ValueError(f"cluster.start = latents: {self.name} has no cluster.k; set cluster.start=own")
        if self.swaps and self.graph == "affinity":
            raise ValueError(f"cluster.swaps = {self.swaps:,}: {self.name} clusters a graph; set cluster.swaps=0")
        return self
