"""Baselines: one sample for all spaces, no labels in the clusterings, and scores on the sample."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import BaselineClusterings, Clustering, Features, Images, Labels, Latents, Map
from pipeline.artifacts.clustering import REMOVE
from pipeline.clustering.choose_k import choose_k
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.config import Baselines, Cluster, Evaluate, Neighbors
from pipeline.embedding.neighbors import exact
from pipeline.models.baselines import PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.baselines import baselines
from pipeline.stages.evaluate import _map_quality, evaluate
from pipeline.stages.report import report
from pipeline.workflow.recipe import STEPS
from tests.stages.report_inputs import ParsedPage, report_inputs

KMEANS = {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "n_init": 7, "random_state": 0}
MIXTURE = {"_target_": "sklearn.mixture.GaussianMixture", "n_components": 3, "random_state": 0}
DBSCAN = {"_target_": "sklearn.cluster.DBSCAN", "eps": 1.5}
NEIGHBORS = Neighbors(name="exact", target="pipeline.embedding.neighbors.exact", k=5)


def clusterer(estimator=KMEANS, **values):
    return Cluster(**{"name": "some", "k": 3, "estimator": estimator} | values)


@pytest.fixture(scope="module")
def run():
    """Return images in three groups with random latents, and features of a manifold that separates the groups."""
    inputs = report_inputs()
    noise = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    manifold = (10 * np.eye(3)[inputs["labels"].fitted] + 0.01 * noise[:, :3]).astype(np.float32)
    return inputs | {
        "latents": Latents(noise, noise[:9], [4]),
        "features": Features(manifold, manifold[:9], "umap"),
    }


@pytest.fixture(scope="module")
def default_baselines(run):
    return compute_baselines(run)


def compute_baselines(run, config=None, cluster=None, **kwargs):
    inputs = {name: run[name] for name in ("images", "latents", "features")}
    return baselines(config or Baselines(), cluster or clusterer(), NEIGHBORS, **inputs, **kwargs)


def evaluate_baselines(run, clusterings, labels=None):
    images = run["images"]
    flat = Latents(images.train.reshape(60, -1), images.test.reshape(9, -1), list(images.shape))
    return evaluate(
        Evaluate(), images, labels or run["labels"], PixelModel(images.shape), flat, exact(flat, 5),
        run["features"], run["clustering"], clusterings, run["map"],
    )  # fmt: skip


def rows_by_space(scores):
    return {row["space"]: row for row in scores.baselines}


# Clusterings


def test_all_spaces_are_clustered_on_the_same_sample(run, recorder):
    clusterings = compute_baselines(run, Baselines(sample=30, n_init=2, seed=4), observer=recorder)
    assert clusterings.spaces == ["pixels", "pca", "latents", "manifold"]
    assert clusterings.clusters.shape == (4, 3, 30)
    assert np.array_equal(clusterings.rows, np.unique(clusterings.rows))
    assert clusterings.dimensions == [35, 4, 4, 3]
    assert "random sample of 30 of 60 fitted images (seed 4); n_init is 2 instead of 7" in recorder.notes[0]


def test_the_sample_depends_on_the_seed(run):
    first, again, other = (compute_baselines(run, Baselines(sample=30, seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.clusters, again.clusters)
    assert np.array_equal(first.rows, again.rows)
    assert not np.array_equal(first.rows, other.rows)


def test_omitted_swaps_are_noted(run, recorder):
    compute_baselines(run, Baselines(n_init=7), clusterer(swaps=9), observer=recorder)
    assert recorder.notes == ["baselines: no swaps"]


def test_there_are_no_notes_without_differences_from_the_run(run, recorder):
    assert compute_baselines(run, Baselines(n_init=7), observer=recorder).notes == []
    assert not recorder.notes


def test_dimensions_are_limited_for_a_covariance_per_cluster(run):
    clusterings = compute_baselines(run, Baselines(max_dimensions=5), clusterer(MIXTURE))
    assert clusterings.dimensions == [5, 4, 4, 3]
    assert "pixels: 5 random projections of 35 dimensions" in clusterings.notes


def test_dimensions_are_not_limited_for_k_means(run):
    assert compute_baselines(run, Baselines(max_dimensions=5)).dimensions[0] == 35


def test_repeats_have_different_seeds_and_the_first_one_is_the_runs(run):
    once, thrice = (compute_baselines(run, Baselines(repeats=repeats, n_init=1)) for repeats in (1, 3))
    assert np.array_equal(once.clusters[:, 0], thrice.clusters[:, 0])
    assert not np.array_equal(thrice.clusters[2, 0], thrice.clusters[2, 1])


def test_a_deterministic_clusterer_has_one_repeat(run):
    assert compute_baselines(run, cluster=clusterer(DBSCAN, k=None)).clusters.shape[1] == 1


def test_sizes_follow_from_the_number_of_sampled_images(run):
    estimator = {"_target_": "sklearn.cluster.HDBSCAN", "min_cluster_size": None, "copy": True}
    clusterings = compute_baselines(run, Baselines(sample=50), clusterer(estimator, k=None))
    assert "min_cluster_size = 5, for 50 images" in clusterings.notes
    assert not [note for note in clusterings.notes if "were set for all images" in note]


def test_there_is_no_manifold_if_the_latents_were_clustered(run):
    features = Features(run["latents"].fitted, run["latents"].held_out, "latents")
    assert compute_baselines(run | {"features": features}).spaces == ["pixels", "pca", "latents"]


def test_a_space_that_cannot_be_clustered_is_noted(run):
    clusterings = compute_baselines(run, Baselines(sample=30), clusterer(KMEANS | {"n_clusters": 40}))
    assert clusterings.spaces == []
    assert sum("could not be clustered" in note for note in clusterings.notes) == 4


@pytest.fixture(scope="module")
def colour_run():
    """Return 200 colour images of 32×32 pixels, copies of four, whose covariances have no inverse in 32 bits."""
    rng = np.random.default_rng(0)
    pixels = rng.random((4, 32, 32, 3)).astype(np.float32)[np.arange(200) % 4]
    latents = Latents(rng.normal(size=(200, 3)).astype(np.float32), np.zeros((0, 3), np.float32), [3])
    features = Features(latents.fitted, latents.held_out, "umap")
    return {"images": Images(pixels, pixels[:0]), "latents": latents, "features": features}


@pytest.mark.parametrize("start", ["own", "latents"])
def test_a_mixture_with_ill_defined_covariances_is_regularised_with_a_note(colour_run, start):
    clusterings = compute_baselines(colour_run, cluster=clusterer(MIXTURE, start=start))
    assert clusterings.spaces == ["pixels", "pca", "latents", "manifold"]
    assert {len(np.unique(repeat[image::4])) for repeat in clusterings.clusters[0] for image in range(4)} == {1}
    (note,) = [note for note in clusterings.notes if note.startswith("pixels: clustered with")]
    assert note.endswith("because some failed with the run's settings")


def test_a_mixture_that_fails_regularised_is_made_diagonal(run, monkeypatch):
    def fail_with_full_covariances(cluster, *inputs):
        if cluster.estimator.get("covariance_type") != "diag":
            raise UserError("ill-defined")
        return fit_clusters(cluster, *inputs)

    monkeypatch.setattr("pipeline.stages.baselines.fit_clusters", fail_with_full_covariances)
    clusterings = compute_baselines(run, cluster=clusterer(MIXTURE))
    assert clusterings.spaces == ["pixels", "pca", "latents", "manifold"]
    assert sum("covariance_type = diag, because some failed" in note for note in clusterings.notes) == 4


def test_a_sample_of_zero_turns_baselines_off(run):
    clusterings = compute_baselines(run, Baselines(sample=0))
    assert clusterings.spaces == []
    scores = evaluate_baselines(run, clusterings)
    assert not [name for name in scores.values if name.startswith("baselines/")]


def test_the_stage_receives_no_labels():
    assert "labels" not in STEPS["baselines"].inputs
    assert not [name for name in inspect.signature(baselines).parameters if "label" in name]


def test_empty_baselines_are_loaded_as_they_were_saved(tmp_path):
    BaselineClusterings.none().save(tmp_path)
    assert BaselineClusterings.load(tmp_path).spaces == []


# Scores and report


def test_baselines_are_scored_on_the_sample(run):
    scores = evaluate_baselines(run, compute_baselines(run, Baselines(sample=50)))
    rows = rows_by_space(scores)
    assert rows["pixels"]["accuracy"] == rows["manifold"]["accuracy"] == 1
    assert rows["latents"]["accuracy"] < 0.7
    assert rows["manifold"]["agreement"] == 1, "the clusters of the run are the groups"
    assert {row["n"] for row in rows.values()} == {50}
    assert {row["k"] for row in rows.values()} == {3}
    assert rows["pixels"]["accuracy_sd"] == 0
    assert scores.values["baselines/latents_accuracy"] == rows["latents"]["accuracy"]
    assert scores.values["baselines/pixels_nmi"] == pytest.approx(1)


def test_without_labels_baselines_have_only_an_agreement(run, default_baselines):
    unlabelled = Labels(np.full(60, -1, np.int32), np.full(9, -1, np.int32))
    scores = evaluate_baselines(run, default_baselines, unlabelled)
    assert "accuracy" not in scores.baselines[0]
    assert scores.baselines[0]["agreement"] == 1
    assert "baselines/pixels_agreement" in scores.values


def test_coverage_is_the_share_of_clustered_images(run):
    rows = rows_by_space(evaluate_baselines(run, compute_baselines(run, cluster=clusterer(DBSCAN, k=None))))
    assert rows["latents"]["coverage"] < 1


def test_noise_of_the_run_counts_as_a_cluster_in_the_agreement(run, default_baselines):
    clusters = run["clustering"].fitted
    clusters = np.where(clusters == 2, -1, clusters).astype(np.int32)
    ones = np.ones(60, np.float32)
    noisy = Clustering(clusters, clusters[:9], ones, ones[:9], np.zeros((2, 4), np.float32), "some")
    rows = rows_by_space(evaluate_baselines(run | {"clustering": noisy}, default_baselines))
    assert rows["manifold"]["agreement"] == 1


class Trained(PixelModel):
    """Pixels that are called an autoencoder."""

    noun = "autoencoder"


@pytest.mark.usefixtures("undrawn")
def test_the_report_has_a_table_of_baselines_and_lists_unhelpful_steps(run):
    scored = evaluate_baselines(run, compute_baselines(run, Baselines(sample=50, n_init=2)))
    inputs = report_inputs()
    scores = replace(inputs["scores"], baselines=scored.baselines, baseline_notes=scored.baseline_notes)
    inputs["autoencoder"] = Trained((5, 7, 1))
    page = ParsedPage(report(**inputs | {"scores": scores}).html)
    assert "baselines" in page.ids
    assert page.text.count("The autoencoder, without a manifold, lowered the accuracy") == 2, "caveat and section"
    assert "PCA of the pixels 4 1.0000 ± 0.0000 1.0000 1.0000 1.0000 3 100 % 50" in page.text
    assert "n_init is 2 instead of 7" in page.text
    pixels = report(**inputs | {"scores": scores, "autoencoder": PixelModel((5, 7, 1))}).html
    assert "autoencoder, without a manifold" not in ParsedPage(pixels).text, "the pixels are one of the baselines"


@pytest.mark.usefixtures("undrawn")
def test_a_report_without_baselines_has_no_section_for_them():
    assert "baselines" not in ParsedPage(report(**report_inputs()).html).ids


# Expected accuracy


def test_separated_and_stable_clusters_have_a_high_expected_accuracy(run, default_baselines):
    scores = evaluate_baselines(run, default_baselines)
    assert scores.values["train/expected_accuracy"] > 0.95
    assert not any("doubtful" in note for note in scores.notes)


def test_clusters_that_are_neither_are_doubtful(run):
    noise = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    loose = run | {"features": Features(noise, noise[:9], "umap")}
    scores = evaluate_baselines(loose, compute_baselines(loose))
    assert scores.values["train/expected_accuracy"] < 0.5
    assert scores.notes[0].startswith("the clusters are doubtful: the expected accuracy is 0.")


@pytest.mark.parametrize("missing", ["manifold", "baselines", "full coverage"])
def test_without_what_it_was_fitted_to_there_is_no_expected_accuracy(run, default_baselines, missing):
    clusterings = BaselineClusterings.none() if missing == "baselines" else default_baselines
    if missing == "manifold":
        run = run | {"features": replace(run["features"], method="pca")}
    if missing == "full coverage":
        clusters = np.where(run["clustering"].fitted == 2, -1, run["clustering"].fitted).astype(np.int32)
        run = run | {"clustering": replace(run["clustering"], fitted=clusters)}
    assert "train/expected_accuracy" not in evaluate_baselines(run, clusterings).values


# Labels of one part


def test_k_and_coverage_are_of_all_images_that_remain_also_of_those_without_a_label(run, default_baselines):
    clusters, marks = np.array(run["clustering"].fitted), np.zeros(60, np.int8)
    clusters[:6], marks[:3] = -1, REMOVE
    labels = replace(run["labels"], train=np.where(clusters == 2, -1, run["labels"].train).astype(np.int32))
    edited = run | {"clustering": replace(run["clustering"], fitted=clusters, marks=marks)}
    values = evaluate_baselines(edited, default_baselines, labels).values
    assert values["train/k"] == values["k"] == 3
    assert values["train/coverage"] == 54 / 57


def test_labels_of_held_out_images_alone_give_test_scores(run, default_baselines):
    complete = evaluate_baselines(run, default_baselines)
    labels = Labels(np.full(60, -1, np.int32), run["labels"].held_out, run["labels"].names)
    scores = evaluate_baselines(run, default_baselines, labels)
    names = {name for name in complete.values if name.startswith("test/")}
    assert len(names) > 5
    assert {name: scores.values[name] for name in names} == {name: complete.values[name] for name in names}
    assert "train/accuracy_score" not in scores.values
    assert scores.notes[0].startswith("only held-out images have labels")
    assert ParsedPage(report(**run | {"labels": labels, "scores": scores}).html).text


def test_k_is_chosen_once_for_each_space(run, monkeypatch):
    numbers = []

    def choose(config, points):
        chosen = choose_k(config, points)
        numbers.append(chosen[0].k)
        return chosen

    monkeypatch.setattr("pipeline.stages.baselines.choose_k", choose)
    clusterings = compute_baselines(run, cluster=clusterer({**KMEANS, "n_clusters": "auto"}, k="auto"))
    assert len(numbers) == len(clusterings.spaces) == 4
    found = [{len(np.unique(repeat)) for repeat in repeats} for repeats in clusterings.clusters]
    assert all(len(counts) == 1 for counts in found)
    assert found[-1] == {3}, "the manifold has three groups"


def test_the_map_is_measured_by_the_metric_of_the_graph(run):
    rng = np.random.default_rng(0)
    angles, lengths = rng.uniform(0, 6, 200), rng.uniform(1, 100, (200, 1))
    circle = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    latents = Latents((circle * lengths).astype(np.float32), circle[:0], [2])
    graph = exact(latents, 10, "cosine")
    values = _map_quality(Evaluate(), latents, graph, Map(circle, circle[:0], "umap"))
    assert values["map/trustworthiness"] > 0.999
