"""The explorer: one page that shows every fitted image on the map."""

from pipeline.stages.explorer.stage import explorer

__all__ = ["explorer"]
