"""Configuration of the pages of a run: report and explorer."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.base import Group


class Report(Group):
    """Numbers of images in the figures of the report, and the resolution of the figures.

    `thumbnails` images are drawn on the map, `reconstructions` below their originals, and `examples` most and least
    typical members per cluster. `colour_bar` adds a map by label with a colour bar. `dpi` is in dots per inch.
    """

    thumbnails: int = Field(200, ge=0)
    reconstructions: int = Field(10, ge=1)
    examples: int = Field(10, ge=1)
    colour_bar: bool = False
    dpi: int = Field(110, ge=30, le=600)
    seed: int = Field(0, ge=0, lt=2**32)


class Explorer(Group):
    """Content and size limit of the explorer.

    `neighbors` nearest neighbours are listed per image. Images shrink if the page would exceed `megabytes` MB.
    `parquet` also exports the images as a Parquet file.
    """

    neighbors: int = Field(12, ge=0)
    megabytes: float = Field(36.0, gt=0)
    parquet: bool = False


class PageGroups(Group):
    """The configuration groups of this module."""

    report: Report
    explorer: Explorer
