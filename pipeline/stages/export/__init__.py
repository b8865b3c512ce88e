"""Write the images of a finished run as a data set in a common format."""

from pipeline.stages.export.stage import export

__all__ = ["export"]
