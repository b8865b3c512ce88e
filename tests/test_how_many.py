"""How many clusters: rules against hands and references, every index on groups that are plain to see, and the page."""

import inspect

import numpy as np
import pandas as pd
import pytest

from pipeline import on_demand
from pipeline.artifacts import Clustering, Features
from pipeline.config import HowMany
from pipeline.counting.indices import INDICES, picks
from pipeline.counting.measure import Measure
from pipeline.counting.page import disagreement, headline
from pipeline.counting.rules import below_chord, best, first_within_error, gap, last_within_error
from pipeline.errors import UserError
from pipeline.run import execute
from pipeline.stages.how_many import how_many
from tests.helpers import TINY, compose

QUICK = HowMany(largest=7, references=4, bootstraps=4, starts=2)


def clustered(n, k):
    clusters = (np.arange(n) % k).astype(np.int32)
    sure = np.ones(n, np.float32)
    return Clustering(clusters, clusters[:0], sure, sure[:0], np.zeros((k, 2), np.float32), "kmeans")


@pytest.fixture(scope="module")
def found(blobs, module_recorder):
    return how_many(QUICK, "some <b> run", blobs.features, clustered(156, 4), module_recorder)


# Rules


def test_the_elbow_is_farthest_below_the_chord():
    distance = below_chord([1, 2, 3, 4, 5], np.array([100.0, 60, 20, 10, 0]))
    assert distance == pytest.approx([0, 0.15, 0.3, 0.15, 0])
    assert below_chord([1, 2, 3], np.array([5.0, 5, 5])).tolist() == [0, 0, 0], "a flat curve has none"
    assert below_chord([1, 2, 3], np.array([3.0, 2, 1])) == pytest.approx([0, 0, 0]), "nor has a straight one"


def test_the_gap_statistic_is_what_a_hand_computes():
    references = np.log(np.array([[8.0, 4.0], [2.0, 1.0]]))
    values, errors = gap(np.log([2.0, 1.0]), references)
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
def test_the_first_gap_within_the_next_ones_error_counts(values, errors, k):
    assert first_within_error([1, 2, 3], np.array(values, float), np.array(errors, float)) == k


def test_the_largest_number_that_is_as_stable_as_the_best_counts():
    assert last_within_error([2, 3, 4], np.array([1, 1, 0.8]), np.zeros(3)) == 3
    assert last_within_error([2, 3, 4], np.array([0.9, 0.95, 0.92]), np.array([0, 0.04, 0])) == 4
    assert last_within_error([2, 3], np.full(2, np.nan), np.zeros(2)) is None
    assert best([2, 3], np.full(2, np.nan)) is None


def test_the_gap_agrees_with_a_plain_implementation(blobs):
    """Tibshirani's formulas in a loop: pooled sums of squares from pairs, a box along the principal components."""
    from sklearn.cluster import KMeans

    points = blobs.features.fitted
    measure = Measure(points, starts=2, references=3, bootstraps=2, seed=5)

    def pooled(data, k):
        labels = KMeans(k, n_init=2, random_state=5).fit(data).labels_
        total = 0.0
        for cluster in range(k):
            members = data[labels == cluster].astype(float)
            total += ((members[:, None] - members[None]) ** 2).sum() / (2 * len(members))
        return np.log(total)

    assert np.log(measure.inertia(3)[0]) == pytest.approx(pooled(points, 3), rel=1e-4)
    _, axes = np.linalg.eigh(np.cov(points.T))
    rotated = (points - points.mean(axis=0)) @ axes[:, ::-1]
    for place, ours in enumerate(measure.log_references(3)):
        drawn = np.random.default_rng((5, place)).uniform(size=rotated.shape)
        box = rotated.min(axis=0) + drawn * np.ptp(rotated, axis=0)
        assert ours == pytest.approx(pooled(box.astype(np.float32), 3), rel=0.02), "but for the axes' signs"


# The indices


def test_every_index_finds_groups_that_are_plain_to_see(found):
    assert found.picks == dict.fromkeys(INDICES, 3)
    assert "All five indices say 3" in found.html
    assert "No index" not in found.html.partition("<h3>")[0]


def test_one_group_is_not_divided_by_the_gap():
    points = np.random.default_rng(0).uniform(size=(200, 2)).astype(np.float32)
    made = how_many(QUICK, "run", Features(points, points[:0], "latents"), clustered(200, 2))
    assert made.picks["gap"] == 1
    assert "would not divide the images at all" in made.html


def test_equal_points_have_no_answer_and_no_warning():
    points = np.zeros((30, 2), np.float32)
    made = how_many(QUICK, "run", Features(points, points[:0], "latents"), clustered(30, 2))
    assert made.picks["elbow"] is None
    assert made.picks["silhouette"] is None
    assert "name no number in this range" in made.html


def test_the_order_of_the_images_and_a_turn_of_the_space_change_no_answer(blobs, found):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 8)))[0]
    points = (blobs.features.fitted @ turn)[::-1].astype(np.float32)
    assert how_many(QUICK, "run", Features(points, points[:0], "latents"), clustered(156, 4)).picks == found.picks


def test_a_sample_and_fewer_dimensions_are_said(blobs, recorder):
    config = QUICK.model_copy(update={"sample": 90, "most_dimensions": 3, "seed": 4})
    made = how_many(config, "run", blobs.features, clustered(156, 4), recorder)
    assert made.n == 90
    assert made.picks["silhouette"] == 3
    assert "random sample of 90 of 156 images (seed 4)" in recorder.notes[0]
    assert "3 principal components of 8 dimensions" in recorder.notes[1]
    assert all(note in made.html for note in recorder.notes)


def test_no_label_has_a_part_in_it():
    assert not [name for name in inspect.signature(how_many).parameters if "label" in name or "truth" in name]


# What it leaves


def test_the_table_has_a_row_a_number_and_one_more_in_front(found, tmp_path, module_recorder):
    assert found.table["k"].tolist() == list(range(1, 8))
    assert found.table["silhouette"].isna().tolist() == [True] + [False] * 6
    assert found.table[["inertia", "gap", "gap_error"]].notna().all().all()
    assert (np.diff(found.table["inertia"]) < 0).all()
    found.save(tmp_path)
    again = pd.read_csv(tmp_path / "how_many.csv")
    assert picks(again) == found.picks
    assert found.metrics()["how_many/bic"] == 3
    assert [step for step, _ in module_recorder.epochs] == list(range(1, 8))
    assert module_recorder.steps[-1] == (7, 7)


def test_the_page_is_whole_and_takes_names_as_text(found):
    assert "<b>" not in found.html
    assert "http" not in found.html.replace("http-equiv", "")
    assert found.html.count('<td class="n pick">') == 5
    assert "no index agrees with it" in found.html


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ((3, 3, 3, 3, 3), "All five indices say 3"),
        ((3, 3, 3, 9, None), "Three of five indices say 3"),
        ((3, 4, 5, 6, None), "The indices disagree: from 3 to 6 clusters"),
        ((None, 4, None, 4, None), "Two of five indices say 4, the others nothing"),
        ((None,) * 5, "No index names a number"),
    ],
)
def test_the_headline_follows_the_answers(chosen, words):
    assert headline(dict(zip(INDICES, chosen, strict=True))).startswith(words)


def test_where_they_differ_is_said():
    words = " ".join(disagreement(dict(zip(INDICES, (6, 11, 20, None, 11), strict=True)), 11, 20))
    assert "Inertia says 6; Silhouette and Stability say 11; BIC says 20." in words
    assert "BIC stops at the end of the range" in words
    assert "Gap statistic names no number" in words
    assert "This run has 11 clusters: Silhouette and Stability agree with it." in words


# Through the store


def test_a_finished_run_is_asked(outputs):
    execute(compose(*TINY, "stage=cluster", outputs=outputs), outputs / "run", [])
    words = ["stage=how_many", "how_many.largest=4", "how_many.references=2", "how_many.bootstraps=2"]
    words += ["how_many.sample=120", "how_many.most_dimensions=5"]
    metrics = on_demand.execute(compose(*words, outputs=outputs), outputs / "count", [])
    assert metrics["how_many/images"] == 120
    assert (outputs / "count" / "how_many.html").stat().st_size > 20_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["how_many.smallest=1"], r"^how_many\.smallest = 1: .*greater than or equal to 2"),
        (["how_many.smallest=9", "how_many.largest=9"], r"^how_many\.largest = 9: choose more than .*smallest = 9$"),
        (["how_many.references=1"], r"^how_many\.references = 1"),
    ],
)
def test_bad_values_are_named(words, message, outputs):
    with pytest.raises(UserError, match=message):
        compose("stage=how_many", *words, outputs=outputs)


def test_more_clusters_than_images_are_refused(blobs):
    with pytest.raises(UserError, match=r"^how_many\.largest = 200: on 156 images choose one below 156$"):
        how_many(HowMany(largest=200), "run", blobs.features, clustered(156, 4))
