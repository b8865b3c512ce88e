"""Null models: one sample for all spaces, no label on the way, and plain words where a step did not help."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Clustering, Features, Labels, Latents, NullClusterings
from pipeline.config import Cluster, Evaluate, Neighbors, NullModels
from pipeline.knn import exact
from pipeline.models.null import Pixels
from pipeline.recipe import STEPS
from pipeline.reporting.nulls import margin, null_words, without_use
from pipeline.stages.evaluate import evaluate
from pipeline.stages.nulls import nulls
from pipeline.stages.report import report
from tests.test_report import Page, parts

KMEANS = {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "n_init": 7, "random_state": 0}
MIXTURE = {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 3, "random_state": 0}
DBSCAN = {"_target_": "sklearn.cluster.DBSCAN", "eps": 1.5}
GRAPH = Neighbors(name="exact", _target_="pipeline.knn.exact", k=5)


def clusterer(estimator=KMEANS, **facts):
    return Cluster(**{"name": "some", "k": 3, "estimator": estimator} | facts)


@pytest.fixture(scope="module")
def things():
    """Images in three groups whose latents are noise: an autoencoder that did harm; and a manifold that mends it."""
    inputs = parts()
    noise = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    truth = inputs["labels"].fitted
    manifold = (10 * np.eye(3)[truth] + 0.01 * noise[:, :3]).astype(np.float32)
    return inputs | {
        "latents": Latents(noise, noise[:9], [4]),
        "features": Features(manifold, manifold[:9], "umap"),
    }


def made(things, config=None, cluster=None, **kwargs):
    inputs = {name: things[name] for name in ("images", "latents", "features")}
    return nulls(config or NullModels(), cluster or clusterer(), GRAPH, **inputs, **kwargs)


def scores(things, found, labels=None):
    """The scores of these null models, and of little else."""
    images, known = things["images"], things["labels"] if labels is None else labels
    flat = Latents(images.train.reshape(60, -1), images.test.reshape(9, -1), list(images.shape))
    return evaluate(
        Evaluate(), images, known, Pixels(images.shape), flat, exact(flat, 5),
        things["features"], things["clustering"], found, things["map"],
    )  # fmt: skip


def test_all_spaces_share_the_sample_and_the_clusters_of_the_same_rows(things, recorder):
    found = made(things, NullModels(sample=30, starts=2, seed=4), observer=recorder)
    assert found.spaces == ["pixels", "pca", "latents", "manifold"]
    assert found.clusters.shape == (4, 3, 30)
    assert np.array_equal(found.rows, np.unique(found.rows))
    assert found.dimensions == [35, 4, 4, 3]
    assert "random sample of 30 of 60 fitted images (seed 4); 2 starts in place of 7" in recorder.notes[0]


def test_the_same_seed_draws_the_same_and_another_does_not(things):
    first, again, other = (made(things, NullModels(sample=30, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.clusters, again.clusters)
    assert np.array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)


def test_swaps_are_left_out_and_it_is_said(things, recorder):
    made(things, NullModels(starts=7), clusterer(swaps=9), observer=recorder)
    assert recorder.notes == ["null models: no swaps"]


def test_nothing_is_said_where_nothing_differs_from_the_run(things, recorder):
    assert made(things, NullModels(starts=7), observer=recorder).notes == []
    assert not recorder.notes


def test_a_covariance_a_cluster_gets_fewer_dimensions_and_it_is_said(things):
    found = made(things, NullModels(most_dimensions=5), clusterer(MIXTURE))
    assert found.dimensions == [5, 4, 4, 3]
    assert "pixels: 5 random projections of 35 dimensions" in found.notes
    assert made(things, NullModels(most_dimensions=5)).dimensions[0] == 35, "k-means takes all of them"


def test_repeats_are_other_seeds_and_a_clusterer_that_draws_nothing_has_one(things):
    once, thrice = (made(things, NullModels(repeats=repeats, starts=1)) for repeats in (1, 3))
    assert np.array_equal(once.clusters[:, 0], thrice.clusters[:, 0]), "the run's own seed comes first"
    assert not np.array_equal(thrice.clusters[2, 0], thrice.clusters[2, 1])
    assert made(things, cluster=clusterer(DBSCAN, k=None)).clusters.shape[1] == 1


def test_without_a_manifold_there_is_no_row_for_it(things):
    plain = Features(things["latents"].fitted, things["latents"].held_out, "latents")
    assert made(things | {"features": plain}).spaces == ["pixels", "pca", "latents"]


def test_a_space_that_cannot_be_clustered_does_not_stop_the_run(things):
    broken = clusterer(KMEANS | {"n_clusters": 40})
    found = made(things, NullModels(sample=30), broken)
    assert found.spaces == []
    assert sum("could not be clustered" in note for note in found.notes) == 4


def test_it_can_be_turned_off(things):
    found = made(things, NullModels(sample=0))
    assert found.spaces == []
    made_scores = scores(things, found)
    assert not [name for name in made_scores.values if name.startswith("null/")]


def test_no_label_reaches_the_clusterings():
    assert "labels" not in STEPS["nulls"].takes
    assert not [name for name in inspect.signature(nulls).parameters if "label" in name or "truth" in name]


def test_the_rows_of_the_table_are_scored_on_the_sample(things):
    found = made(things, NullModels(sample=50))
    scored = scores(things, found)
    rows = {row["space"]: row for row in scored.nulls}
    assert rows["pixels"]["accuracy"] == rows["manifold"]["accuracy"] == 1
    assert rows["latents"]["accuracy"] < 0.7
    assert rows["manifold"]["agreement"] == 1, "the run's own clusters are the groups"
    assert {row["n"] for row in rows.values()} == {50}
    assert {row["k"] for row in rows.values()} == {3}
    assert rows["pixels"]["accuracy_sd"] == 0
    assert scored.values["null/latents_accuracy"] == rows["latents"]["accuracy"]
    assert scored.values["null/pixels_nmi"] == pytest.approx(1)


def test_without_labels_only_agreement_is_left(things):
    blind = Labels(np.full(60, -1, np.int32), np.full(9, -1, np.int32))
    scored = scores(things, made(things), blind)
    assert "accuracy" not in scored.nulls[0]
    assert scored.nulls[0]["agreement"] == 1
    assert "null/pixels_agreement" in scored.values
    assert "Without labels nobody can say" in null_words(scored.nulls)[0]
    assert without_use(scored.nulls) == []


def test_noise_has_a_coverage_and_the_runs_noise_is_a_cluster_of_its_own(things):
    found = made(things, cluster=clusterer(DBSCAN, k=None))
    own = np.where(things["clustering"].fitted == 2, -1, things["clustering"].fitted).astype(np.int32)
    noisy = Clustering(own, own[:9], np.ones(60, np.float32), np.ones(9, np.float32), np.zeros((2, 4)), "some")
    rows = {row["space"]: row for row in scores(things | {"clustering": noisy}, found).nulls}
    assert rows["latents"]["coverage"] < 1
    assert rows["manifold"]["agreement"] == 1


def row(space, accuracy, n=2500):
    return {"space": space, "accuracy": accuracy, "n": n}


@pytest.mark.parametrize(
    ("latents", "words"), [(0.9, "autoencoder helped: accuracy is 0.9000"), (0.61, "may be chance"), (0.4, "did harm")]
)
def test_the_verdict_follows_the_numbers(latents, words):
    rows = [row("pixels", 0.5), row("pca", 0.6), row("latents", latents), row("manifold", 0.95)]
    said = null_words(rows)
    assert words in said[0]
    assert "0.6000 on PCA, the better of the two untrained" in said[0]
    assert "The manifold helped" in said[1]
    assert "model=pixels" in said[2]
    assert len(without_use(rows)) == (0 if latents == 0.9 else 1)


def test_fewer_images_make_more_of_a_difference_chance():
    assert margin(row("a", 0.5, 100), row("b", 0.5, 100)) == pytest.approx(2 * np.sqrt(0.005))
    lucky = row("a", 0.5, 100) | {"accuracy_sd": 0.3, "repeats": 3}
    assert margin(lucky, row("b", 0.5, 100)) == pytest.approx(2 * np.sqrt(0.005 + 0.03)), "and so does luck"
    assert margin(row("a", 0.5, 100), row("b", 0.5, 100)) > margin(row("a", 0.5), row("b", 0.5))


def test_no_models_come_back_from_their_folder(tmp_path):
    NullClusterings.none().save(tmp_path)
    assert NullClusterings.load(tmp_path).spaces == []


def test_the_report_has_the_table_and_says_what_did_not_help(things):
    scored = scores(things, made(things, NullModels(sample=50, starts=2)))
    inputs = parts()
    shown = replace(inputs["scores"], nulls=scored.nulls, null_notes=scored.null_notes)
    page = Page(report(**inputs | {"scores": shown}).html)
    text = " ".join(page.words.split())
    assert "nulls" in page.ids
    assert text.count("the autoencoder did not help but did harm") == 2, "in front, and beside the table"
    assert "PCA of the pixels 4 1.0000 ± 0.0000 1.0000 1.0000 1.0000 3 100 % 50" in text
    assert "2 starts in place of 7" in text
    assert "Null models" not in Page(report(**inputs).html).words
