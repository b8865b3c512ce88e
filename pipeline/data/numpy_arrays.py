"""Image sets in NumPy's files: `.npz` archives and `.npy` arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.data.array_names import ROLE_KEYS, ImageShape, assign_positions, assign_roles, reshape_flat
from pipeline.data.arrays import Layout
from pipeline.data.source import Source, require_no_text_table
from pipeline.runtime.array_files import HEADER_LOCK
from pipeline.runtime.available_memory import available_memory
from pipeline.runtime.errors import ArgumentError, UserError, first_line
from pipeline.runtime.observer import SILENT, Observer

Arrays = dict[str, NDArray[Any]]


def read_numpy(
    path: str,
    layout: Layout = "auto",
    image_shape: ImageShape | None = None,
    images_array: str | None = None,
    labels_array: str | None = None,
    test_images_array: str | None = None,
    test_labels_array: str | None = None,
    val_part: Literal["train", "test", "none"] = "train",
    observer: Observer = SILENT,
) -> Source:
    """Return the arrays of an `.npz` file, or the images of an `.npy` file.

    An `.npz` holds images, and may hold labels and a test part, each under one of `accepted_names`, under the name that
    a key says, or in the order of `np.savez(images, labels)`. A validation part is added to the train or the test part,
    or left out. Flat images (n, values) get `image_shape`. `layout` says where the channels are. Notes say what was
    assumed. Python objects (pickle) are never loaded.

    Raises:
        ArgumentError: the file cannot be read, holds no images, or needs more memory than is free.
    """
    file = Path(path).expanduser()
    require_no_text_table(file)
    chosen = {
        "train": images_array, "train_labels": labels_array,
        "test": test_images_array, "test_labels": test_labels_array,
    }  # fmt: skip
    arrays = _load_arrays(file, chosen, observer)
    for role in ("train", "val", "test"):
        if role in arrays:
            arrays[role] = reshape_flat(arrays[role], image_shape)
    _merge_validation_part(arrays, val_part, observer)
    return Source(
        arrays["train"], arrays.get("test"), arrays.get("train_labels"), arrays.get("test_labels"), layout=layout
    )


def _load_arrays(file: Path, chosen: dict[str, str | None], observer: Observer) -> Arrays:
    """The arrays by role; at least `train`."""
    try:
        with file.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"train": loaded}
            names = list(loaded.files)
            roles = _find_roles(loaded, chosen, file, observer)
            arrays = {role: read_member(loaded, name) for role, name in roles.items()}
    except ArgumentError:
        raise
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
    if "train" not in arrays:
        raise ArgumentError(
            f"path: {file} has {', '.join(names)}, but no images under a usual name such as images, x_train, data; set "
            "data.images_array to the name of the images, data.labels_array to that of the labels"
        )
    return arrays


def _find_roles(archive: Any, chosen: dict[str, str | None], file: Path, observer: Observer) -> dict[str, str]:
    """The name of the array for each role, with notes on other candidates, on positions, and on arrays left out."""
    names = list(archive.files)
    roles, others = assign_roles(names, chosen, str(file))
    if "train" not in roles and "arr_0" in names:
        positions = assign_positions(names, lambda name: read_member(archive, name).shape)
        roles = positions | roles
        if len(positions) > 1:
            order = ", ".join(f"{name} as {ROLE_KEYS[role].removesuffix('_array')}" for role, name in positions.items())
            observer.note(f"arrays without names are read by their shapes: {order}; data.images_array=… says otherwise")
    for role, candidates in others.items():
        key = f"; data.{ROLE_KEYS[role]}=… chooses another" if role in ROLE_KEYS else ""
        observer.note(f"of the arrays {', '.join([roles[role], *candidates])} the first is read{key}")
    mentioned = {*roles.values(), *(name for candidates in others.values() for name in candidates)}
    unused = [name for name in names if name not in mentioned]
    if unused and "train" in roles:
        observer.note(f"arrays that are not read: {', '.join(unused)}")
    return roles


def _merge_validation_part(arrays: Arrays, part: str, observer: Observer) -> None:
    """Append the validation images and their labels to the train or the test part, or drop them."""
    images, labels = arrays.pop("val", None), arrays.pop("val_labels", None)
    if images is None:
        return
    for role in ("val", "train", "test"):
        array = images if role == "val" else arrays.get(role)
        if array is not None and not array.ndim:
            raise ArgumentError(f"the {role} images are a single number; give an array (n, height, width)")
    count = f"{len(images):,} validation images"
    if part == "none":
        observer.note(f"{count} are left out, as data.val_part says")
        return
    observer.note(f"{count} are added to the {part} images; data.val_part=train, test or none decides")
    first = arrays.get(part, images[:0])
    if first.shape[1:] != images.shape[1:]:
        raise ArgumentError(
            f"val_part = {part!r}: validation images have shape {images.shape}, {part} images {first.shape}; they must "
            "agree, or set data.val_part=none"
        )
    if len(first) and first.dtype != images.dtype:
        raise ArgumentError(
            f"val_part = {part!r}: validation images are {images.dtype}, {part} images {first.dtype}; they must agree, "
            "or set data.val_part=none"
        )
    if labels is not None or f"{part}_labels" in arrays:
        before = arrays.get(f"{part}_labels")
        before = np.full(len(first), None, object) if before is None else _to_objects(before)
        after = np.full(len(images), None, object) if labels is None else _to_objects(labels)
        if before.shape[1:] != after.shape[1:]:
            raise ArgumentError(
                f"val_part = {part!r}: validation labels have shape {after.shape}, {part} labels {before.shape}; they "
                "must agree, or set data.val_part=none"
            )
        arrays[f"{part}_labels"] = np.concatenate([before, after])
    arrays[part] = np.concatenate([first, images])


def _to_objects(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels as Python objects, so that numbers, words and missing ones of two parts can be joined."""
    return labels.reshape(len(labels)).astype(object) if labels.size == len(labels) else labels


def read_member(archive: Any, name: str) -> NDArray[Any]:
    """Return an array of an open `.npz`.

    Raises:
        UserError: it needs more memory than is free, or is no array.
    """
    sizes = {member.filename: member.file_size for member in archive.zip.infolist()}
    size, free = sizes.get(f"{name}.npy", sizes.get(name, 0)), available_memory()
    if size > free:
        raise UserError(f"{name} unpacks to {size / 2**30:,.0f} GiB and {free / 2**30:,.0f} GiB of memory are free")
    with HEADER_LOCK:
        array = archive[name]
    if not isinstance(array, np.ndarray):
        raise UserError(f"{name} is no array")
    return array
