"""Matching of two clusterings: renamed, split and merged clusters, and noise."""

import numpy as np
import pytest

from pipeline.clustering.matching import match_clusters


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], 10)


def test_renamed_clusters_match_fully(clusters):
    matching = match_clusters(clusters, np.array([2, 0, 1])[clusters])
    assert matching.stayed.all()
    assert matching.metrics() == {"compare/images": 30, "compare/stayed": 1, "compare/ari": 1, "compare/nmi": 1}


def test_images_in_another_cluster_moved(clusters):
    changed = clusters.copy()
    changed[:3] = 1
    matching = match_clusters(clusters, changed)
    assert np.flatnonzero(~matching.stayed).tolist() == [0, 1, 2]
    assert matching.counts.tolist() == [[7, 3, 0], [0, 10, 0], [0, 0, 10]]


def test_a_split_cluster_is_matched_with_its_larger_part(clusters):
    split = np.where(np.arange(30) < 4, 3, clusters)
    assert (~match_clusters(clusters, split).stayed).sum() == 4
    merged = match_clusters(split, clusters)
    assert (~merged.stayed).sum() == 4
    assert merged.partner.tolist() == [0, 1, 2, -1]


def test_noise_is_matched_with_noise_only(clusters):
    noisy = np.where(clusters == 2, -1, clusters)
    assert match_clusters(noisy, noisy).stayed.all()
    assert (~match_clusters(clusters, noisy).stayed).sum() == 10
    assert (~match_clusters(noisy, clusters).stayed).sum() == 10
