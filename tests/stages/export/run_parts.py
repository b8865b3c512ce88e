"""The artifacts of a run that the tests of stage export write."""

import numpy as np

from pipeline.artifacts import Clustering, Latents, Map
from pipeline.embedding.neighbors import exact

NAMES = ["seven", "", "seven", "a/b"]
"""Clusters 0 and 2 have one name, cluster 1 has none."""


def run_parts(images, labels, names=(), marks=None):
    """The artifacts of a run with four clusters, the first two fitted images noise."""
    pixels = [
        np.asarray(part, np.float32).reshape(len(part), np.prod(images.shape))
        for part in (images.fitted, images.held_out)
    ]
    latents = Latents(*pixels, [pixels[0].shape[1]])
    clusters = [(np.arange(len(part)) % 4).astype(np.int32) for part in pixels]
    clusters[0][:2] = -1
    confidence = [np.linspace(0.5, 1, len(part), dtype=np.float32) for part in pixels]
    clustering = Clustering(
        *clusters, *confidence, np.zeros((4, 2), np.float32), "kmeans", names=list(names), marks=marks
    )
    return {
        "images": images,
        "labels": labels,
        "latents": latents,
        "graph": exact(latents, 5),
        "clustering": clustering,
        "map": Map(pixels[0][:, 20:22], pixels[1][:, 20:22], "pca"),
    }


def files_below(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir())


def labels_of(labels):
    return np.concatenate([labels.train, labels.test])
