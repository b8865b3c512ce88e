"""Repeats as what they are: runs of which most stages are there already."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console as Terminal

from pipeline.artifacts.base import Int
from pipeline.config import Config
from pipeline.console import Console
from pipeline.flow import Flow
from pipeline.tracking import Run, Store


@dataclass(frozen=True)
class Repeater:
    """Obtains the clusters of other configurations; what had to be computed becomes a child of the run `own`."""

    store: Store
    own: Run

    def clusters(self, config: Config) -> tuple[Int, bool]:
        """Return the clusters (n,) of the fitted images and whether they were there already.

        Stages are reused and stored as in every run, so an interrupted series goes on where it stopped. They are kept
        without MLflow models: nobody serves a repeat.
        """
        tracking = self.store.config.model_copy(update={"models": False})
        silent = Console(Terminal(quiet=True, force_terminal=False))
        flow = Flow(config.model_copy(update={"tracking": tracking}), self.store, self.own, silent)
        clusters: Int = flow.load("clustering").fitted
        return clusters, flow.outcomes["cluster"].reused
