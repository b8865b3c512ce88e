"""The graph without some points is the graph of the others."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.embedding.neighbors import exact
from pipeline.embedding.remaining_graph import remaining_graph


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("r", [2, 10, 100, 155])
def test_the_remaining_graph_is_that_of_the_remaining_points(blobs, r, metric):
    rows = np.sort(np.random.default_rng(0).permutation(len(blobs.latents.fitted))[:r])
    remaining = remaining_graph(exact(blobs.latents, 15, metric), blobs.latents, rows)
    expected = exact(replace(blobs.latents, fitted=blobs.latents.fitted[rows]), min(15, r - 1), metric)
    for name in ("distances", "held_distances"):
        assert getattr(remaining, name) == pytest.approx(getattr(expected, name), abs=1e-3)
    for name in ("indices", "held_indices"):
        assert (getattr(remaining, name) == getattr(expected, name)).mean() > 0.99
    assert remaining.metric == metric


def test_points_that_lose_no_neighbour_keep_their_lists(blobs, monkeypatch):
    searched = []

    def search(base, queries, k, *_, **__):
        searched.append(len(queries))
        return np.zeros((len(queries), k), np.int32), np.zeros((len(queries), k), np.float32)

    monkeypatch.setattr("pipeline.embedding.remaining_graph.search_neighbors", search)
    graph, n = exact(blobs.latents, 15), len(blobs.latents.fitted)
    remaining_graph(graph, blobs.latents, np.arange(1, n))
    assert searched[0] == (graph.indices[1:] == 0).any(axis=1).sum() < n / 2
