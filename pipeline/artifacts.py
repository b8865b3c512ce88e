"""The typed things that flow between stages, and how each is checked, saved and loaded.

Everywhere `n` counts fitted images, `m` held-out images (0 where nothing was held out), `d` latent dimensions.
Arrays are stored as `.npy` and loaded memory-mapped; everything else goes to one `artifact.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int32]
Pixel = NDArray[np.uint8] | NDArray[np.float32]


class Artifact:
    """What a stage gives: dataclass fields that know their way to a folder and back."""

    def save(self, folder: Path) -> None:
        """Write the artifact below `folder`."""
        self.save_fields(folder)

    def save_fields(self, folder: Path) -> None:
        """Write every field below `folder`: arrays as `<field>.npy`, the rest as `artifact.json`."""
        folder.mkdir(parents=True, exist_ok=True)
        rest: dict[str, Any] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                np.save(folder / f"{item.name}.npy", value)
            else:
                rest[item.name] = value
        (folder / "artifact.json").write_text(json.dumps(rest, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; arrays come back memory-mapped and read-only."""
        values = json.loads((folder / "artifact.json").read_text())
        for item in fields(cls):  # type: ignore[arg-type]
            stored = folder / f"{item.name}.npy"
            if stored.exists():
                values[item.name] = np.load(stored, mmap_mode="r", allow_pickle=False)
        return cls(**values)

    def metrics(self) -> dict[str, float]:
        """Numbers worth a column in the tracking store; none by default."""
        return {}


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def unit_range(images: Pixel) -> Float:
    """Return images as float32 in [0, 1]: 8-bit values are divided by 255, floats pass."""
    if images.dtype == np.uint8:
        return np.asarray(images, np.float32) / np.float32(255)
    return np.asarray(images, np.float32)


@dataclass(frozen=True)
class Images(Artifact):
    """Images without labels: `train` (a, h, w, c) and `test` (b, h, w, c), uint8 or float32 in [0, 1].

    `split` says which of the two is fitted; the other is held out, except that with `split="test"` nothing is
    (the larger set would only pose as a test). `digest` identifies the pixels and the split. `paths` names the
    file of each image, train first, where images are files; `train_rows` and `test_rows` are places in the source.
    """

    train: Pixel
    test: Pixel
    split: str = "train"
    name: str = "images"
    digest: str = ""
    note: str = ""
    train_rows: NDArray[np.int64] | None = None
    test_rows: NDArray[np.int64] | None = None
    paths: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        _check(self.split in ("train", "test", "all"), f"split is {self.split!r}, not train, test or all")
        for part in (self.train, self.test):
            _check(part.ndim == 4, f"images have shape {part.shape}, not (n, height, width, channels)")
            _check(part.dtype in (np.uint8, np.float32), f"images are {part.dtype}, not uint8 or float32")
        _check(self.train.shape[1:] == self.test.shape[1:], "train and test images differ in shape")

    @classmethod
    def from_array(cls, images: NDArray[Any], name: str = "array") -> Images:
        """Take a plain array (n, h, w) or (n, h, w, c), uint8 or floats in [0, 1], all of it fitted."""
        array = np.asarray(images)
        array = array[..., None] if array.ndim == 3 else array
        array = array if array.dtype == np.uint8 else array.astype(np.float32)
        return cls(train=array, test=array[:0], name=name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """One image's (height, width, channels)."""
        height, width, channels = self.train.shape[1:]
        return height, width, channels

    def part(self, split: str) -> Pixel:
        """The images of `split`: train, test, or all (train first)."""
        if split == "all":
            return np.concatenate([self.train, self.test])
        return self.train if split == "train" else self.test

    def names(self, split: str) -> list[str]:
        """A name for each image of `split`: its file's path where images are files, else its place in the source."""
        if split == "all":
            prefix = "" if self.paths else "{}/"
            return [prefix.format(part) + name for part in ("train", "test") for name in self.names(part)]
        border = len(self.train)
        if self.paths:
            return self.paths[:border] if split == "train" else self.paths[border:]
        rows = self.train_rows if split == "train" else self.test_rows
        return [str(row) for row in (range(len(self.part(split))) if rows is None else rows)]

    @property
    def fitted(self) -> Pixel:
        """The n images that everything is fitted on."""
        return self.part(self.split)

    @property
    def held_out(self) -> Pixel:
        """The m images that are only ever assigned."""
        return self.test if self.split == "train" else self.train[:0]

    def metrics(self) -> dict[str, float]:
        """Count the images of each part."""
        return {"data/fitted_images": float(len(self.fitted)), "data/held_out_images": float(len(self.held_out))}


@dataclass(frozen=True)
class Labels(Artifact):
    """Ground truth for evaluate, report and explorer alone: `train` (a,) and `test` (b,) int32, −1 where unknown.

    `names[i]` is class i in words. Both arrays may be empty: then nothing is known.
    """

    train: Int
    test: Int
    names: list[str] = field(default_factory=list)
    split: str = "train"

    @property
    def known(self) -> bool:
        """Whether there is anything to score against."""
        return bool((self.fitted >= 0).any())

    @property
    def fitted(self) -> Int:
        """Labels of the fitted images, (n,)."""
        return np.concatenate([self.train, self.test]) if self.split == "all" else getattr(self, self.split)

    @property
    def held_out(self) -> Int:
        """Labels of the held-out images, (m,)."""
        return self.test if self.split == "train" else self.train[:0]


@dataclass(frozen=True)
class Latents(Artifact):
    """The bottleneck, flattened: `fitted` (n, d) and `held_out` (m, d) float32; `shape` is one code's own shape."""

    fitted: Float
    held_out: Float
    shape: list[int]

    def __post_init__(self) -> None:
        _check(self.fitted.ndim == 2, f"latents have shape {self.fitted.shape}, not (n, d)")
        _check(bool(np.isfinite(self.fitted).all()), "latents hold values that are not finite: training diverged")

    def metrics(self) -> dict[str, float]:
        """Report the latent size and how many of its dimensions carry any variance."""
        active = int((self.fitted.std(axis=0) > 1e-6).sum())
        return {"latent_size": float(self.fitted.shape[1]), "latents/active_dimensions": float(active)}


@dataclass(frozen=True)
class Graph(Artifact):
    """Nearest fitted neighbours in the latent space, nearest first, a point never its own neighbour.

    `indices` (n, k) int32 and `distances` (n, k) float32, Euclidean; `held_indices` and `held_distances` (m, k)
    are the fitted neighbours of the held-out points.
    """

    indices: Int
    distances: Float
    held_indices: Int
    held_distances: Float

    def __post_init__(self) -> None:
        _check(self.indices.shape == self.distances.shape, "a graph needs a distance for each neighbour")

    @property
    def k(self) -> int:
        """Neighbours a point."""
        return int(self.indices.shape[1])

    def metrics(self) -> dict[str, float]:
        """Summarise how far neighbours are."""
        return {"neighbors/k": float(self.k), "neighbors/median_distance": float(np.median(self.distances[:, -1]))}


@dataclass(frozen=True)
class Features(Artifact):
    """What is clustered or drawn: coordinates `fitted` (n, p) and `held_out` (m, p) float32, and their method.

    A linear method keeps `mean` (d,) and `components` (p, d) and places new points exactly; `latents` leaves them
    as they are; any other method puts a new point at the weighted mean of its fitted neighbours. Where `first` is a
    number, the method itself gave only that many of the fitted points, the first, and the others were placed so too.
    """

    fitted: Float
    held_out: Float
    method: str
    mean: Float | None = None
    components: Float | None = None
    first: int | None = None

    def __post_init__(self) -> None:
        _check(bool(np.isfinite(self.fitted).all()), f"{self.method} gave coordinates that are not finite")

    @property
    def exact(self) -> bool:
        """Whether new points are placed by the method itself, not between their neighbours."""
        return self.method == "latents" or self.components is not None

    def place(self, latents: Float, indices: Int, distances: Float) -> Float:
        """Return coordinates (m, p) of new `latents` (m, d) whose fitted neighbours (m, k) are given."""
        from pipeline.knn import barycentre

        if not len(latents):
            return np.empty((0, self.fitted.shape[1]), np.float32)
        if self.method == "latents":
            return np.asarray(latents, np.float32)
        if self.mean is not None and self.components is not None:
            return np.asarray((latents - self.mean) @ self.components.T, np.float32)
        return barycentre(self.fitted, indices, distances)

    def with_held_out(self, latents: Latents, graph: Graph) -> Self:
        """Return the same with the held-out points placed."""
        return replace(self, held_out=self.place(latents.held_out, graph.held_indices, graph.held_distances))


class Map(Features):
    """Features in two dimensions, for looking."""


@dataclass(frozen=True)
class Clustering(Artifact):
    """Cluster of each image: `fitted` (n,) and `held_out` (m,) int32, noise −1, clusters numbered by falling size.

    The confidences, float32 in [0, 1], are the posterior of the assigned cluster where the algorithm has one, else
    the share of a point's neighbours in the same cluster. `centres` (k, d) float32 are the mean latents of the
    members. `notes` says what was sampled, if anything was; `scores` keeps the estimator's own criteria.
    `estimator` is the fitted scikit-learn object, None where it is none that may be loaded again; `numbering` is the
    table from its labels + 1 to ours.
    """

    fitted: Int
    held_out: Int
    confidence: Float
    held_confidence: Float
    centres: Float
    method: str
    notes: list[str] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    estimator: Any = None
    numbering: Int | None = None

    def save(self, folder: Path) -> None:
        """Write the arrays, and the fitted estimator as a skops file: loading one runs no code of the file."""
        from pipeline.estimators import dumps

        replace(self, estimator=None).save_fields(folder)
        (folder / "estimator.skops").write_bytes(dumps(self.estimator))

    @classmethod
    def load(cls, folder: Path) -> Clustering:
        """Read the arrays and the fitted estimator."""
        from pipeline.estimators import loads

        return replace(super().load(folder), estimator=loads((folder / "estimator.skops").read_bytes()))

    @property
    def k(self) -> int:
        """Number of clusters found, noise not counted."""
        return len(self.centres)

    def metrics(self) -> dict[str, float]:
        """Report k, coverage and the estimator's own criteria (inertia, lower bound, …)."""
        coverage = float((self.fitted >= 0).mean())
        return {"k": float(self.k), "coverage": coverage} | {f"cluster/{k}": v for k, v in self.scores.items()}


@dataclass(frozen=True)
class NullClusterings(Artifact):
    """Clusterings of the same images in several spaces, of which some were never trained; no label had a part in them.

    `rows` (s,) int64 are the places of a sample among the fitted images, the same for every space, ascending;
    `clusters` (spaces, s) int32 its clusters by space, noise −1. `spaces` names them and `dimensions` says in how many
    each was clustered. `notes` says how this differs from the run's own clustering. Without null models all are empty.
    """

    rows: NDArray[np.int64]
    clusters: Int
    spaces: list[str]
    dimensions: list[int]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        _check(self.clusters.shape == (len(self.spaces), len(self.rows)), "each space needs a cluster for each row")

    @classmethod
    def none(cls) -> Self:
        """No null models."""
        return cls(np.empty(0, np.int64), np.empty((0, 0), np.int32), [], [])


@dataclass(frozen=True)
class Scores(Artifact):
    """Everything measured: `values` by name, a table row per cluster, and the contingency matrices.

    `contingency` (classes, clusters) int64 counts fitted images; where noise exists it is the last column,
    as `columns` says. It is empty without labels. `nulls` has a table row per space of the null models, and
    `null_notes` says how those were made. `notes` says what was left out or measured on a sample.
    """

    values: dict[str, float]
    clusters: list[dict[str, float]]
    contingency: NDArray[np.int64]
    columns: list[int]
    notes: list[str] = field(default_factory=list)
    nulls: list[dict[str, Any]] = field(default_factory=list)
    null_notes: list[str] = field(default_factory=list)

    def metrics(self) -> dict[str, float]:
        """All scores."""
        return self.values


@dataclass(frozen=True)
class ReportPage(Artifact):
    """The report: one self-contained page, and its figures as PNG files by name, in the page's order."""

    html: str
    figures: dict[str, bytes]

    def save(self, folder: Path) -> None:
        """Write `report.html` and `figures/<name>.png` below `folder`."""
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(self.html, encoding="utf-8")
        for name, image in self.figures.items():
            (folder / "figures" / f"{name}.png").write_bytes(image)

    @classmethod
    def load(cls, folder: Path) -> ReportPage:
        """Read the page and its figures."""
        images = {path.stem: path.read_bytes() for path in sorted((folder / "figures").glob("*.png"))}
        return cls((folder / "report.html").read_text(encoding="utf-8"), images)


@dataclass(frozen=True)
class ExplorerPage(Artifact):
    """The explorer: one self-contained page, and the images as a Parquet file, empty where none was asked for."""

    html: str
    parquet: bytes = b""

    def save(self, folder: Path) -> None:
        """Write `explorer.html`, and `images.parquet` if there is one, below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "explorer.html").write_text(self.html, encoding="utf-8")
        if self.parquet:
            (folder / "images.parquet").write_bytes(self.parquet)

    @classmethod
    def load(cls, folder: Path) -> ExplorerPage:
        """Read the page and the Parquet file."""
        table = folder / "images.parquet"
        html = (folder / "explorer.html").read_text(encoding="utf-8")
        return cls(html, table.read_bytes() if table.exists() else b"")

    def metrics(self) -> dict[str, float]:
        """Say what the files weigh."""
        sizes = {"page": len(self.html.encode()), "parquet": len(self.parquet)}
        return {f"explorer/{name}_mb": size / 1e6 for name, size in sizes.items() if size}
