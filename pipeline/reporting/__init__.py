"""The report's page: what it is about, in words, and as HTML."""

from pipeline.reporting.render import page
from pipeline.reporting.run import Drawing, Run, cluster_name
from pipeline.reporting.words import number, percent

__all__ = ["Drawing", "Run", "cluster_name", "number", "page", "percent"]
