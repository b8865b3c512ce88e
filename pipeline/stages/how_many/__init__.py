"""Recommend a number of clusters by five label-free indices."""

from pipeline.stages.how_many.stage import how_many

__all__ = ["how_many"]
