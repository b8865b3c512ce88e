"""A forecast of the time and the memory that the stages of a run will take, by measured runs.

Its numbers are fitted to the records of runs on 10,000 to 1,000,000 images of 28×28 pixels, and on 100,000 photographs
(`tests/records/growth.json` and `photographs.json`), with two cores. It knows the default model, the pretrained
encoder, self-training, UMAP and the mixture; of other choices the time may be far longer, which the text says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import psutil

from pipeline.artifacts.images import Images
from pipeline.config import Config, SelfTraining
from pipeline.config.model import TRAINED
from pipeline.models.training_length import training_length
from pipeline.runtime.available_memory import available_memory
from pipeline.runtime.errors import UserError

MACHINE = "two cores of an Intel Xeon"
"""The machine of the records."""
WORTH_SAYING = 20.0
"""Seconds; a shorter run gets no forecast."""
TOLERANCE = 1.25
"""A run is refused if it needs more than this multiple of the free memory; the forecast includes mapped files."""
MEASURED_MODELS = ("patch64", "conv64", "pretrained", "pretrained_grey", "pca", "pixels", "vectors")
"""Models whose time the records have, or that take next to none."""
SELF_TRAINED = {"self_training": 2.8e-4, "deep_self_training": 7e-4}
"""Seconds for each image of a step, by the network that is trained."""
MEASURED_CHOICES = {"manifold": ("umap", "pca", "none"), "project": ("umap", "pca"),
                    "cluster": ("gmm", "kmeans", "minibatch_kmeans"), "refine": ("none", *SELF_TRAINED)}  # fmt: skip
SIDES = (224, 160, 128, 96, 64, 48, 32, 28, 16)
"""Values of data.image_size that are suggested."""
MIB = 2**20
PIXELS = 28 * 28
"""The pixels of an image in the records of training."""


@dataclass(frozen=True)
class Workload:
    """What time and memory depend on: the configuration, the number and the size of the images, the stages to compute.

    `n` images are fitted, and `m` held out; a value of a pixel takes `itemsize` bytes.
    """

    config: Config
    n: int
    m: int
    shape: tuple[int, int, int]
    itemsize: int
    stages: frozenset[str]
    vector_size: int | None = None

    @classmethod
    def of(cls, config: Config, images: Images, stages: Iterable[str]) -> Workload:
        """Return the workload of these stages for the images of a run."""
        n, m = images.n_fitted, len(images.train) + len(images.test) - images.n_fitted
        vector_size = None if images.vectors is None else images.vectors.shape[1]
        return cls(config, n, m, images.shape, images.train.dtype.itemsize, frozenset(stages), vector_size)

    @property
    def area(self) -> int:
        """Pixels of an image."""
        return self.shape[0] * self.shape[1]

    @property
    def image_bytes(self) -> int:
        """Bytes of an image."""
        return math.prod(self.shape) * self.itemsize

    @property
    def embedded(self) -> int:
        """The images that manifold, map and clusterer are fitted on: all, or the landmarks."""
        return min(self.n, self.config.neighbors.landmarks or self.n)

    @property
    def latent_dim(self) -> int:
        """Dimensions of a latent; of a spatial code at most as many."""
        return self.config.model.latent_dim or self.vector_size or math.prod(self.shape)

    @property
    def trains(self) -> bool:
        """Whether an autoencoder is trained."""
        return self.config.model.target == TRAINED

    @property
    def is_pretrained(self) -> bool:
        """Whether a network that was trained elsewhere encodes the images."""
        return isinstance(self.config.model.encoder, str)

    @property
    def is_measured(self) -> bool:
        """Whether the records have runs of these choices; others may take longer."""
        groups = {name: getattr(self.config, name).name for name in MEASURED_CHOICES}
        known = all(groups[name] in choices for name, choices in MEASURED_CHOICES.items())
        return known and self.config.model.name in MEASURED_MODELS


def _train_seconds(work: Workload) -> float:
    if not work.trains:
        return 60.0 if work.is_pretrained else 1e-5 * work.n
    train = work.config.train
    steps, epochs = training_length(train, work.n, train.epoch_size)
    trained = epochs * steps * min(work.n, train.batch_size)
    validated = epochs * work.m if train.validate_on == "held_out" else 0
    return 5 + (6.6e-5 * trained + 1.8e-5 * validated) * work.area / PIXELS


def _refine_seconds(work: Workload) -> float:
    refine = work.config.refine
    if isinstance(refine, SelfTraining):
        steps, epochs = training_length(refine, work.n)
        trained = refine.rounds * epochs * steps * min(work.n, refine.batch_size)
        seconds = SELF_TRAINED.get(refine.name, max(SELF_TRAINED.values()))
        return 15 + seconds * trained * work.area / PIXELS
    return 0.0 if refine.name == "none" else 1e-4 * refine.max_steps * refine.batch_size * work.area / PIXELS


def _extract_seconds(work: Workload) -> float:
    count = work.n + work.m
    if work.is_pretrained:
        side = (work.config.model.input_size or (96, 96))[0]
        return 5.6e-3 * count * len(work.config.model.views) * (side / 96) ** 2
    return 1.4e-5 * count * work.area / PIXELS if work.trains else 1e-6 * count


def _neighbors_seconds(work: Workload) -> float:
    keys, count = work.config.neighbors.arguments(), work.n + work.m
    if "landmarks" in keys and work.n > work.config.neighbors.exact_up_to:
        return float(250 * (work.n / 1e6) ** 1.5)
    return 0.5 + 5.0 * (work.n / 6e4) * (count / 7e4) * (work.latent_dim / 64)


def _manifold_seconds(work: Workload) -> float:
    return 3 + 2e-5 * work.embedded + 3e-6 * work.n if work.config.manifold.name == "umap" else 1e-5 * work.n


SECONDS: dict[str, Callable[[Workload], float]] = {
    "train": _train_seconds,
    "refine": _refine_seconds,
    "extract": _extract_seconds,
    "neighbors": _neighbors_seconds,
    "manifold": _manifold_seconds,
    "cluster": lambda work: 4 + 4e-5 * work.embedded + 5e-6 * work.n,
    "baselines": lambda work: 4.3e-3 * min(work.n, work.config.baselines.sample),
    "project": lambda work: 1 + 7e-5 * work.embedded,
    "evaluate": lambda work: 1 + 2.5e-5 * work.n,
    "report": lambda work: 3 + 1.4e-5 * work.n,
    "explorer": lambda work: 0.5 + 2e-8 * work.embedded * work.image_bytes + 2e-5 * work.embedded,
}
"""The seconds of each stage after the data on the machine of the records."""


def forecast_seconds(work: Workload) -> float:
    """Return the seconds that the stages will take, with the start and the end of a run."""
    return 5 + sum(seconds(work) for stage, seconds in SECONDS.items() if stage in work.stages)


def forecast_memory(work: Workload) -> float:
    """Return the highest resident memory in MiB: libraries, images with copies, latents, graph, samples, training."""
    config, stages, count = work.config, work.stages, work.n + work.m
    uses_keras = stages & {"train", "refine", "extract"} and (work.trains or work.is_pretrained)
    uses_umap = any(name in stages and getattr(config, name).name == "umap" for name in ("manifold", "project"))
    parts = {
        "libraries": 350 + 700 * bool(uses_keras) + 250 * uses_umap,
        "images": 2 * count * work.image_bytes / MIB,
        "latents and graph": 1.2 * count * (4 * work.latent_dim + 12 * config.neighbors.k + 48) / MIB,
        "distances": 100 if "evaluate" in stages else 0,
        "batches": 300 * config.train.batch_size * work.area / MIB if "train" in stages and work.trains else 0,
    }
    return sum(parts.values())


def memory_for_process() -> float:
    """Return the MiB that this process has or can still get."""
    return float(psutil.Process().memory_info().rss + available_memory()) / MIB


def describe_forecast(work: Workload, free: float) -> str:
    """Return one line on time and memory, or an empty text for a short run; `free` is in MiB.

    Raises:
        UserError: the run does not fit into the memory; the message says what would.
    """
    seconds, memory = forecast_seconds(work), forecast_memory(work)
    height, width, channels = work.shape
    images = f"{work.n + work.m:,} images of {height}×{width}×{channels}"
    if memory > TOLERANCE * free:
        raise UserError(
            f"data.train_size: {images} need about {_gib(memory)} of memory, and {_gib(free)} are free; "
            f"{_what_fits(work, free)}"
        )
    if seconds < WORTH_SAYING and memory < free:
        return ""
    least = "" if work.is_measured else "at least "
    tight = ", which is tight" if memory > free else ""
    return (
        f"forecast: {least or 'about '}{_duration(seconds)} (on {MACHINE}) and {_gib(memory)} of memory for {images}; "
        f"{_gib(free)} are free{tight}"
    )


def _what_fits(work: Workload, free: float) -> str:
    """What would fit into the free memory."""
    fitting = []
    n = _largest_n(work, free)
    if n >= 1000:
        fitting.append(f"data.train_size={n}")
    sides = [side for side in SIDES if side < max(work.shape[:2])]
    shrunk = (side for side in sides if forecast_memory(replace(work, shape=(side, side, work.shape[2]))) <= free)
    side = next(shrunk, None)
    if side is not None:
        fitting.append(f"data.image_size={side}")
    return f"{' or '.join(fitting)} would fit" if fitting else "free some, or use a machine with more"


def _largest_n(work: Workload, free: float) -> int:
    """The largest number of fitted images that fits, with two significant digits, which keeps a margin; 0 if none."""
    low, high = 0, work.n
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if forecast_memory(replace(work, n=middle)) <= free else (low, middle - 1)
    unit: int = 10 ** max(0, len(str(low)) - 2)
    return low // unit * unit


def _gib(mib: float) -> str:
    return f"{mib / 1024:.1f} GiB" if mib < 100 * 1024 else f"{mib / 1024:,.0f} GiB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
