"""Sample sizes of the scores and of the baselines, and the settings that are compared by a score."""

from __future__ import annotations

from pydantic import Field, field_validator

from pipeline.config.base import Group


class Baselines(Group):
    """The baselines: how many images they cluster, how often, and with how many initialisations.

    `sample` 0 turns them off. Mixtures cluster at most `max_dimensions` dimensions.
    """

    sample: int = Field(2000, ge=0)
    repeats: int = Field(3, ge=1)
    n_init: int = Field(1, ge=1)
    max_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @field_validator("sample")
    @classmethod
    def _refuse_one_image(cls, value: int) -> int:
        if value == 1:
            raise ValueError(
                "baselines.sample = 1: one image cannot be clustered; give at least 2, or 0 for no baselines"
            )
        return value


class Evaluate(Group):
    """Number of images, drawn with the seed, that each of the slower scores is measured on."""

    silhouette_sample: int = Field(10000, ge=2)
    trustworthiness_sample: int = Field(2000, ge=2)
    trustworthiness_k: int = Field(15, ge=1)
    reconstruction_sample: int = Field(10_000, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Auto(Group):
    """Settings to try in addition to the run's own, each as words of a command line; none after `minutes`."""

    settings: list[str] = []
    minutes: float = Field(20, gt=0)


class EvaluationGroups(Group):
    """The configuration groups of this module."""

    baselines: Baselines = Baselines()
    evaluate: Evaluate
    auto: Auto = Auto()
