"""List the stored results that no run needs, and delete them."""

from pipeline.stages.clean.stage import clean

__all__ = ["clean"]
