"""Stage report: one HTML page with the figures and scores of a run."""

from pipeline.stages.report.stage import report

__all__ = ["report"]
