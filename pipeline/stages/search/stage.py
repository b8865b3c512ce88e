"""Search by example: the fitted images that are nearest to given ones in the latent space of a finished run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.config import Search
from pipeline.data.new_images import NewImages
from pipeline.embedding.neighbors import search_neighbors
from pipeline.models.autoencoder import Autoencoder, encode_in_batches
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.search.page import render_search_page
from pipeline.stages.search.result import SearchResult

BATCH_SIZE = 256
"""Queries encoded between two reports of progress."""


def search(
    config: Search,
    queries: NewImages,
    images: Images,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    clustering: Clustering,
    observer: Observer = SILENT,
) -> SearchResult:
    """Return the `config.k` fitted images nearest to each query, nearest first, with a page that shows them.

    Distances between latents are those of the run's graph, Euclidean or cosine; the search is exact. A query that was
    fitted itself finds itself, at distance 0. Images that a person marked for removal are not found.
    """
    rows = np.flatnonzero(~clustering.removed)
    k = lower_to_limit("search.k", config.k, len(rows), len(rows), observer)
    total = len(queries.names)
    codes = encode_in_batches(
        autoencoder, queries.pixels, BATCH_SIZE, lambda count: observer.progress(count, total, "images")
    )
    indices, distances = search_neighbors(np.asarray(latents.fitted)[rows], codes, k, metric=graph.metric)
    neighbors = rows[indices]
    table = _table(queries, images, clustering, neighbors, distances)
    html, note = render_search_page(queries, images, graph, table, neighbors, len(rows))
    if note:
        observer.note(note)
    return SearchResult(html, table, len(queries.names), k)


def _table(
    queries: NewImages, images: Images, clustering: Clustering, neighbors: NDArray[np.int64], distances: Float
) -> pd.DataFrame:
    """A row for each query and neighbour: query, rank from 1, image, cluster, name of the cluster, distance."""
    m, k = neighbors.shape
    rows = neighbors.ravel()
    clusters: Int = np.asarray(clustering.fitted)[rows]
    names = np.array([*(clustering.names or [""] * clustering.k), ""], object)  # the last is that of noise, −1
    return pd.DataFrame({
        "query": np.repeat(np.array(queries.names, object), k),
        "rank": np.tile(np.arange(1, k + 1), m),
        "image": np.array(images.names(images.split), object)[rows],
        "cluster": clusters,
        "name": names[clusters],
        "distance": distances.ravel(),
    })  # fmt: skip
