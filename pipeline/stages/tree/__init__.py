"""Merge the clusters of a run step by step, and draw the hierarchy as a dendrogram."""

from pipeline.stages.tree.stage import tree

__all__ = ["tree"]
