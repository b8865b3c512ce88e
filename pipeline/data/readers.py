"""Readers of image sets in common formats; each returns a `Source`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from pipeline.data.idx import parse, read_bytes
from pipeline.data.source import Source
from pipeline.errors import ArgumentError, UserError

IDX_NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
NUMPY_NAMES = {
    "train": ("images", "x", "x_train", "train_images", "train", "X", "arr_0"),
    "train_labels": ("labels", "y", "y_train", "train_labels"),
    "test": ("test_images", "x_test", "test"),
    "test_labels": ("test_labels", "y_test"),
}


def read_digits() -> Source:
    """Return scikit-learn's 1,797 digits (8, 8), their 17 grey levels spread over 0 to 255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    return Source(images, None, digits.target, None, [str(digit) for digit in range(10)])


def read_idx(path: str) -> Source:
    """Return the IDX files in the folder `path`, named as MNIST names its four, gzipped or not.

    Only the train images are required.
    """
    folder = Path(path).expanduser()
    train, train_labels, test, test_labels = (_read_idx_file(folder, name) for name in IDX_NAMES)
    if train is None:
        raise ArgumentError(f"path: {folder} holds no {IDX_NAMES[0]} or {IDX_NAMES[0]}.gz")
    return Source(train, test, train_labels, test_labels)


def _read_idx_file(folder: Path, name: str) -> NDArray[Any] | None:
    for path in (folder / f"{name}.gz", folder / name):
        if path.exists():
            return parse(read_bytes(path), str(path))
    return None


def read_numpy(path: str) -> Source:
    """Return the arrays of an `.npz` file, or the images of an `.npy` file.

    An `.npz` holds images under one of the names images, x, x_train, train_images, and may hold labels, test
    images and test labels under the matching names. Values are uint8, or floats in [0, 1].
    """
    file = Path(path).expanduser()
    try:
        with file.open("rb") as opened:
            loaded = np.load(opened, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return Source(loaded)
            found = {role: _first(loaded, names) for role, names in NUMPY_NAMES.items()}
    except UserError as error:
        raise ArgumentError(f"path: {file}: {error}") from error
    except MemoryError:  # of what the file announces, which is not this machine's fault
        reason = "it announces more than memory holds; it is damaged, or too large for this machine"
        raise ArgumentError(f"path: {file} cannot be read as .npz or .npy: {reason}") from None
    except Exception as error:  # a damaged archive makes zipfile, zlib and NumPy raise nearly anything
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        if "pickle" in reason:
            reason = "it is neither, or holds Python objects (pickle), which are never loaded; save arrays of numbers"
        raise ArgumentError(f"path: {file} cannot be read as .npz or .npy: {reason}") from error
    if found["train"] is None:
        names = ", ".join(NUMPY_NAMES["train"])
        raise ArgumentError(f"path: {file} has {', '.join(loaded.files)}, but no images under any of: {names}")
    return Source(found["train"], found["test"], found["train_labels"], found["test_labels"])


def _first(arrays: Any, names: tuple[str, ...]) -> NDArray[Any] | None:
    """The array under the first of the names that the archive has; members are read, never unpacked to files."""
    name = next((name for name in names if name in arrays.files), None)
    if name is None:
        return None
    members = {member.filename: member.file_size for member in arrays.zip.infolist()}
    size, free = members.get(f"{name}.npy", members.get(name, 0)), psutil.virtual_memory().available
    if size > free:
        raise UserError(f"{name} unpacks to {size / 2**30:,.0f} GiB and {free / 2**30:,.0f} GiB of memory are free")
    array = arrays[name]
    if not isinstance(array, np.ndarray):
        raise UserError(f"{name} is no array")
    return array
