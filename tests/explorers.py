"""Inputs of the explorer for tests: groups of images on a map, with a few images in the wrong cluster."""

import shutil
from dataclasses import replace

import numpy as np

from pipeline.artifacts import Clustering, Images, Labels, Latents, Map
from pipeline.config import Explorer
from pipeline.embedding.neighbors import exact

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip


def explorer_inputs(n=300, k=3, shape=(8, 8, 1), labelled=True, noise=0, wrong=4, dtype=np.uint8):
    """Return the inputs of `explorer` by name.

    The last `noise` images are in no cluster, and the first `wrong` ones in the next group's cluster.
    """
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.arange(n) % k).astype(np.int32)
    pixels = np.clip(rng.random((k, *shape))[groups] + rng.normal(0, 0.05, (n, *shape)), 0, 1)
    pixels = (255 * pixels).astype(np.uint8) if dtype == np.uint8 else pixels.astype(dtype)
    angle = 2 * np.pi * groups / k
    points = np.stack([10 * np.cos(angle), 10 * np.sin(angle)], axis=1) + rng.normal(0, 0.8, (n, 2))
    latents = Latents(points.astype(np.float32), np.empty((0, 2), np.float32), [2])
    clusters = groups.copy()
    clusters[:wrong] = (clusters[:wrong] + 1) % k
    clusters[n - noise :] = -1
    truth = groups if labelled else np.full(n, -1, np.int32)
    confidence = np.linspace(0.2, 1, n, dtype=np.float32)
    empty = np.empty(0, np.float32)
    return {
        "config": Explorer(neighbors=6),
        "images": Images(pixels, pixels[:0], name="blobs <b>"),
        "labels": Labels(truth, truth[:0], [f"kind {i}, or <i>" for i in range(k)] if labelled else []),
        "latents": latents,
        "graph": exact(latents, 10),
        "clustering": Clustering(clusters, clusters[:0], confidence, empty, np.zeros((k, 2), np.float32), "kmeans"),
        "map": Map(latents.fitted, latents.held_out, "pca"),
    }


def without_clusters(inputs):
    """Return the same inputs with all images as noise."""
    clusters = np.full(len(inputs["clustering"].fitted), -1, np.int32)
    clustering = replace(inputs["clustering"], fitted=clusters, centres=np.empty((0, 2), np.float32))
    return inputs | {"clustering": clustering}
