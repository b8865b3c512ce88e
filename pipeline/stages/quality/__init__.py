"""List duplicates, faulty images and possible label errors of a finished run."""

from pipeline.stages.quality.stage import quality

__all__ = ["quality"]
