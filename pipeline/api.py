"""Cluster an array of images from Python, without command line, MLflow or files; and load runs of the command line.

>>> from pipeline import cluster_images, load_run
>>> result = cluster_images(images, k=10)
>>> result = load_run()
>>> result.clusters, result.confidence, result.latents.fitted, result.map.fitted
>>> result.table()
>>> result.assign(new_images)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Config
from pipeline.config.compose import compose_config
from pipeline.data.arrays import are_identical, resize_images
from pipeline.data.image_parts import read_image_parts
from pipeline.data.new_images import ReadingRules, conform
from pipeline.data.vectors import check_vectors, require_finite
from pipeline.models.assigner import PARTS, Assigner
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.environment import set_library_environment
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.paths import output_folder
from pipeline.workflow.choose_settings import choose_settings
from pipeline.workflow.executor import Executor
from pipeline.workflow.finished_runs import NEWEST, find_run

if TYPE_CHECKING:
    from pipeline.cli.stage_printer import StagePrinter

NO_LABELS = Labels(np.zeros(0, np.int32), np.zeros(0, np.int32))

ARRAY_KEYS = ("data.value_range", "data.image_size")
"""The keys of `data` that apply to an array."""

ARTIFACTS = ("images", "autoencoder", "latents", "graph", "features", "clustering", "map")


@dataclass(frozen=True)
class ClusteringResult:
    """The clusters of an array of images or of a run, and the artifacts that they were computed from.

    `labels` are those of a run's data set, if it has any; no cluster depends on them.
    """

    images: Images
    autoencoder: Autoencoder
    latents: Latents
    graph: Graph
    features: Features
    clustering: Clustering
    map: Map
    labels: Labels = NO_LABELS

    @property
    def clusters(self) -> Int:
        """The cluster of each image, (n,) int32, −1 for noise; cluster 0 is the largest."""
        return self.clustering.fitted

    @property
    def confidence(self) -> Float:
        """The confidence of each assignment, (n,) float32 in [0, 1]."""
        return self.clustering.confidence

    def table(self) -> pd.DataFrame:
        """Return a row for each image, the fitted ones first: the table that `stage=export` writes, without neighbours.

        Columns are, among others, file, part (fitted, held out), cluster (−1 for noise), confidence, outlier and misfit
        (the larger, the less typical), x and y on the map; and label, if labels are known. Images that a person marked
        for removal are left out.
        """
        from pipeline.stages.export.exported_set import exported_set

        parts = (self.images, self.labels, self.latents, self.graph, self.clustering, self.map)
        return exported_set(*parts, SILENT).table()

    def assign(self, images: NDArray[Any]) -> pd.DataFrame:
        """Return a row for each new image: cluster (−1 for noise), confidence in [0, 1], distance, far, x and y.

        `images` (m, h, w), (m, h, w, c) or (m, c, h, w) have the channels and the value range of the fitted ones; other
        sizes are resized. For a run of vectors they are vectors (m, d). An image is far if it is farther from its
        nearest fitted image than 99.5 % of those are from theirs. x and y are coordinates on the map.

        Raises:
            UserError: the channels, the values or d are others.
        """
        assigner = Assigner.from_artifacts(**{name: getattr(self, name) for name in (*PARTS, "map")})
        array = np.asarray(images)
        if self.images.vectors is None:
            shape = self.autoencoder.reading_shape(self.images)
            return assigner(conform(array, shape, "the array", ReadingRules.of_run(self.images)))
        vectors = check_vectors(array, "the array", self.images.vectors.shape[1])
        require_finite(vectors, "the array")
        return assigner(vectors)


def cluster_images(
    images: NDArray[Any],
    *overrides: str,
    k: int | None = None,
    seed: int = 42,
    verbose: bool = False,
    observer: Observer = SILENT,
) -> ClusteringResult:
    """Cluster an array (n, h, w), (n, h, w, c) or (n, c, h, w), uint8, floats in [0, 1], or another usual range.

    Layout and range are recognised (see `is_channels_first` and `find_limits`), with a note to the observer.
    `k` is the number of clusters, for clusterers that take one. `overrides` are those of the command line, such as
    "model=pca", "cluster=hdbscan" or "train.epochs=4"; of the group data, only `ARRAY_KEYS` apply. Labels are not used.
    `verbose` prints the stages and their progress as the command line does, in place of calling the observer.

    Raises:
        UserError: an override is wrong, or the images do not suit the settings.
    """
    arguments = ({} if k is None else {"cluster.k": k}) | {"seed": seed}
    for key in arguments.keys() & set(map(_key, overrides)):
        name = key.removeprefix("cluster.")
        raise UserError(f"{key} is among the overrides, and {name} is an argument; set {name} alone")
    words = array_overrides([*overrides, *(f"{key}={value}" for key, value in arguments.items())])
    config = compose_config(*words)
    printer = stage_printer() if verbose else None
    image_set = to_image_set(images, config, printer or observer)
    executor = make_executor(config, words, image_set, printer, observer)
    return ClusteringResult(**{name: executor.load(name) for name in ARTIFACTS})


def load_run(run: str = NEWEST, *overrides: str) -> ClusteringResult:
    """Return the result of a finished run of the command line.

    `run` is its id or the beginning of it; "last" is the newest one with clusters. `overrides` say where it is stored,
    where that is not the default: "output_dir=…" or "tracking.uri=…".

    Raises:
        UserError: there is no such run, it has no map, or its files are damaged.
    """
    if not isinstance(run, str):
        raise UserError(f"run = {run!r}: give the id of a run, or {NEWEST!r}")
    set_library_environment()
    from pipeline.tracking import Store, given_uri

    config = compose_config(*overrides)
    outputs = Path(output_folder(config.output_dir))
    if not given_uri(config.tracking) and not outputs.is_dir():  # the store would be created
        raise UserError(f'output_dir: {outputs} does not exist; give the folder of the runs as "output_dir=FOLDER"')
    finished = find_run(Store(config.tracking, outputs), run)
    return ClusteringResult(**finished.load(*ARTIFACTS, "labels"))


def stage_printer() -> StagePrinter:
    """Return what prints stages on the terminal or in a notebook."""
    from pipeline.cli.stage_printer import StagePrinter

    return StagePrinter()


def make_executor(
    config: Config,
    overrides: Sequence[str],
    images: Images,
    printer: StagePrinter | None = None,
    observer: Observer = SILENT,
) -> Executor:
    """Return an executor for images without labels: of `config`, or of the best settings in `config.auto`."""
    precomputed = {"images": images, "labels": NO_LABELS}
    executor, _ = choose_settings(
        config,
        overrides,
        lambda candidate: Executor(candidate, printer, observer, precomputed),
        printer or observer,
    )
    return executor


def array_overrides(overrides: Sequence[str]) -> list[str]:
    """Return overrides for an array of images, which no reader reads, as they compose with the default data set.

    Raises:
        UserError: an override is a key of `data` that does not apply to an array.
    """
    for word in overrides:
        key = _key(word)
        if key == "data" or (key.startswith("data.") and key not in ARRAY_KEYS):
            raise UserError(
                f"{word}: the images are the given array; of the group data, only {', '.join(ARRAY_KEYS)} can be set"
            )
    # The default data set, the bundled MNIST, has no key for the range of values.
    return [f"+{word}" if word.startswith("data.value_range") else word for word in overrides]


def _key(word: str) -> str:
    """The key of an override."""
    if not isinstance(word, str):
        raise UserError(f"overrides: {word!r} is no text; give words such as 'cluster=kmeans', and k=10")
    return word.partition("=")[0].lstrip("+")


def to_image_set(images: NDArray[Any], config: Config, observer: Observer = SILENT) -> Images:
    """Return an array of images as an image set in which all are fitted, read by the `ARRAY_KEYS` of `config`."""
    images = np.asarray(images)
    if images.ndim < 3:
        raise UserError(
            f"images: an array of shape {images.shape}; give (n, h, w) or (n, h, w, c), or vectors to LatentClusterer"
        )
    if len(images) < 2 or are_identical([images]):
        same = ", which are all the same" if len(images) > 1 else ""
        raise UserError(f"images: there are {len(images)}{same}; give at least two different ones")
    parts = read_image_parts(images, None, "auto", config.data.value_range, observer)
    train = parts.train
    if config.data.image_size is not None:
        train = resize_images(train, (config.data.image_size, config.data.image_size))
    return Images(train, train[:0], name="array", value_format=asdict(parts.value_format))
