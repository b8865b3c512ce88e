"""Placement of new points: by the method itself, or between their neighbours."""

import numpy as np

from pipeline.artifacts import Features
from pipeline.embedding.placement import place_held_out, place_points


def test_latents_are_placed_unchanged(blobs):
    latents, graph = blobs.latents, blobs.graph
    placed = place_points(blobs.features, latents.held_out, graph.held_indices, graph.held_distances)
    np.testing.assert_array_equal(placed, latents.held_out)


def test_a_linear_method_transforms_new_points(blobs):
    fitted, held_out = blobs.latents.fitted, blobs.latents.held_out
    mean, components = fitted.mean(axis=0), np.eye(2, 8, dtype=np.float32)
    features = Features(fitted[:, :2], fitted[:0, :2], "pca", mean, components)
    placed = place_held_out(features, blobs.latents, blobs.graph).held_out
    np.testing.assert_allclose(placed, held_out[:, :2] - mean[:2], rtol=1e-5)


def test_any_other_method_places_new_points_between_their_neighbours(blobs):
    fitted, graph = blobs.latents.fitted, blobs.graph
    placed = place_held_out(Features(fitted[:, :2], fitted[:0, :2], "umap"), blobs.latents, graph).held_out
    neighbors = fitted[graph.held_indices][:, :, :2]
    assert ((neighbors.min(axis=1) <= placed) & (placed <= neighbors.max(axis=1))).all()
