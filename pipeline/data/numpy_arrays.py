"""Image sets in NumPy's files: `.npz` archives and `.npy` arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from pipeline.data.arrays import Layout
from pipeline.data.source import Source
from pipeline.runtime.errors import ArgumentError, UserError, first_line

ARRAY_NAMES = {
    "train": ("images", "x", "x_train", "train_images", "train", "X", "arr_0"),
    "train_labels": ("labels", "y", "y_train", "train_labels"),
    "test": ("test_images", "x_test", "test"),
    "test_labels": ("test_labels", "y_test"),
}
"""Names that an archive may use for each array; the first one that exists counts."""


def read_numpy(path: str, layout: Layout = "auto") -> Source:
    """Return the arrays of an `.npz` file, or the images of an `.npy` file.

    An `.npz` holds images under one of the names in `ARRAY_NAMES`, and may hold labels, test images and test labels.
    Images are uint8, or floats in [0, 1], with their channels where `layout` says. Python objects (pickle) are never
    loaded.

    Raises:
        ArgumentError: the file cannot be read, holds no images, or needs more memory than is free.
    """
    file = Path(path).expanduser()
    try:
        with file.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return Source(loaded, layout=layout)
            arrays = {role: _read_first(loaded, names) for role, names in ARRAY_NAMES.items()}
    except UserError as error:
        raise ArgumentError(f"path: {file}: {error}") from error
    except MemoryError:  # caused by the size in the file's header, not by what this process has allocated
        reason = "its header announces more than memory holds; it is damaged, or too large for this machine"
        raise ArgumentError(f"path: {file} cannot be read as .npz or .npy: {reason}") from None
    except Exception as error:  # a damaged archive makes zipfile, zlib and NumPy raise errors of many types
        reason = first_line(error)
        if "pickle" in reason:
            reason = "it is neither, or holds Python objects (pickle), which are never loaded; save arrays of numbers"
        raise ArgumentError(f"path: {file} cannot be read as .npz or .npy: {reason}") from error
    if arrays["train"] is None:
        names = ", ".join(ARRAY_NAMES["train"])
        raise ArgumentError(f"path: {file} has {', '.join(loaded.files)}, but no images under any of: {names}")
    return Source(arrays["train"], arrays["test"], arrays["train_labels"], arrays["test_labels"], layout=layout)


def _read_first(archive: Any, names: tuple[str, ...]) -> NDArray[Any] | None:
    """The array under the first of the names that the archive has, read in memory without unpacking to a file."""
    name = next((name for name in names if name in archive.files), None)
    if name is None:
        return None
    sizes = {member.filename: member.file_size for member in archive.zip.infolist()}
    size, free = sizes.get(f"{name}.npy", sizes.get(name, 0)), psutil.virtual_memory().available
    if size > free:
        raise UserError(f"{name} unpacks to {size / 2**30:,.0f} GiB and {free / 2**30:,.0f} GiB of memory are free")
    array = archive[name]
    if not isinstance(array, np.ndarray):
        raise UserError(f"{name} is no array")
    return array
