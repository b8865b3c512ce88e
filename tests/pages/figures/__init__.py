"""Tests of the figures, one module per module of pipeline.pages.figures."""
