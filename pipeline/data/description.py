"""Facts about an image set that was read: sizes, classes, and what looks wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels

NOTABLE_SHARE = 0.01
"""A share of copies that is worth a note."""
UNEQUAL_CLASSES = 20
"""A largest class this many times as large as the smallest is worth a note."""


def image_set_facts(images: Images, labels: Labels) -> dict[str, int | str]:
    """Return the numbers of images, classes and unlabelled and skipped images, the size in pixels, and the dtype.

    `images`, `unlabelled` and `classes` count fitted images and their labels, `held_out` the others. `dtype` is that
    of the arrays that were given; image files are uint8, or float32 if a file has more than 8 bits. Vectors have
    `dimensions`, and without images a size of 0.
    """
    height, width, channels = images.shape if images.has_images else (0, 0, 0)
    classes = class_sizes(labels)
    dimensions = {} if images.vectors is None else {"dimensions": images.vectors.shape[1]}
    return dimensions | {
        "images": images.n_fitted,
        "held_out": len(images.held_out),
        "height": height,
        "width": width,
        "channels": channels,
        "dtype": str(images.value_format.get("dtype", images.train.dtype.name)),
        "classes": len(classes),
        "unlabelled": images.n_fitted - sum(classes.values()),
        "skipped": images.skipped,
    }


def class_sizes(labels: Labels) -> dict[str, int]:
    """Return the number of fitted images of each class that has any, the smallest class first."""
    classes, counts = np.unique(labels.fitted[labels.fitted >= 0], return_counts=True)
    order = np.argsort(counts, kind="stable")
    return {labels.names[classes[i]]: int(counts[i]) for i in order}


def describe_image_set(images: Images, labels: Labels) -> str:
    """Return one line: how many images of which size and range, their classes, the split, and what was skipped."""
    facts = image_set_facts(images, labels)
    channels = {1: "grey", 3: "colour"}.get(images.shape[2], f"{images.shape[2]} channels")
    limits = images.value_format.get("limits")
    values = f"{facts['dtype']} from {limits[0]:g} to {limits[1]:g}" if limits else str(facts["dtype"])
    kind = f"{facts['images']:,} images of {facts['height']}×{facts['width']}, {channels}, {values}"
    if images.vectors is not None:
        others = f"images of {facts['height']}×{facts['width']}, {channels}" if images.has_images else "no images"
        kind = f"{facts['images']:,} vectors of {facts['dimensions']:,} numbers, {others}"
    return ", ".join(
        filter(
            None,
            [
                kind,
                _describe_classes(class_sizes(labels)),
                f"{facts['unlabelled']:,} without a label" if facts["classes"] and facts["unlabelled"] else "",
                f"{facts['held_out']:,} held out" if facts["held_out"] else f"none held out (split {images.split})",
                f"{facts['skipped']:,} skipped" if facts["skipped"] else "",
            ],
        )
    )


def _describe_classes(sizes: dict[str, int]) -> str:
    if not sizes:
        return "no labels"
    smallest, *_ = sizes
    *_, largest = sizes
    if len(sizes) == 1:
        return f"1 class ({smallest})"
    return f"{len(sizes):,} classes of {sizes[smallest]:,} ({smallest}) to {sizes[largest]:,} ({largest}) images"


def image_set_warnings(images: Images, labels: Labels) -> Iterator[str]:
    """Yield notes on what looks wrong: a narrow range, a single class, unequal classes, copies of images."""
    pixels, held_out = images.fitted, images.held_out
    scale = 255 if pixels.dtype == np.uint8 else 1
    low, high = float(pixels.min()) / scale, float(pixels.max()) / scale
    if images.vectors is not None:
        pixels, held_out = images.fitted_vectors, images.held_out_vectors
    elif high - low < 0.1:
        yield f"images have little contrast: values lie between {low:.3g} and {high:.3g} of 0 (black) to 1 (white)"
    sizes = class_sizes(labels)
    if len(sizes) == 1:
        yield f"all labels are of one class, {next(iter(sizes))}, so scores against labels say nothing"
    elif sizes and max(sizes.values()) >= UNEQUAL_CLASSES * min(sizes.values()):
        yield f"classes differ much in size: {_describe_classes(sizes)}; purity favours the large ones, ARI does not"
    # Hashes of 64 bits are compared, which are valid in this process only.
    seen = {hash(image.tobytes()) for image in pixels}
    copies = len(pixels) - len(seen)
    if copies >= NOTABLE_SHARE * len(pixels):
        yield f"{copies:,} of {len(pixels):,} images are exact copies of others"
    shared = sum(hash(image.tobytes()) in seen for image in held_out)
    if shared and shared >= NOTABLE_SHARE * len(held_out):
        yield (
            f"{shared:,} of {len(held_out):,} held-out images are exact copies of fitted ones, so their scores "
            "say little about new images"
        )
