"""Compare the clusters of two finished runs."""

from pipeline.stages.compare.stage import compare

__all__ = ["compare"]
