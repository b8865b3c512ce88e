"""The names that archives use for their arrays of images and labels."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from numpy.typing import NDArray
from pydantic import Field

from pipeline.runtime.errors import ArgumentError

PARTS = {
    "train": ("train", "training", "tr"),
    "val": ("val", "valid", "validation", "dev"),
    "test": ("test", "testing", "te"),
}
"""The words that names have for the parts of a data set."""
IMAGE_WORDS = ("images", "image", "imgs", "img", "x", "data", "pixels")
LABEL_WORDS = ("labels", "label", "y", "target", "targets")
LABEL_COLUMNS = ("label", "labels", "class", "target", "targets", "y", "character")
"""Names of columns of tables that `auto` takes as labels, in order of preference."""


def usual_name(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """Return the first of the usual names that is among `names`, in any case, or None."""
    lower = {name.lower(): name for name in reversed(names)}
    candidates = (name if name in names else lower.get(name.lower()) for name in usual)
    return next((name for name in candidates if name is not None), None)


ROLES = tuple(f"{part}{suffix}" for part in PARTS for suffix in ("", "_labels"))
"""Images and labels of each part."""
ROLE_KEYS = {
    "train": "images_array", "train_labels": "labels_array",
    "test": "test_images_array", "test_labels": "test_labels_array",
}  # fmt: skip
"""The keys of the configuration that choose an array by name."""

ImageShape = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=3)]
"""Height, width and, if images have any, channels of flat images."""


def accepted_names(role: str) -> tuple[str, ...]:
    """Return the names that an array of a role may have, preferred ones first, in lower case with `_` as separator."""
    part, _, kind = role.partition("_")
    words = LABEL_WORDS if kind else IMAGE_WORDS
    names = [name for word in words for prefix in PARTS[part] for name in (f"{word}_{prefix}", f"{prefix}_{word}")]
    plain = words if part == "train" else ()
    return (*plain, *names, *(() if kind else PARTS[part]), *(name.replace("_", "") for name in names))


def assign_roles(
    names: Sequence[str], chosen: Mapping[str, str | None], file: str
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the array's name for each role in `ROLES` that an archive has, and other candidates by role.

    `chosen` are names that are set by the configuration. Case does not matter, and `-`, `.` and spaces are separators.

    Raises:
        ArgumentError: the archive lacks an array that was chosen.
    """
    roles: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    for role, name in chosen.items():
        if name is not None and name not in names:
            raise ArgumentError(f"{ROLE_KEYS[role]} = {name!r}: {file} has no such array; it has {', '.join(names)}")
    for role in ROLES:
        name = chosen.get(role)
        if name is not None:
            roles[role] = name
            continue
        accepted = accepted_names(role)
        candidates = [name for name in names if _normalise(name) in accepted and name not in chosen.values()]
        candidates.sort(key=lambda name: accepted.index(_normalise(name)))
        if candidates:
            roles[role], others[role] = candidates[0], candidates[1:]
    return roles, {role: names for role, names in others.items() if names}


def _normalise(name: str) -> str:
    return re.sub(r"[-. ]+", "_", name.strip().lower())


def assign_positions(names: Sequence[str], shape: Callable[[str], tuple[int, ...]]) -> dict[str, str]:
    """Return the role of the arrays `arr_0`, `arr_1`, … of `np.savez(a, b, …)` by their shapes.

    The first array holds images. Others are images if they have the shape of those, else labels. The second of a kind
    belongs to the test part.
    """
    positional = sorted((name for name in names if re.fullmatch(r"arr_\d+", name)), key=lambda name: int(name[4:]))
    roles: dict[str, str] = {}
    for name in positional:
        is_image = not roles or shape(name)[1:] == shape(positional[0])[1:]
        kinds = ("train", "test") if is_image else ("train_labels", "test_labels")
        role = next((role for role in kinds if role not in roles), None)
        if role is not None:
            roles[role] = name
    return roles


def square_shape(n_pixels: int) -> list[int] | None:
    """Return the height and width of a square image of so many pixels, None if there is none."""
    side = math.isqrt(n_pixels)
    return [side, side] if n_pixels and side * side == n_pixels else None


def stores_columns_first(name: str, transpose: bool | None) -> bool:
    """Return whether rows and columns of a file's images are exchanged: as `transpose` says, or if it is EMNIST's."""
    return name.lower().startswith("emnist") if transpose is None else transpose


def reshape_flat(array: NDArray[Any], shape: Sequence[int] | None) -> NDArray[Any]:
    """Return flat images (n, values) in the shape of one image; others, and all without a shape, as they are.

    Raises:
        ArgumentError: the shape does not have that many values.
    """
    if array.ndim != 2 or shape is None:
        return array
    if math.prod(shape) != array.shape[1]:
        raise ArgumentError(
            f"image_shape = {list(shape)}: has {math.prod(shape)} values, and flat images of shape {array.shape} have "
            f"{array.shape[1]}"
        )
    return array.reshape(len(array), *shape)
