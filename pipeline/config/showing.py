"""The pages that a run leaves: its report and its explorer."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.base import Group


class Report(Group):
    """How the report and its figures look."""

    thumbnails: int = Field(200, ge=0)
    reconstructions: int = Field(10, ge=1)
    examples: int = Field(10, ge=1)
    colour_bar: bool = False
    dpi: int = Field(110, ge=30, le=600)
    seed: int = Field(0, ge=0, lt=2**32)


class Explorer(Group):
    """What the explorer shows, how large it may become, and whether the images are exported too."""

    neighbors: int = Field(12, ge=0)
    megabytes: float = Field(36.0, gt=0)
    parquet: bool = False
