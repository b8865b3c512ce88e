"""Extend a finished run by new images, and propose new clusters for those unlike its images."""

from pipeline.stages.extend.stage import extend

__all__ = ["extend"]
