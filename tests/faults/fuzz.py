"""Random arrays, tables and folders of images: each is read as it was written, or refused in one line."""

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

from pipeline.artifacts import Images, Labels
from pipeline.artifacts.images import to_unit_range
from pipeline.config import Data
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import StageObserver
from pipeline.stages.data import data

DTYPES = ("uint8", "int8", "uint16", "int16", "int32", "int64", "float16", "float32", "float64", "bool")
WORDS = ("cat", "dog", "Zoë", "a b", "0", "10", "x;y")
SPLITS = ("train", "test", "val")


def read(reader: str, path: Path, **keys: Any) -> tuple[Images, Labels, list[str]] | None:
    """What stage data reads, with its notes; None if it refuses the input in one line."""
    observer = StageObserver()
    try:
        images, labels = data(Data(name="some", target=f"pipeline.data.{reader}", path=str(path), **keys), observer)
    except UserError as error:
        if len(str(error).splitlines()) != 1:
            raise AssertionError("the refusal is not one line") from error
        return None
    return images, labels, observer.notes


# Arrays


def fuzz_array(rng: np.random.Generator, folder: Path) -> bool:
    """Write and read one `.npz`; return whether it was accepted."""
    pixels, labels = random_pixels(rng), None
    n = len(pixels)
    arrays = {"images": pixels}
    if rng.random() < 0.6:
        labels = random_labels(rng, n)
        arrays["labels"] = labels
    np.savez(folder / "a.npz", **arrays)
    result = read("numpy_arrays.read_numpy", folder / "a.npz")
    if result is None:
        return False
    images, read_labels, notes = result
    assert len(images.train) == n
    is_moved = any(note.startswith("data.layout") and "channels first" in note for note in notes)
    expected = np.moveaxis(pixels, 1, -1) if is_moved else pixels.reshape(*pixels.shape[:3], -1)
    low, high = images.value_format["limits"]
    unit = (expected.astype(np.float64) - low) / (high - low)
    np.testing.assert_allclose(to_unit_range(images.train), unit, atol=1e-5)
    is_usual = (low, high) == ((0, 255) if pixels.dtype == np.uint8 else (0, 1))
    constant = pixels.min() == pixels.max()
    is_noted = any(note.startswith("data.value_range") for note in notes)
    assert is_usual or is_noted or constant, (pixels.dtype, low, high, notes)
    if labels is not None:
        check_labels(labels, read_labels)
    return True


def random_pixels(rng: np.random.Generator) -> np.ndarray:
    """Images of a random shape, dtype and range, channels first, last or absent, now and then not finite."""
    n, height, width = rng.integers(2, 6), rng.integers(1, 12), rng.integers(1, 12)
    channels = rng.choice([1, 2, 3, 4])
    shapes = [(n, height, width), (n, height, width, channels), (n, channels, height, width)]
    shape = shapes[rng.integers(3)]
    dtype = np.dtype(rng.choice(DTYPES))
    low, high = sorted(rng.choice([-1000, -128, -1, -0.5, 0, 0.5, 1, 2, 40, 127, 200, 255, 300, 4095, 65535], 2))
    values = rng.uniform(low, high, shape)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        values = np.clip(np.round(values), limits.min, limits.max)
    if dtype.kind == "f" and rng.random() < 0.05:
        values.flat[0] = rng.choice([np.nan, np.inf])
    with np.errstate(over="ignore"):  # float16 has no 65,535
        return values > (low + high) / 2 if dtype.kind == "b" else values.astype(dtype)


def random_labels(rng: np.random.Generator, n: int) -> np.ndarray:
    """Labels of a random kind, some of them unknown."""
    numbers = rng.integers(0, 4, n)
    words = rng.choice(WORDS, n)
    kinds = [
        numbers, numbers - rng.integers(0, 3, n), numbers.astype(float), words, words.astype("S16", casting="unsafe")
        if words.dtype.kind == "U" and all(word.isascii() for word in words) else words,
        np.where(rng.random(n) < 0.3, np.nan, numbers), numbers[:, None], np.eye(4)[numbers], numbers + 0.25,
    ]  # fmt: skip
    return np.asarray(kinds[rng.integers(len(kinds))])


def check_labels(labels: np.ndarray, read_labels: Labels) -> None:
    """Check that images have the same class as before exactly if their labels are equal, and unknown ones none."""
    if labels.ndim == 2:
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(axis=1)
    for i, label in enumerate(labels.tolist()):
        is_unknown = isinstance(label, int | float) and (label != label or label < 0)
        assert (read_labels.train[i] == -1) == is_unknown, (label, read_labels)
        if not is_unknown:
            name = label.decode() if isinstance(label, bytes) else label
            name = int(name) if isinstance(name, float) and name.is_integer() else name
            assert read_labels.names[read_labels.train[i]] == str(name)


# Tables and folders of files


def random_picture(rng: np.random.Generator, size: tuple[int, int]) -> tuple[np.ndarray, bytes]:
    """An 8-bit grey or colour picture (h, w[, 3]), and its PNG."""
    shape = size if rng.random() < 0.5 else (*size, 3)
    pixels = rng.integers(0, 256, shape, np.uint8)
    pixels.flat[0] = 255  # no mask of 0 and 1
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return pixels, buffer.getvalue()


def check_pictures(pictures: list[np.ndarray], train: np.ndarray) -> None:
    """Check that colour pictures are read exactly, and grey ones too or with three equal channels."""
    assert len(pictures) == len(train)
    for pixels, image in zip(pictures, train, strict=True):
        expected = pixels[..., None] if pixels.ndim == 2 else pixels
        np.testing.assert_array_equal(image, np.broadcast_to(expected, image.shape))


def fuzz_table(rng: np.random.Generator, folder: Path) -> bool:
    """Write and read one Parquet file; return whether it was accepted."""
    n, size = int(rng.integers(2, 7)), (int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    pictures = [random_picture(rng, size) for _ in range(n)]
    is_missing = rng.random(n) < 0.1
    cells: list[Any] = [None if missing else png for missing, (_, png) in zip(is_missing, pictures, strict=True)]
    if rng.random() < 0.5:
        cells = [{"bytes": cell, "path": None} for cell in cells]
    labels = [None if rng.random() < 0.2 else str(rng.choice(WORDS)) for _ in range(n)]
    parquet.write_table(pa.table({"image": cells, "label": pa.array(labels, pa.string())}), folder / "a.parquet")
    result = read("parquet.read_parquet", folder / "a.parquet")
    if result is None:
        return False
    images, read_labels, _ = result
    rows = np.flatnonzero(~is_missing)
    assert images.skipped == n - len(rows)
    assert images.paths == [f"a.parquet[{row}]" for row in rows]
    check_pictures([pictures[row][0] for row in rows], images.train)
    names = [read_labels.names[label] if label >= 0 else None for label in read_labels.train]
    assert names == [labels[row] for row in rows]
    return True


def fuzz_folder(rng: np.random.Generator, folder: Path) -> bool:
    """Write and read one tree of PNG files with class folders; return whether it was accepted."""
    root = folder / "tree"
    shutil.rmtree(root, ignore_errors=True)
    size = (int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    wrapper = "all/" if rng.random() < 0.3 else ""
    splits = list(SPLITS[: rng.integers(2, 4)]) if rng.random() < 0.4 else [""]
    classes = list(rng.choice(WORDS, rng.integers(2, 4), replace=False))
    files: dict[str, np.ndarray] = {}
    for split in splits:
        for name in classes:
            for i in range(rng.integers(1, 3)):
                path = f"{wrapper}{split}{'/' if split else ''}{name}/{i}.png"
                files[path], content = random_picture(rng, size)
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_bytes(content)
    result = read("image_folder.read_image_folder", root, labels_from="folder")
    if result is None:
        return False
    images, labels, _ = result
    assert sorted(images.paths) == sorted(files), "each file is read once"
    check_pictures([files[path] for path in images.paths], np.concatenate([images.train, images.test]))
    for path, label in zip(images.paths, np.concatenate([labels.train, labels.test]), strict=True):
        assert labels.names[label] == Path(path).parts[-2], (path, labels.names)
    held_out = {path for path in files if "test" in Path(path).parts}
    assert set(images.paths[len(images.train) :]) == held_out
    return True


KINDS = {"arrays": fuzz_array, "tables": fuzz_table, "folders": fuzz_folder}


def run_cases(kind: str, first_seed: int, count: int) -> int:
    """Run `count` cases with the seeds after `first_seed`; return how many were accepted.

    Raises:
        AssertionError: an input was read wrongly; a note says which seed.
    """
    accepted = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first_seed, first_seed + count):
            try:
                accepted += KINDS[kind](np.random.default_rng(seed), Path(folder))
            except Exception as error:
                error.add_note(f"{kind}, seed {seed}")
                raise
    return accepted


def fuzz() -> str:
    """Read 20,000 random inputs; return one line."""
    counts = {"arrays": 12_000, "tables": 4_000, "folders": 4_000}
    accepted = {kind: run_cases(kind, 1_000_000, count) for kind, count in counts.items()}
    listed = ", ".join(f"{count:,} {kind} ({accepted[kind]:,} accepted)" for kind, count in counts.items())
    return f"fuzz: {listed}; all were read as written or refused in one line, 0 lost"
