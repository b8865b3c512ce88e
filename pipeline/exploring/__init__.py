"""The explorer: a page to walk through the images, and a table of them for other viewers."""

from pipeline.exploring.facts import Facts, at_landmarks
from pipeline.exploring.page import page
from pipeline.exploring.table import parquet
from pipeline.exploring.thumbnails import fitting, png, pngs

__all__ = ["Facts", "at_landmarks", "fitting", "page", "parquet", "png", "pngs"]
