"""The graph extended by new points is the graph of all points."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Latents
from pipeline.embedding.graph_extension import extend_graph
from pipeline.embedding.neighbors import approximate, exact


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("m", [1, 3, 60])
def test_the_extended_graph_is_that_of_all_points(blobs, m, metric):
    n = len(blobs.latents.fitted) - m
    fitted, new = blobs.latents.fitted[:n], blobs.latents.fitted[n:]
    latents = replace(blobs.latents, fitted=fitted)
    extended = extend_graph(exact(latents, 15, metric), latents, new)
    expected = exact(blobs.latents, 15, metric)
    for name in ("distances", "held_distances"):
        assert getattr(extended, name) == pytest.approx(getattr(expected, name), abs=1e-3)
    for name in ("indices", "held_indices"):
        assert (getattr(extended, name) == getattr(expected, name)).mean() > 0.99
    assert extended.metric == metric


def test_copies_are_neighbours_and_no_point_is_its_own(blobs):
    new = np.concatenate([blobs.latents.fitted[:3], blobs.latents.fitted[:3]])
    graph = extend_graph(blobs.graph, blobs.latents, new)
    n = len(blobs.latents.fitted)
    assert not (graph.indices == np.arange(n + 6)[:, None]).any()
    assert {n + 3, 0} == set(graph.indices[n, :2])
    assert {n, n + 3} == set(graph.indices[0, :2])


def test_landmarks_stay_those_of_the_run(blobs):
    latents = Latents(blobs.latents.fitted[:120], blobs.latents.held_out, [8])
    graph = approximate(latents, 5, landmarks=30)
    extended = extend_graph(graph, latents, blobs.latents.fitted[120:])
    assert np.array_equal(extended.landmarks, graph.landmarks)
    assert extended.landmark_indices.shape == (len(blobs.latents.fitted), 5)
    assert np.array_equal(extended.landmark_indices[:120], graph.landmark_indices)
