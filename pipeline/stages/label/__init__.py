"""Label all images from a few labels that a person gives."""

from pipeline.stages.label.stage import label

__all__ = ["label"]
