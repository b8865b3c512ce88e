"""The recipe: which stage takes and produces which artifacts. Data flows from top to bottom, never back.

Stage functions and artifact types are imported when they are used, so that help and a reused run load little.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.artifacts import (
        BaselineClusterings,
        Clustering,
        ExplorerPage,
        Features,
        Graph,
        Images,
        Labels,
        Latents,
        Map,
        ReportPage,
        Scores,
    )  # fmt: skip
    from pipeline.artifacts.base import Artifact
    from pipeline.config import Config
    from pipeline.models.autoencoder import Autoencoder
    from pipeline.runtime.observer import Observer


class Artifacts(SimpleNamespace):
    """The artifacts of a run by name, with their types."""

    images: Images
    labels: Labels
    pretrained: Autoencoder
    autoencoder: Autoencoder
    latents: Latents
    graph: Graph
    features: Features
    clustering: Clustering
    baselines: BaselineClusterings
    map: Map
    scores: Scores
    report: ReportPage
    explorer: ExplorerPage


@dataclass(frozen=True)
class Step:
    """One stage of the recipe.

    `compute` calls the stage's function. It reads the configuration groups `groups`, the first of which has the stage's
    name, and the artifacts `inputs`, and returns the artifacts `outputs`, a tuple where there are several.
    """

    name: str
    description: str
    compute: Callable[[Config, Artifacts, Observer], Any]
    groups: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _data(config: Config, inputs: Artifacts, observer: Observer) -> tuple[Images, Labels]:  # noqa: ARG001
    from pipeline.stages.data import data

    return data(config.data, observer)


def _train(config: Config, inputs: Artifacts, observer: Observer) -> Autoencoder:
    from pipeline.stages.train import train

    return train(config.train, config.model, inputs.images, observer)


def _refine(config: Config, inputs: Artifacts, observer: Observer) -> Autoencoder:
    from pipeline.stages.refine import refine

    return refine(config.refine, inputs.pretrained, inputs.images, observer)


def _extract(config: Config, inputs: Artifacts, observer: Observer) -> Latents:
    from pipeline.stages.extract import extract

    return extract(config.extract, inputs.autoencoder, inputs.images, observer)


def _neighbors(config: Config, inputs: Artifacts, observer: Observer) -> Graph:
    from pipeline.stages.neighbors import neighbors

    return neighbors(config.neighbors, inputs.latents, observer)


def _manifold(config: Config, inputs: Artifacts, observer: Observer) -> Features:
    from pipeline.stages.manifold import manifold

    return manifold(config.manifold, inputs.latents, inputs.graph, observer)


def _cluster(config: Config, inputs: Artifacts, observer: Observer) -> Clustering:
    from pipeline.stages.cluster import cluster

    return cluster(config.cluster, inputs.features, inputs.graph, inputs.latents, observer)


def _baselines(config: Config, inputs: Artifacts, observer: Observer) -> BaselineClusterings:
    from pipeline.stages.baselines import baselines

    settings = (config.baselines, config.cluster, config.neighbors)
    return baselines(*settings, inputs.images, inputs.latents, inputs.features, observer)


def _project(config: Config, inputs: Artifacts, observer: Observer) -> Map:
    from pipeline.stages.project import project

    return project(config.project, inputs.latents, inputs.graph, observer)


def _evaluate(config: Config, inputs: Artifacts, observer: Observer) -> Scores:
    from pipeline.stages.evaluate import evaluate

    return evaluate(
        config.evaluate, inputs.images, inputs.labels, inputs.autoencoder, inputs.latents, inputs.graph,
        inputs.features, inputs.clustering, inputs.baselines, inputs.map, observer,
    )  # fmt: skip


def _report(config: Config, inputs: Artifacts, observer: Observer) -> ReportPage:
    from pipeline.stages.report import report

    return report(
        config.report, inputs.images, inputs.labels, inputs.autoencoder, inputs.latents, inputs.features,
        inputs.clustering, inputs.map, inputs.scores, observer,
    )  # fmt: skip


def _explorer(config: Config, inputs: Artifacts, observer: Observer) -> ExplorerPage:
    from pipeline.stages.explorer import explorer

    return explorer(
        config.explorer, inputs.images, inputs.labels, inputs.latents, inputs.graph, inputs.clustering, inputs.map,
        observer,
    )  # fmt: skip


RECIPE = (
    Step(
        "data", "read the images, and the labels for scoring", _data,
        groups=("data",), inputs=(), outputs=("images", "labels"),
    ),
    Step(
        "train", "train the autoencoder", _train,
        groups=("train", "model"), inputs=("images",), outputs=("pretrained",),
    ),
    Step(
        "refine", "refine its encoder towards clusters (none, DEC, IDEC, DCEC or self-training)", _refine,
        groups=("refine",), inputs=("pretrained", "images"), outputs=("autoencoder",),
    ),
    Step(
        "extract", "encode the images into latents", _extract,
        groups=("extract",), inputs=("autoencoder", "images"), outputs=("latents",),
    ),
    Step(
        "neighbors", "find the nearest neighbours of each image in the latent space", _neighbors,
        groups=("neighbors",), inputs=("latents",), outputs=("graph",),
    ),
    Step(
        "manifold", "embed the latents for clustering (UMAP, PCA or none)", _manifold,
        groups=("manifold",), inputs=("latents", "graph"), outputs=("features",),
    ),
    Step(
        "cluster", "cluster the images, and assign the held-out ones", _cluster,
        groups=("cluster",), inputs=("features", "graph", "latents"), outputs=("clustering",),
    ),
    Step(
        "baselines", "cluster a sample in pixel, PCA, latent and manifold space for comparison", _baselines,
        groups=("baselines", "cluster", "neighbors"), inputs=("images", "latents", "features"), outputs=("baselines",),
    ),
    Step(
        "project", "compute the two-dimensional map (UMAP, t-SNE or PCA)", _project,
        groups=("project",), inputs=("latents", "graph"), outputs=("map",),
    ),
    Step(
        "evaluate", "compute the scores, with and without labels", _evaluate,
        groups=("evaluate",),
        inputs=("images", "labels", "autoencoder", "latents", "graph", "features", "clustering", "baselines", "map"),
        outputs=("scores",),
    ),
    Step(
        "report", "write report.html and its figures", _report,
        groups=("report",),
        inputs=("images", "labels", "autoencoder", "latents", "features", "clustering", "map", "scores"),
        outputs=("report",),
    ),
    Step(
        "explorer", "write explorer.html, a page to browse all images on the map", _explorer,
        groups=("explorer",), inputs=("images", "labels", "latents", "graph", "clustering", "map"),
        outputs=("explorer",),
    ),
)  # fmt: skip
"""The stages in the order in which they run."""

STEPS = {step.name: step for step in RECIPE}
PRODUCER = {artifact: step for step in RECIPE for artifact in step.outputs}
"""The step that produces each artifact."""


def ancestors(step: Step) -> set[Step]:
    """Return all steps whose results `step` depends on, directly or indirectly."""
    return steps_and_ancestors(PRODUCER[artifact] for artifact in step.inputs)


def steps_and_ancestors(steps: Iterable[Step]) -> set[Step]:
    """Return the steps and all their ancestors."""
    direct = set(steps)
    return direct.union(*(ancestors(step) for step in direct))


def artifact_type(name: str) -> type[Artifact]:
    """Return the class of an artifact, from the room of artifacts, or from its own stage if it is defined there."""
    import pipeline.artifacts

    class_name = Artifacts.__annotations__[name]
    modules = [module.name for module in pkgutil.iter_modules(pipeline.artifacts.__path__, "pipeline.artifacts.")]
    for module in (*modules, "pipeline.models.autoencoder", f"pipeline.stages.{PRODUCER[name].name}"):
        if hasattr(import_module(module), class_name):
            kind: type[Artifact] = getattr(import_module(module), class_name)
            return kind
    raise TypeError(f"{class_name}, the type of {name}, is neither an artifact nor a class of its stage")
