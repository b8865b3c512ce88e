"""Agreement between repeats: equal repeats agree fully, and the numbers of clusters do not matter."""

import numpy as np
import pytest

from pipeline.clustering.agreement import (
    adjusted_rand_index,
    align_clusters,
    consensus_clusters,
    jaccard_stability,
    pairwise_ari,
)
from tests.clusterings import move_images, rename_clusters


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], [14, 10, 6]).astype(np.int32)


def test_equal_repeats_agree_fully_with_any_numbers_of_clusters(clusters):
    repeats = [clusters, rename_clusters(clusters), rename_clusters(clusters, (1, 0, 2))]
    assert pairwise_ari(repeats).tolist() == [1, 1, 1]
    assert jaccard_stability(clusters, repeats).tolist() == [1, 1, 1]
    consensus, agreement = consensus_clusters(clusters, repeats)
    assert np.array_equal(consensus, clusters)
    assert (agreement == 1).all()


def test_renaming_the_clusters_of_repeats_changes_nothing(clusters):
    rng = np.random.default_rng(0)
    repeats = [move_images(clusters, rng.choice(30, 6, replace=False), rng.integers(0, 3)) for _ in range(4)]
    renamed = [rename_clusters(repeat, rng.permutation(3)) for repeat in repeats]
    assert np.allclose(pairwise_ari(repeats), pairwise_ari(renamed))
    assert np.allclose(jaccard_stability(clusters, repeats), jaccard_stability(clusters, renamed))
    consensus, agreement = consensus_clusters(clusters, repeats)
    renamed_consensus, renamed_agreement = consensus_clusters(clusters, renamed)
    assert np.array_equal(consensus, renamed_consensus)
    assert np.array_equal(agreement, renamed_agreement)


def test_the_jaccard_stability_computed_by_hand(clusters):
    """Four of the ten images of cluster 1 move to cluster 2 in one of two repeats."""
    repeat = move_images(clusters, np.arange(14, 18), 2)
    assert jaccard_stability(clusters, [clusters, repeat]) == pytest.approx([1, (1 + 6 / 10) / 2, (1 + 6 / 10) / 2])


def test_merged_and_split_clusters(clusters):
    merged = np.minimum(clusters, 1).astype(np.int32)
    assert jaccard_stability(clusters, [merged]) == pytest.approx([1, 10 / 16, 6 / 16])
    split = move_images(clusters, np.arange(4), 3)
    assert jaccard_stability(clusters, [split]) == pytest.approx([10 / 14, 1, 1])
    assert align_clusters(clusters, split)[:4].tolist() == [-2] * 4, "the smaller part has no partner"
    assert consensus_clusters(clusters, [split, clusters])[1][:4].tolist() == [0.5] * 4


def test_noise_is_no_cluster_but_has_votes(clusters):
    noisy = move_images(clusters, np.arange(14, 24), -1)
    assert jaccard_stability(clusters, [noisy])[1] == 0
    consensus, agreement = consensus_clusters(clusters, [noisy, noisy, clusters])
    assert (consensus[14:24] == -1).all()
    assert agreement[14:24] == pytest.approx(np.full(10, 2 / 3))
    assert jaccard_stability(noisy, [clusters]).tolist() == [1, 1], "the reference's noise is no cluster"


def test_the_references_cluster_wins_ties(clusters):
    moved = move_images(clusters, [0], 2)
    assert consensus_clusters(clusters, [clusters, moved])[0][0] == 0
    assert consensus_clusters(moved, [clusters, moved])[0][0] == 2


def test_random_clusterings_agree_by_chance_only():
    first, second = np.random.default_rng(0).integers(0, 5, (2, 4000))
    assert adjusted_rand_index(first, second) == pytest.approx(0, abs=0.01)
