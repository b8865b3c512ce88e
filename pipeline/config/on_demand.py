"""The stages that use a finished run: one group each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Component, Group


class Assign(Group):
    """What counts as far: beyond this quantile of the fitted images' distances to their nearest neighbours."""

    far_quantile: float = Field(0.995, gt=0, le=1)


class Label(Group):
    """How many images are picked for a person, the file with the answers, and the simulated person."""

    budget: int = Field(50, ge=1)
    answers: str | None = None
    simulate: bool = True
    budgets: list[Annotated[int, Field(ge=1)]] = Field([10, 20, 50, 100, 200], min_length=1)
    draws: int = Field(5, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Compare(Group):
    """How many images that changed cluster are shown for each pair of clusters, and for how many pairs."""

    examples: int = Field(12, ge=1)
    pairs: int = Field(12, ge=0)


class Stability(Group):
    """What is repeated with other seeds and how often, on what share of the images besides, and what the page shows."""

    repeats: int = Field(5, ge=2)
    sources: list[Literal["clusterer", "manifold", "autoencoder"]] = Field(
        ["clusterer", "manifold", "autoencoder"], min_length=1
    )
    bootstrap: float = Field(0.5, ge=0, lt=1)
    examples: int = Field(24, ge=0)


class HowMany(Group):
    """The numbers of clusters that are tried, and the sizes of what the five indices are measured on."""

    smallest: int = Field(2, ge=2)
    largest: int = Field(20, ge=3)
    sample: int = Field(3000, ge=4)
    starts: int = Field(3, ge=1)
    references: int = Field(10, ge=2)
    bootstraps: int = Field(6, ge=2)
    most_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _a_range(self) -> HowMany:
        if self.largest <= self.smallest:
            raise ValueError(f"how_many.largest = {self.largest}: choose more than how_many.smallest = {self.smallest}")
        return self


class Engine(Component):
    """Where the shards of a large job are worked on; its file names a class of `pipeline.sharded`."""


class Shards(Group):
    """How large arrays are cut, what counts as far, and, where `k` is a number, k-means over all latents.

    It starts from the k-means of a `sample`, and ends when the centres move by less than `tolerance` times the mean
    variance of a dimension, or after so many `iterations`.
    """

    rows: int = Field(65_536, ge=1)
    far_quantile: float = Field(0.995, gt=0, le=1)
    k: int | None = Field(None, ge=1)
    sample: int = Field(50_000, ge=1)
    tolerance: float = Field(1e-4, ge=0)
    iterations: int = Field(300, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)
