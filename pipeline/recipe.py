"""The recipe: which stage takes what and gives what. Data flows from top to bottom, never back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.build import find
from pipeline.quiet import muted


@dataclass(frozen=True)
class Step:
    """One stage: its configuration groups (the first is its own), the artifacts it takes and those it gives."""

    name: str
    config: tuple[str, ...]
    takes: tuple[str, ...]
    gives: tuple[str, ...]

    def function(self) -> Any:
        """The stage's function, imported when it is needed."""
        with muted():
            return find(f"pipeline.stages.{self.name}.{self.name}", self.name)


RECIPE = (
    Step("data", config=("data",), takes=(), gives=("images", "labels")),
    Step("train", config=("train", "model"), takes=("images",), gives=("pretrained",)),
    Step("refine", config=("refine",), takes=("pretrained", "images"), gives=("autoencoder",)),
    Step("extract", config=("extract",), takes=("autoencoder", "images"), gives=("latents",)),
    Step("neighbors", config=("neighbors",), takes=("latents",), gives=("graph",)),
    Step("manifold", config=("manifold",), takes=("latents", "graph"), gives=("features",)),
    Step("cluster", config=("cluster",), takes=("features", "graph", "latents"), gives=("clustering",)),
    Step(
        "nulls",
        config=("nulls", "cluster", "neighbors"),
        takes=("images", "latents", "features"),
        gives=("nulls",),
    ),
    Step("project", config=("project",), takes=("latents", "graph"), gives=("map",)),
    Step(
        "evaluate",
        config=("evaluate",),
        takes=("images", "labels", "autoencoder", "latents", "graph", "features", "clustering", "nulls", "map"),
        gives=("scores",),
    ),
    Step(
        "report",
        config=("report",),
        takes=("images", "labels", "autoencoder", "latents", "features", "clustering", "map", "scores"),
        gives=("page",),
    ),
    Step(
        "explorer",
        config=("explorer",),
        takes=("images", "labels", "graph", "clustering", "map"),
        gives=("explorer",),
    ),
)

STEPS = {step.name: step for step in RECIPE}
MAKER = {artifact: step for step in RECIPE for artifact in step.gives}


def upstream(step: Step) -> set[Step]:
    """Return the steps that a step's result stems from, near and far."""
    near = {MAKER[artifact] for artifact in step.takes}
    return near.union(*(upstream(one) for one in near))


TYPES = {
    "images": "pipeline.artifacts.images.Images",
    "labels": "pipeline.artifacts.labels.Labels",
    "pretrained": "pipeline.models.base.Autoencoder",
    "autoencoder": "pipeline.models.base.Autoencoder",
    "latents": "pipeline.artifacts.latents.Latents",
    "graph": "pipeline.artifacts.latents.Graph",
    "features": "pipeline.artifacts.features.Features",
    "clustering": "pipeline.artifacts.clustering.Clustering",
    "nulls": "pipeline.artifacts.nulls.NullClusterings",
    "map": "pipeline.artifacts.features.Map",
    "scores": "pipeline.artifacts.scores.Scores",
    "page": "pipeline.artifacts.pages.ReportPage",
    "explorer": "pipeline.artifacts.pages.ExplorerPage",
}
"""Import paths, so that a reused run loads no more than it shows."""
