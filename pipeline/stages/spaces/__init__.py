"""Compare the spaces in which a run's images could be clustered, without labels."""

from pipeline.stages.spaces.stage import spaces

__all__ = ["spaces"]
