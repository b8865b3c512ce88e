"""Digits as image files of many sizes and colours, in folders by class."""

import numpy as np
from PIL import Image

from pipeline.data.digits import read_digits


def write_digit_files(folder, n_train, n_new):
    """Write JPEG files to train/CLASS and new/CLASS below `folder`."""
    rng, source = np.random.default_rng(0), read_digits()
    for i in range(n_train + n_new):
        ink, paper = 0.5 * rng.random(3), 0.8 + 0.2 * rng.random(3)
        share = source.train[i, ..., None] / 255
        image = Image.fromarray((255 * (share * ink + (1 - share) * paper)).astype(np.uint8))
        side = int(rng.integers(40, 70))
        file = folder / ("train" if i < n_train else "new") / str(source.train_labels[i]) / f"{i:04d}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        image.resize((side, side), Image.Resampling.BICUBIC).save(file, quality=90)
    return folder
