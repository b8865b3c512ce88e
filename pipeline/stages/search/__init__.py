"""Find the fitted images nearest to given ones."""

from pipeline.stages.search.stage import search

__all__ = ["search"]
