"""Small, seeded things to test on, shared by all test files."""

import os
import shutil

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The workers share the cores: a thread that spins while it waits takes them from the others.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# The variables above must be set before anything heavy is imported.
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings

from pipeline.artifacts import Features, Graph, Images, Labels, Latents
from pipeline.embedding.neighbors import exact
from pipeline.runtime.observer import Observer

settings.register_profile("all", deadline=None, derandomize=True, max_examples=40, database=None)
settings.register_profile("fast", settings.get_profile("all"), max_examples=25)


def pytest_configure(config):
    """Try fewer random examples where the slow tests are left out."""
    settings.load_profile("fast" if "not slow" in config.option.markexpr else "all")


def pytest_collection_modifyitems(items):
    """Put the files with slow tests first, so that no worker waits for another at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


class Recorder(Observer):
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[tuple[float, float]] = []
        self.epochs: list[tuple[int, dict[str, float]]] = []
        self.notes: list[str] = []

    def progress(self, done, total, unit=""):
        self.steps.append((done, total))

    def report_metrics(self, step, metrics):
        self.epochs.append((step, dict(metrics)))

    def note(self, message):
        self.notes.append(message)


@dataclass(frozen=True)
class Blobs:
    """Well separated groups in eight dimensions, of falling size, in random order."""

    latents: Latents
    graph: Graph
    labels: np.ndarray
    held_labels: np.ndarray

    @property
    def features(self) -> Features:
        return Features(self.latents.fitted, self.latents.held_out, "latents")


def draw_blobs(sizes=(70, 50, 36), held=12, neighbors=15, seed=0) -> Blobs:
    rng = np.random.default_rng(seed)
    centres = 10 * np.eye(len(sizes), 8)
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    held_labels = np.repeat(np.arange(len(sizes)), held)

    def draw(groups):
        return (centres[groups] + rng.normal(size=(len(groups), 8))).astype(np.float32)

    latents = Latents(draw(labels), draw(held_labels), [8])
    return Blobs(latents, exact(latents, neighbors), labels, held_labels)


@pytest.fixture
def recorder() -> Recorder:
    """An observer for one test."""
    return Recorder()


@pytest.fixture(scope="module")
def module_recorder() -> Recorder:
    """An observer for what a whole file looks at."""
    return Recorder()


@pytest.fixture(scope="session")
def blobs() -> Blobs:
    """Three groups; their neighbour graph has three components."""
    return draw_blobs()


@pytest.fixture(scope="session")
def make_blobs() -> Callable[..., Blobs]:
    """A function that draws other groups."""
    return draw_blobs


def _digits() -> tuple[np.ndarray, np.ndarray]:
    from pipeline.data.digits import read_digits

    source = read_digits()
    return source.train[..., None], source.train_labels.astype(np.int32)


@pytest.fixture(scope="session")
def images() -> Images:
    """96 digits of 8×8 to fit and 32 held out."""
    pixels, _ = _digits()
    return Images(pixels[:96], pixels[96:128], "train", "digits")


@pytest.fixture(scope="session")
def labels() -> Labels:
    """The labels of `images`."""
    _, known = _digits()
    return Labels(known[:96], known[96:128], [str(digit) for digit in range(10)])


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory) -> Path:
    """A tracking database with its migrations done, once for all tests and workers of pytest-xdist."""
    from pipeline.tracking import open_client

    base = tmp_path_factory.getbasetemp()
    file = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "empty.db"
    with FileLock(file.with_suffix(".lock")):
        open_client(f"sqlite:///{file}")
    return file


@pytest.fixture
def outputs(tmp_path, empty_store) -> Path:
    """An outputs folder of the test's own with an empty tracking database in it."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path
