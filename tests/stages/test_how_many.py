"""Stage how_many: rules, validity indices, the stage on separated groups, the page, and a finished run."""

import inspect

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Features
from pipeline.config import HowMany
from pipeline.runtime.errors import UserError
from pipeline.stages.how_many import how_many
from pipeline.stages.how_many.index_values import IndexValues
from pipeline.stages.how_many.recommendation_rules import (
    depth_below_chord,
    first_within_error,
    gap_statistic,
    highest_value,
    last_within_error,
)
from pipeline.stages.how_many.validity_indices import INDICES, recommend_k
from pipeline.stages.how_many.wording import describe_recommendations, how_many_headline
from pipeline.workflow.run_action import run_action
from tests.helpers import compose

SMALL = HowMany(k_max=7, references=4, bootstraps=4, n_init=2)


def make_clustering(n, k):
    clusters = (np.arange(n) % k).astype(np.int32)
    confidence = np.ones(n, np.float32)
    return Clustering(clusters, clusters[:0], confidence, confidence[:0], np.zeros((k, 2), np.float32), "kmeans")


def make_features(points):
    return Features(points, points[:0], "latents")


@pytest.fixture(scope="module")
def result(blobs, module_recorder):
    """The result on three separated groups, for a run with four clusters."""
    return how_many(SMALL, "some <b> run", blobs.features, make_clustering(156, 4), module_recorder)


# Rules


def test_the_elbow_is_farthest_below_the_chord():
    depth = depth_below_chord([1, 2, 3, 4, 5], np.array([100.0, 60, 20, 10, 0]))
    assert depth == pytest.approx([0, 0.15, 0.3, 0.15, 0])
    assert depth_below_chord([1, 2, 3], np.array([5.0, 5, 5])).tolist() == [0, 0, 0], "a flat curve has no elbow"
    assert depth_below_chord([1, 2, 3], np.array([3.0, 2, 1])) == pytest.approx([0, 0, 0]), "a straight line neither"


def test_the_gap_statistic_matches_values_computed_by_hand():
    references = np.log(np.array([[8.0, 4.0], [2.0, 1.0]]))
    values, errors = gap_statistic(np.log([2.0, 1.0]), references)
    assert values == pytest.approx([np.log(2), np.log(2)])
    assert errors == pytest.approx([np.log(2) * np.sqrt(1.5)] * 2), "half of log 8 − log 2, times √(1 + 1/2)"


@pytest.mark.parametrize(
    ("values", "errors", "k"),
    [
        ([1, 5, 4], [0, 0, 0], 2),
        ([1, 5, 5.5], [0, 0, 1], 2),
        ([1, 2, 3], [0.1, 0.1, 0.1], None),
        ([5, 1, 1], [0, 0, 0], 1),
    ],
)
def test_the_first_gap_within_the_next_error_is_chosen(values, errors, k):
    assert first_within_error([1, 2, 3], np.array(values, float), np.array(errors, float)) == k


def test_the_largest_k_within_the_error_of_the_best_is_chosen():
    assert last_within_error([2, 3, 4], np.array([1, 1, 0.8]), np.zeros(3)) == 3
    assert last_within_error([2, 3, 4], np.array([0.9, 0.95, 0.92]), np.array([0, 0.04, 0])) == 4


def test_rules_choose_nothing_without_finite_values():
    assert last_within_error([2, 3], np.full(2, np.nan), np.zeros(2)) is None
    assert highest_value([2, 3], np.full(2, np.nan)) is None


def test_gap_references_agree_with_a_direct_implementation(blobs):
    """Tibshirani's formulas in a loop: pooled sums of squares over pairs, a box along the principal components."""
    from sklearn.cluster import KMeans

    points = blobs.features.fitted
    values = IndexValues(points, n_init=2, references=3, bootstraps=2, seed=5)

    def pooled(data, k):
        labels = KMeans(k, n_init=2, random_state=5).fit(data).labels_
        total = 0.0
        for cluster in range(k):
            members = data[labels == cluster].astype(float)
            total += ((members[:, None] - members[None]) ** 2).sum() / (2 * len(members))
        return np.log(total)

    assert np.log(values.inertia(3)[0]) == pytest.approx(pooled(points, 3), rel=1e-4)
    _, axes = np.linalg.eigh(np.cov(points.T))
    rotated = (points - points.mean(axis=0)) @ axes[:, ::-1]
    for index, log_inertia in enumerate(values.log_references(3)):
        uniform = np.random.default_rng((5, index)).uniform(size=rotated.shape)
        box = rotated.min(axis=0) + uniform * np.ptp(rotated, axis=0)
        assert log_inertia == pytest.approx(pooled(box.astype(np.float32), 3), rel=0.02), "equal up to the axes' signs"


# The stage


def test_every_index_finds_separated_groups(result):
    assert result.recommendations == dict.fromkeys(INDICES, 3)
    assert "All five indices recommend 3 clusters" in result.html
    assert result.summary_lines()[0] == "Inertia        3"


@pytest.mark.slow
def test_the_gap_statistic_recommends_one_cluster_for_uniform_data():
    points = np.random.default_rng(0).uniform(size=(200, 2)).astype(np.float32)
    result = how_many(SMALL, "run", make_features(points), make_clustering(200, 2))
    assert result.recommendations["gap"] == 1
    assert "recommends a single cluster" in result.html


@pytest.mark.slow
def test_identical_points_have_no_recommendation_and_no_warning():
    result = how_many(SMALL, "run", make_features(np.zeros((30, 2), np.float32)), make_clustering(30, 2))
    assert result.recommendations["elbow"] is None
    assert result.recommendations["silhouette"] is None
    assert "recommend no number in this range" in result.html


@pytest.mark.slow
def test_order_of_images_and_rotation_do_not_matter(blobs, result):
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    points = (blobs.features.fitted @ rotation)[::-1].astype(np.float32)
    rotated = how_many(SMALL, "run", make_features(points), make_clustering(156, 4))
    assert rotated.recommendations == result.recommendations


@pytest.mark.slow
def test_sampling_and_reduced_dimensions_are_noted(blobs, recorder):
    config = SMALL.model_copy(update={"sample": 90, "max_dimensions": 3, "seed": 4})
    result = how_many(config, "run", blobs.features, make_clustering(156, 4), recorder)
    assert result.n == 90
    assert result.recommendations["silhouette"] == 3
    assert "random sample of 90 of 156 images (seed 4)" in recorder.notes[0]
    assert "3 principal components of 8 dimensions" in recorder.notes[1]
    assert all(note in result.html for note in recorder.notes)


def test_the_stage_takes_no_labels():
    assert not [name for name in inspect.signature(how_many).parameters if "label" in name or "truth" in name]


def test_the_range_ends_below_the_number_of_images(recorder):
    points = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    config = HowMany(references=2, bootstraps=2, n_init=1)
    result = how_many(config, "run", make_features(points), make_clustering(5, 2), recorder)
    assert result.table["k"].tolist() == [1, 2, 3, 4]
    assert "how_many.k_max = 20 is lowered to 4: there are 5 images" in recorder.notes
    assert recorder.notes[0] in result.html


def test_too_few_images_are_refused():
    points = np.zeros((2, 2), np.float32)
    with pytest.raises(UserError, match=r"^how_many\.k_min = 2: .* the 2 images; this needs at least 4 images$"):
        how_many(HowMany(), "run", make_features(points), make_clustering(2, 2))


# The table and the page


def test_the_table_starts_one_below_the_range(result, tmp_path, module_recorder):
    assert result.table["k"].tolist() == list(range(1, 8))
    assert result.table["silhouette"].isna().tolist() == [True] + [False] * 6
    assert result.table[["inertia", "gap", "gap_error"]].notna().all().all()
    assert (np.diff(result.table["inertia"]) < 0).all()
    result.save(tmp_path)
    assert recommend_k(pd.read_csv(tmp_path / "how_many.csv")) == result.recommendations
    assert result.metrics()["how_many/bic"] == 3
    assert [step for step, _ in module_recorder.epochs] == list(range(1, 8))
    assert module_recorder.steps[-1] == (7, 7)


def test_the_page_is_self_contained_and_escapes_names(result):
    assert "<b>" not in result.html
    assert "http" not in result.html.replace("http-equiv", "")
    assert result.html.count('<td class="n pick">') == 5
    assert "The run has 4 clusters; no index recommends this number." in result.html


@pytest.mark.parametrize(
    ("numbers", "headline"),
    [
        ((3, 3, 3, 3, 3), "All five indices recommend 3 clusters"),
        ((3, 3, 3, 9, None), "Three of five indices recommend 3 clusters"),
        ((3, 4, 5, 6, None), "The indices disagree: they recommend 3 to 6 clusters"),
        ((None, 4, None, 4, None), "Two of five indices recommend 4 clusters, the others none"),
        ((None, None, None, 1, None), "One of five indices recommends 1 cluster, the others none"),
        ((None,) * 5, "No index recommends a number of clusters in this range"),
    ],
)
def test_the_headline_follows_the_recommendations(numbers, headline):
    assert how_many_headline(dict(zip(INDICES, numbers, strict=True))) == headline


def test_differences_between_the_indices_are_described():
    below = " ".join(describe_recommendations(dict.fromkeys(INDICES, 4), 1, 5, 20))
    assert "a smaller number than those of the range; decrease how_many.k_min." in below
    assert "The run has 1 cluster; this number is outside the range." in below
    words = " ".join(describe_recommendations(dict(zip(INDICES, (6, 11, 20, None, 11), strict=True)), 11, 2, 20))
    assert "Inertia recommends 6; Silhouette and Stability recommend 11; BIC recommends 20." in words
    assert "BIC recommends the largest number in the range" in words
    assert "Gap statistic recommends no number" in words
    assert "The run has 11 clusters; Silhouette and Stability recommend this number." in words


# A finished run


@pytest.mark.slow
def test_a_finished_run_is_measured(finished_run, tmp_path):
    words = ["stage=how_many", "how_many.k_max=4", "how_many.references=2", "how_many.bootstraps=2"]
    words += ["how_many.sample=120", "how_many.max_dimensions=5"]
    metrics = run_action(compose(*words, outputs=finished_run), tmp_path, [])
    assert metrics["how_many/images"] == 120
    assert (tmp_path / "how_many.html").stat().st_size > 20_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["how_many.k_min=1"], r"^how_many\.k_min = 1: .*greater than or equal to 2"),
        (
            ["how_many.k_min=9", "how_many.k_max=9"],
            r"^how_many\.k_max = 9: must be greater than .*= 9$",
        ),
        (["how_many.references=1"], r"^how_many\.references = 1"),
    ],
)
def test_invalid_values_are_refused_by_their_key(words, message, tmp_path):
    with pytest.raises(UserError, match=message):
        compose("stage=how_many", *words, outputs=tmp_path)
