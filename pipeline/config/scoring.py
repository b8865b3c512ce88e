"""What is measured on how many images, and what it is compared with."""

from __future__ import annotations

from pydantic import Field, field_validator

from pipeline.config.base import Group


class NullModels(Group):
    """How many images the null models cluster, how often and with how many starts; no images: no models."""

    sample: int = Field(2000, ge=0)
    repeats: int = Field(3, ge=1)
    starts: int = Field(2, ge=1)
    most_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @field_validator("sample")
    @classmethod
    def _none_or_some(cls, value: int) -> int:
        if value == 1:
            raise ValueError(
                "nulls.sample = 1: one image cannot be clustered; give at least 2, or 0 for no null models"
            )
        return value


class Evaluate(Group):
    """Sizes of the samples that the quadratic scores use."""

    silhouette_sample: int = Field(10000, ge=2)
    trustworthiness_sample: int = Field(2000, ge=2)
    trustworthiness_k: int = Field(15, ge=1)
    reconstruction_sample: int = Field(100_000, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)
