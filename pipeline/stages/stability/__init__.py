"""Measure how stable the clusters of a finished run are over seeds and subsets of the images."""

from pipeline.stages.stability.stage import stability

__all__ = ["stability"]
