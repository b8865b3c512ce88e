"""Pictures and artifacts that the tests of stage quality check."""

import numpy as np
from PIL import Image, ImageFilter

from pipeline.artifacts import Clustering, Images, Labels, Latents
from pipeline.config import Quality
from pipeline.embedding.neighbors import exact
from pipeline.runtime.observer import SILENT
from pipeline.stages.quality import quality

CONFIG = Quality()


def draw_pictures(n=60, side=24, seed=0):
    """Random smooth pictures with edges, all different, grey (n, side, side, 1) uint8."""
    rng = np.random.default_rng(seed)
    pictures = []
    for _ in range(n):
        coarse = Image.fromarray(rng.integers(30, 226, (6, 6), np.uint8))
        pictures.append(np.asarray(coarse.resize((side, side), Image.Resampling.NEAREST)))
    return np.stack(pictures)[..., None]


def blur(picture, radius):
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def inputs_of(pixels, labels=None, names=(), vectors=None, **changes):
    """The inputs of the stage; the latents are the pixels, or the vectors."""
    n = len(pixels)
    points = pixels.reshape(n, -1).astype(np.float32) if vectors is None else vectors
    latents = Latents(points, points[:0], [points.shape[1]])
    clusters, ones = np.arange(n, dtype=np.int32) % 2, np.ones(n, np.float32)
    known = np.full(n, -1, np.int32) if labels is None else np.asarray(labels, np.int32)
    return {
        "images": Images(pixels, pixels[:0], name="pictures <b>", vectors=vectors, **changes),
        "labels": Labels(known, known[:0], list(names)),
        "graph": exact(latents, 6),
        "clustering": Clustering(clusters, clusters[:0], ones, ones[:0], np.zeros((2, 1), np.float32), "kmeans"),
    }


def check(config=CONFIG, observer=SILENT, **inputs):
    return quality(config, "the run", "a1", **inputs, observer=observer)
