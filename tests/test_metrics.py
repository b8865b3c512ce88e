"""Scores: invariants over the whole table, hand-worked cases, and scikit-learn as the reference."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.manifold import trustworthiness as reference_trustworthiness

from pipeline import metrics
from pipeline.metrics import SCORES, contingency_matrix, per_cluster, score
from pipeline.separation import silhouette_score

ADJUSTED = {"ami_score", "ari_score"}
MATCHING = {"purity_score", "accuracy_score"}
NEAR = {"abs": 1e-9}

each_score = pytest.mark.parametrize("name", SCORES)
pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=60)
noisy_pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 5)), min_size=1, max_size=60)


def of(name, labels, clusters):
    return SCORES[name](contingency_matrix(labels, clusters))


def columns(points):
    return tuple(np.array(points).T)


@each_score
@given(noisy_pairs, st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(name, points, random):
    shuffled = random.sample(points, len(points))
    assert of(name, *columns(points)) == pytest.approx(of(name, *columns(shuffled)), **NEAR)


@each_score
@given(noisy_pairs, st.lists(st.integers(0, 2**40), min_size=11, max_size=11, unique=True))
def test_any_integers_will_do_as_names(name, points, names):
    labels, clusters = columns(points)
    table = np.array(names)
    renamed = np.where(clusters < 0, -1, table[5 + clusters])
    assert of(name, labels, clusters) == pytest.approx(of(name, table[labels], renamed), **NEAR)


@each_score
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.permutations(range(5)))
def test_a_perfect_clustering_scores_one(name, labels, names):
    assert of(name, labels, [names[label] for label in labels]) == pytest.approx(1)


@each_score
@given(noisy_pairs)
def test_scores_stay_in_range(name, points):
    value = of(name, *columns(points))
    assert value <= 1 + 1e-9
    assert value >= {"ari_score": -0.5, "ami_score": -1.0}.get(name, 0.0)


@pytest.mark.parametrize("name", sorted(ADJUSTED))
@pytest.mark.parametrize("k", [2, 10, 40])
def test_adjusted_scores_of_random_clusters_are_near_zero(name, k):
    rng = np.random.default_rng(0)
    assert of(name, rng.integers(0, 10, 3000), rng.integers(0, k, 3000)) == pytest.approx(0, abs=0.01)


@given(noisy_pairs)
def test_purity_is_never_below_accuracy(points):
    labels, clusters = columns(points)
    assert of("purity_score", labels, clusters) >= of("accuracy_score", labels, clusters)


@pytest.mark.parametrize("name", ["purity_score", "homogeneity_score"])
@given(pairs, st.integers(0, 5))
def test_splitting_a_cluster_never_makes_it_less_pure(name, points, chosen):
    labels, clusters = columns(points)
    split = np.where((clusters == chosen) & (np.arange(len(clusters)) % 2 == 0), 99, clusters)
    assert of(name, labels, split) >= of(name, labels, clusters) - 1e-12


def test_one_cluster_for_everything():
    values = score([0, 0, 0, 1, 2], [7] * 5)
    assert values["k"] == 1
    assert values["purity_score"] == values["accuracy_score"] == pytest.approx(3 / 5)
    assert values["completeness_score"] == 1
    for name in ("nmi_score", "ami_score", "ari_score", "homogeneity_score", "v_measure_score"):
        assert values[name] == pytest.approx(0, abs=1e-12)


def test_every_point_its_own_cluster_is_pure_and_still_worthless():
    values = score([0, 0, 0, 1, 1, 1], range(6))
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
def test_values_worked_by_hand(case, name, value):
    assert of(name, *case) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "theirs"),
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
def test_scikit_learn_agrees_and_noise_is_one_more_cluster(name, theirs, points):
    labels, clusters = columns(points)
    assert of(name, labels, clusters) == pytest.approx(theirs(labels, clusters), abs=1e-6)


@given(noisy_pairs)
def test_accuracy_is_the_best_of_all_matchings(points):
    labels, clusters = columns(points)
    best = max(
        np.sum(np.array(matching)[np.maximum(clusters, 0)][clusters >= 0] == labels[clusters >= 0])
        for matching in permutations(range(6))
    )
    assert of("accuracy_score", labels, clusters) == pytest.approx(best / len(points))


def test_noise_counts_as_wrong_but_clustered_scores_leave_it_out():
    values = score([0, 0, 0, 1, 1, 1], [4, 4, -1, 9, 9, -1])
    assert values["k"] == 2
    for name in ("purity_score", "accuracy_score", "coverage"):
        assert values[name] == pytest.approx(4 / 6)
    for name in SCORES:
        assert values[f"clustered/{name}"] == pytest.approx(1)
    assert all(type(value) is float for value in values.values())


def test_without_noise_there_are_no_clustered_scores():
    assert set(score([0, 1], [0, 1])) == {*SCORES, "k", "coverage"}


def test_a_class_that_is_noise_altogether_leaves_the_clustered_scores():
    values = score([0, 0, 1, 1, 2, 2], [0, 0, 0, 1, -1, -1])
    kept = score([0, 0, 1, 1], [0, 0, 0, 1])
    for name in SCORES:
        assert values[f"clustered/{name}"] == pytest.approx(kept[name])


def test_nothing_but_noise_earns_nothing():
    values = score([0, 0, 1, 1], [-1] * 4)
    assert not [name for name in values if name.startswith("clustered/")]
    assert values["coverage"] == values["k"] == 0
    for name in (*MATCHING, *ADJUSTED, "nmi_score"):
        assert values[name] == pytest.approx(0, abs=1e-12)


@given(noisy_pairs, st.lists(st.integers(-1, 5), max_size=10))
def test_points_without_a_label_are_left_out(points, clusters):
    labels, found = columns(points)
    unknown = np.full(len(clusters), -1)
    assert score(labels, found) == score(np.append(labels, unknown), np.append(found, clusters))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="3 labels but 2 clusters"):
        contingency_matrix([0, 1, 2], [0, 1])


def test_the_table_of_clusters():
    rows = per_cluster(contingency_matrix([5, 5, 7, 7, 7, 7, 7], [3, 3, 3, 3, 8, 8, -1]))
    assert rows == [
        {"cluster": 3, "size": 4, "majority": 5, "purity": 0.5, "entropy": pytest.approx(1.0)},
        {"cluster": 8, "size": 2, "majority": 7, "purity": 1.0, "entropy": pytest.approx(0.0)},
    ]


@given(noisy_pairs)
def test_the_contingency_matrix_loses_no_point(points):
    labels, clusters = columns(points)
    table = contingency_matrix(labels, clusters)
    assert table.n == table.full.sum() == len(points)
    for i, j in np.ndindex(table.counts.shape):
        assert table.counts[i, j] == np.sum((labels == table.classes[i]) & (clusters == table.clusters[j]))


@pytest.fixture(scope="module")
def cloud():
    return np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)


def test_the_silhouette_by_hand_and_where_there_is_none():
    points = np.array([[0.0], [1.0], [10.0]])
    assert silhouette_score(points, np.array([4, 4, 7])) == pytest.approx((9 / 10 + 8 / 9 + 0) / 3)
    for clusters in ([0, 0, 0], [0, 1, 2]):
        assert np.isnan(silhouette_score(points, np.array(clusters)))


@pytest.mark.parametrize("k", [1, 5, 15, 40])
def test_trustworthiness_is_scikit_learns(cloud, k):
    flat = cloud[:, :2] ** 3
    assert metrics.trustworthiness(cloud, flat, k) == pytest.approx(
        reference_trustworthiness(cloud, flat, n_neighbors=k), abs=1e-6
    )


def test_sampled_trustworthiness_is_close_and_seeded(cloud):
    flat = cloud[:, :2]
    full = metrics.trustworthiness(cloud, flat, 10)
    sampled = [metrics.trustworthiness(cloud, flat, 10, sample=150, seed=seed) for seed in (0, 0, 1)]
    assert sampled[0] == sampled[1] != sampled[2]
    assert sampled == pytest.approx([full] * 3, abs=0.03)
    assert metrics.trustworthiness(cloud, flat, 10, sample=300) == full


def test_a_map_that_is_the_space_itself_keeps_all_neighbours(cloud, blobs):
    assert metrics.trustworthiness(cloud, cloud, 10) == 1
    assert metrics.neighbors_kept(blobs.graph.indices, blobs.latents.fitted) == 1


def test_a_shuffled_map_keeps_neighbours_by_chance_alone(blobs):
    shuffled = np.random.default_rng(0).permutation(blobs.latents.fitted)
    n, k = blobs.graph.indices.shape
    assert metrics.neighbors_kept(blobs.graph.indices, shuffled) == pytest.approx(k / (n - 1), abs=0.03)
    assert metrics.trustworthiness(blobs.latents.fitted, shuffled, 10) < 0.6
    sampled = metrics.neighbors_kept(blobs.graph.indices, shuffled, sample=80, seed=1)
    assert sampled == pytest.approx(metrics.neighbors_kept(blobs.graph.indices, shuffled), abs=0.03)
