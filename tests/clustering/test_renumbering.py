"""Numbering of clusters by size, and their centres."""

import numpy as np

from pipeline.clustering.renumbering import cluster_centres, number_by_size, renumber

LABELS = np.array([3, 3, 3, 0, 0, 5, 5, -1], np.int32)


def test_clusters_are_numbered_by_falling_size_and_ties_by_label():
    assert renumber(LABELS, number_by_size(LABELS)).tolist() == [0, 0, 0, 1, 1, 2, 2, -1]


def test_labels_without_members_and_unknown_labels_become_noise():
    assert renumber(np.array([1, 4, 6, 99]), number_by_size(LABELS)).tolist() == [-1] * 4


def test_noise_alone_has_no_clusters():
    noise = np.full(3, -1, np.int32)
    assert renumber(noise, number_by_size(noise)).tolist() == [-1] * 3
    assert cluster_centres(np.ones((3, 2), np.float32), noise).shape == (0, 2)


def test_centres_are_the_means_of_the_members():
    latents = np.array([[0, 0], [2, 4], [9, 9], [50, 50]], np.float32)
    centres = cluster_centres(latents, np.array([0, 0, 1, -1], np.int32))
    assert centres.dtype == np.float32
    assert centres.tolist() == [[1, 2], [9, 9]]
