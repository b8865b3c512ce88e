"""How many steps a training has and how many images a step, which follow from the number of images."""

from __future__ import annotations

import math

from pipeline.config import Refine, SelfTraining, Train
from pipeline.runtime.observer import SILENT, Observer

FULL_SIZE = 60_000
"""Number of images that `epochs` is meant for; fewer images get more epochs."""

BATCH_SIZE = 256
"""Images of a step, unless `batch_size` is set."""

FEW_IMAGES, SMALL_BATCH_SIZE = 2_500, 128
"""Up to so many images, a step has fewer, so that it takes less time.

2,000 of MNIST's images are clustered as well after as many smaller steps, in two thirds of the time; so are the digits.
"""


def batch_size(settings: Train | Refine | SelfTraining, n_images: int) -> int:
    """Return the largest number of images of a step: `batch_size`, or where that is null the default for so many."""
    return settings.batch_size or (SMALL_BATCH_SIZE if n_images <= FEW_IMAGES else BATCH_SIZE)


def training_length(
    settings: Train | SelfTraining, n_images: int, epoch_size: int | None = None, observer: Observer = SILENT
) -> tuple[int, int]:
    """Return the steps per epoch and the number of epochs, which is raised until `min_steps` steps are reached.

    An epoch has `epoch_size` images, if that is fewer than all. `min_steps` null stands for the steps of `epochs`
    epochs of 60,000 images: half of them lowered the mean purity of 1,797 digits from 0.955 to 0.93. The observer gets
    a note if this adds epochs.
    """
    steps = math.ceil(min(n_images, epoch_size or n_images) / batch_size(settings, n_images))
    if settings.min_steps is not None:
        return steps, max(settings.epochs, math.ceil(settings.min_steps / steps))
    min_steps = settings.epochs * math.ceil(FULL_SIZE / batch_size(settings, FULL_SIZE))
    epochs = max(settings.epochs, math.ceil(min_steps / steps))
    if epochs > settings.epochs:
        key = "train" if isinstance(settings, Train) else "refine"
        observer.note(
            f"{n_images:,} images are trained on for {epochs:,} epochs, {steps * epochs:,} steps; {key}.epochs = "
            f"{settings.epochs:,} is for {FULL_SIZE:,} images; a lower {key}.min_steps trains for a shorter time"
        )
    return steps, epochs
