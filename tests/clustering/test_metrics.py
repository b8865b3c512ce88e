"""Scores against labels: invariants, cases computed by hand, and scikit-learn as the reference."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from pipeline.clustering.metrics import SCORES, contingency_matrix, per_cluster, score_clustering

ADJUSTED = {"ami_score", "ari_score"}
MATCHING = {"purity_score", "accuracy_score"}
NEAR = {"abs": 1e-9}

each_score = pytest.mark.parametrize("name", SCORES)
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=60)
noisy_pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 5)), min_size=1, max_size=60)


def score(name, labels, clusters):
    return SCORES[name](contingency_matrix(labels, clusters))


def columns(points):
    return tuple(np.array(points).T)


@each_score
@given(noisy_pairs, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(name, points, random):
    shuffled = random.sample(points, len(points))
    assert score(name, *columns(points)) == pytest.approx(score(name, *columns(shuffled)), **NEAR)


@each_score
@given(noisy_pairs, st.lists(st.integers(0, 2**40), min_size=11, max_size=11, unique=True))
def test_scores_do_not_depend_on_the_numbers_of_classes_and_clusters(name, points, names):
    labels, clusters = columns(points)
    table = np.array(names)
    renamed = np.where(clusters < 0, -1, table[5 + clusters])
    assert score(name, labels, clusters) == pytest.approx(score(name, table[labels], renamed), **NEAR)


@each_score
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.permutations(range(5)))
def test_a_perfect_clustering_scores_one(name, labels, names):
    assert score(name, labels, [names[label] for label in labels]) == pytest.approx(1)


@each_score
@given(noisy_pairs)
def test_scores_stay_in_range(name, points):
    value = score(name, *columns(points))
    assert value <= 1 + 1e-9
    assert value >= {"ari_score": -0.5, "ami_score": -1.0}.get(name, 0.0)


@pytest.mark.parametrize("name", sorted(ADJUSTED))
@pytest.mark.parametrize("k", [2, 10, 40])
def test_adjusted_scores_of_random_clusters_are_near_zero(name, k):
    rng = np.random.default_rng(0)
    assert score(name, rng.integers(0, 10, 3000), rng.integers(0, k, 3000)) == pytest.approx(0, abs=0.01)


@given(noisy_pairs)
def test_purity_is_never_below_accuracy(points):
    labels, clusters = columns(points)
    assert score("purity_score", labels, clusters) >= score("accuracy_score", labels, clusters)


@pytest.mark.parametrize("name", ["purity_score", "homogeneity_score"])
@given(pairs, st.integers(0, 5))
def test_splitting_a_cluster_never_lowers_purity(name, points, chosen):
    labels, clusters = columns(points)
    split = np.where((clusters == chosen) & (np.arange(len(clusters)) % 2 == 0), 99, clusters)
    assert score(name, labels, split) >= score(name, labels, clusters) - 1e-12


def test_a_single_cluster():
    values = score_clustering([0, 0, 0, 1, 2], [7] * 5)
    assert values["k"] == 1
    assert values["purity_score"] == values["accuracy_score"] == pytest.approx(3 / 5)
    assert values["completeness_score"] == 1
    for name in ("nmi_score", "ami_score", "ari_score", "homogeneity_score", "v_measure_score"):
        assert values[name] == pytest.approx(0, abs=1e-12)


def test_one_cluster_per_point_is_pure_but_agrees_by_chance():
    values = score_clustering([0, 0, 0, 1, 1, 1], range(6))
    assert values["purity_score"] == pytest.approx(values["homogeneity_score"]) == 1
    assert values["accuracy_score"] == pytest.approx(2 / 6)
    assert values["ari_score"] == pytest.approx(0)
    assert values["ami_score"] == pytest.approx(0, abs=1e-9)


SURPLUS = ([0] * 4 + [1] * 4, [0, 0, 0, 2, 1, 1, 1, 1])  # three clusters for two classes
MISSING = ([0, 0, 0, 1, 1, 2], [0, 0, 0, 0, 1, 1])  # two clusters for three classes
TRANSPOSED = ([0, 0, 1, 1], [0, 1, 0, 1])  # independent


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [
        (SURPLUS, "purity_score", 1.0),
        (SURPLUS, "accuracy_score", 7 / 8),  # the surplus cluster's point has no class left
        (SURPLUS, "homogeneity_score", 1.0),
        # pairs together 3 + 6, in classes 12, in clusters 9, of 28: (9 − 108/28) / (10.5 − 108/28)
        (SURPLUS, "ari_score", (9 - 108 / 28) / (10.5 - 108 / 28)),
        (MISSING, "purity_score", 4 / 6),  # three of class 0, one of class 1 or 2
        (MISSING, "accuracy_score", 4 / 6),
        (TRANSPOSED, "nmi_score", 0.0),
        (TRANSPOSED, "purity_score", 0.5),
        # pairs together 0, in classes 2, in clusters 2, of 6: (0 − 4/6) / (2 − 4/6)
        (TRANSPOSED, "ari_score", -0.5),
        # in bits: H(class) = 1, H(cluster) = 0.811278, H(pair) = 1.5, so MI = 0.311278 and the mean is 0.905639
        (([0, 0, 1, 1], [0, 0, 0, 1]), "nmi_score", 0.311278 / 0.905639),
    ],
)
def test_scores_computed_by_hand(case, name, value):
    assert score(name, *case) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "sklearn_score"),
    [
        ("nmi_score", lambda a, b: reference.normalized_mutual_info_score(a, b, average_method="arithmetic")),
        ("ami_score", lambda a, b: reference.adjusted_mutual_info_score(a, b, average_method="arithmetic")),
        ("ari_score", reference.adjusted_rand_score),
        ("homogeneity_score", reference.homogeneity_score),
        ("completeness_score", reference.completeness_score),
        ("v_measure_score", reference.v_measure_score),
    ],
)
@given(noisy_pairs)
def test_scores_equal_scikit_learns_with_noise_as_one_more_cluster(name, sklearn_score, points):
    labels, clusters = columns(points)
    assert score(name, labels, clusters) == pytest.approx(sklearn_score(labels, clusters), abs=1e-9)


@given(noisy_pairs)
def test_accuracy_is_that_of_the_best_matching(points):
    labels, clusters = columns(points)
    best = max(
        np.sum(np.array(matching)[np.maximum(clusters, 0)][clusters >= 0] == labels[clusters >= 0])
        for matching in permutations(range(6))
    )
    assert score("accuracy_score", labels, clusters) == pytest.approx(best / len(points))


def test_noise_counts_as_wrong_except_in_the_clustered_scores():
    values = score_clustering([0, 0, 0, 1, 1, 1], [4, 4, -1, 9, 9, -1])
    assert values["k"] == 2
    for name in ("purity_score", "accuracy_score", "coverage"):
        assert values[name] == pytest.approx(4 / 6)
    for name in SCORES:
        assert values[f"clustered/{name}"] == pytest.approx(1)
    assert all(type(value) is float for value in values.values())


def test_without_noise_there_are_no_clustered_scores():
    assert set(score_clustering([0, 1], [0, 1])) == {*SCORES, "k", "coverage"}


def test_clustered_scores_ignore_a_class_that_is_all_noise():
    values = score_clustering([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, -1, -1])
    without_noise = score_clustering([0, 0, 1, 1], [0, 0, 0, 1])
    for name in SCORES:
        assert values[f"clustered/{name}"] == pytest.approx(without_noise[name])


def test_all_noise_scores_zero():
    values = score_clustering([0, 0, 1, 1], [-1] * 4)
    assert not [name for name in values if name.startswith("clustered/")]
    assert values["coverage"] == values["k"] == 0
    for name in (*MATCHING, *ADJUSTED, "nmi_score"):
        assert values[name] == pytest.approx(0, abs=1e-12)


@given(noisy_pairs, st.lists(st.integers(-1, 5), max_size=10))
def test_points_without_a_label_count_in_k_and_coverage_alone(points, clusters):
    labels, labelled_clusters = columns(points)
    all_clusters = np.append(labelled_clusters, np.array(clusters, int))
    values = score_clustering(np.append(labels, np.full(len(clusters), -1)), all_clusters)
    of_all = {"k": len(set(all_clusters.tolist()) - {-1}), "coverage": float(np.mean(all_clusters >= 0))}
    assert values == score_clustering(labels, labelled_clusters) | of_all


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="3 labels but 2 clusters"):
        contingency_matrix([0, 1, 2], [0, 1])


def test_the_rows_of_the_cluster_table():
    rows = per_cluster(contingency_matrix([5, 5, 7, 7, 7, 7, 7], [3, 3, 3, 3, 8, 8, -1]))
    assert rows == [
        {"cluster": 3, "size": 4, "majority": 5, "purity": 0.5, "entropy": pytest.approx(1.0)},
        {"cluster": 8, "size": 2, "majority": 7, "purity": 1.0, "entropy": pytest.approx(0.0)},
    ]


@given(noisy_pairs)
def test_the_contingency_matrix_counts_every_point(points):
    labels, clusters = columns(points)
    table = contingency_matrix(labels, clusters)
    assert table.n == table.counts_with_noise.sum() == len(points)
    for i, j in np.ndindex(table.counts.shape):
        assert table.counts[i, j] == np.sum((labels == table.classes[i]) & (clusters == table.clusters[j]))


@given(noisy_pairs)
def test_label_pairs_have_the_same_contingency_matrix(points):
    table = contingency_matrix(*columns(points))
    rows, columns_of_points = table.label_pairs()
    counts = np.zeros_like(table.counts_with_noise)
    np.add.at(counts, (rows, columns_of_points), 1)
    np.testing.assert_array_equal(counts, table.counts_with_noise)


@pytest.mark.parametrize(
    ("labels", "clusters", "expected"),
    [
        ([], [], {"purity_score": 0, "accuracy_score": 0, "nmi_score": 1, "ami_score": 1, "ari_score": 1}),
        ([0], [0], dict.fromkeys(SCORES, 1)),
        (range(30), range(30), dict.fromkeys(SCORES, 1)),
        ([0] * 30, range(30), {"nmi_score": 0, "ami_score": 0, "ari_score": 0, "homogeneity_score": 1}),
        (range(30), [0] * 30, {"nmi_score": 0, "ami_score": 0, "ari_score": 0, "completeness_score": 1}),
    ],
)
def test_scores_of_degenerate_tables(labels, clusters, expected):
    values = score_clustering(np.array(labels, int), np.array(clusters, int))
    assert {name: values[name] for name in expected} == pytest.approx(expected)
