"""Latents and the neighbour graph: metrics, and graphs without landmarks."""

import numpy as np
import pytest

from pipeline.artifacts import Latents


def test_dimensions_without_variance_are_not_active():
    fitted = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    fitted[:, 1] = 3
    assert Latents(fitted, fitted[:0], [4]).metrics() == {"latent_size": 4, "latents/active_dimensions": 3}


def test_many_images_do_not_hide_a_dimension_without_variance():
    fitted = np.full((60_000, 3), 0.1, np.float32)
    fitted[:, 2] = np.linspace(0, 1, len(fitted))
    assert Latents(fitted, fitted[:0], [3]).metrics()["latents/active_dimensions"] == 1


def test_a_graph_without_landmarks_has_no_landmark_graph(blobs):
    with pytest.raises(ValueError, match="no landmarks"):
        blobs.graph.landmark_graph()
