"""Encode and assign very many images in shards."""

from pipeline.stages.shards.stage import shards

__all__ = ["shards"]
