"""Correct the clusters of a run by hand: names, merges, splits, moves and marks."""

from pipeline.stages.edit.stage import edit

__all__ = ["edit"]
