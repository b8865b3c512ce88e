"""Stage label: picking images, spreading labels, the simulation, reading answers, and the page."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images, Labels
from pipeline.artifacts.clustering import REMOVE
from pipeline.config import Label
from pipeline.stages.label import label
from pipeline.stages.label.active_learning import cluster_uncertainty, densest_image, pick_images
from pipeline.stages.label.answers import Answers, read_answers
from pipeline.stages.label.label_spreading import LabelSpreader
from pipeline.stages.label.page import _lead
from pipeline.stages.label.simulation import simulate_labelling, summarize_simulation

NO_LABELS = Labels(*(np.empty(0, np.int32),) * 2)


def make_clustering(blobs, clusters=None):
    """A clustering of the blobs, by default into their groups."""
    fitted = np.asarray(blobs.labels if clusters is None else clusters, np.int32)
    held_out = np.asarray(blobs.held_labels, np.int32)
    confidence = np.ones(len(fitted), np.float32)
    centres = np.zeros((fitted.max() + 1, 8), np.float32)
    return Clustering(fitted, held_out, confidence, confidence[: len(held_out)], centres, "kmeans")


@pytest.fixture(scope="module")
def clustering(blobs):
    return make_clustering(blobs)


@pytest.fixture(scope="module")
def inputs(blobs, clustering):
    """The inputs of `label` for the blobs, with their latents as images of 2×4 pixels."""
    fitted, held_out = (part.clip(0, 1).reshape(-1, 2, 4, 1) for part in (blobs.latents.fitted, blobs.latents.held_out))
    return {
        "images": Images(fitted, held_out),
        "labels": Labels(blobs.labels.astype(np.int32), blobs.held_labels.astype(np.int32), ["ant", "bee", "cat"]),
        "graph": blobs.graph,
        "features": blobs.features,
        "clustering": clustering,
    }


def first_rows(blobs, groups=(0, 1, 2)):
    """The first image of each group."""
    return np.array([np.flatnonzero(blobs.labels == group)[0] for group in groups])


# Picking images


def test_first_picks_are_typical_images_of_each_cluster_largest_first(blobs, clustering):
    rows = pick_images(blobs.graph, blobs.features, clustering, 3)
    assert blobs.labels[rows].tolist() == [0, 1, 2]
    for row in rows:
        members = blobs.latents.fitted[blobs.labels == blobs.labels[row]]
        centre = members.mean(axis=0)
        distance = np.linalg.norm(blobs.latents.fitted[row] - centre)
        assert distance < np.median(np.linalg.norm(members - centre, axis=1))


@pytest.mark.parametrize("budget", [1, 2, 10, 60, 150, 155, 156, 1000])
def test_picks_fill_the_budget_without_duplicates(blobs, clustering, budget):
    rows = pick_images(blobs.graph, blobs.features, clustering, budget)
    assert len(rows) == len(set(rows.tolist())) == min(budget, len(blobs.labels))


def test_removed_images_are_neither_picked_nor_labelled(inputs, blobs, clustering):
    marks = np.zeros(len(blobs.labels), np.int8)
    marks[::2] = REMOVE
    fitted = np.where(marks == REMOVE, np.int32(-1), clustering.fitted)
    removed = replace(clustering, fitted=fitted, marks=marks)
    picked = pick_images(blobs.graph, blobs.features, removed, len(blobs.labels))
    assert sorted(picked) == list(range(1, len(blobs.labels), 2))
    rows = first_rows(blobs) | 1
    answers = Answers(rows, np.arange(3), ["ant", "bee", "cat"])
    table = label(Label(simulate=False), **(inputs | {"clustering": removed}), answers=answers).labels
    assert len(table) == len(picked) + len(blobs.held_labels)


def test_picks_are_the_same_for_the_same_seed(blobs, clustering):
    first, second = (pick_images(blobs.graph, blobs.features, clustering, 20, seed=3) for _ in range(2))
    assert np.array_equal(first, second)


def test_the_densest_image_is_the_same_far_from_the_origin(blobs):
    points, weight, members = blobs.latents.fitted, np.ones(len(blobs.labels)), np.arange(len(blobs.labels))
    near, far = (
        densest_image(points + np.float32(offset), weight, members, np.random.default_rng(0)) for offset in (0, 2000)
    )
    assert near == far


def test_identical_images_fill_the_budget(blobs, clustering):
    features = type(blobs.features)(np.zeros_like(blobs.features.fitted), blobs.features.held_out, "latents")
    assert len(set(pick_images(blobs.graph, features, clustering, 12).tolist())) == 12


def test_most_picks_are_where_clusters_are_uncertain(blobs):
    """Half of group 0 is assigned to cluster 1 at random."""
    rng = np.random.default_rng(0)
    clusters = np.where((blobs.labels == 0) & (rng.random(len(blobs.labels)) < 0.5), 1, blobs.labels)
    uncertainty = cluster_uncertainty(blobs.graph, clusters)
    assert uncertainty[blobs.labels == 0].mean() > 0.3
    assert uncertainty[blobs.labels == 2].max() < 1e-9
    rows = pick_images(blobs.graph, blobs.features, make_clustering(blobs, clusters), 23)[3:]
    assert (blobs.labels[rows] == 0).mean() > 0.7


def test_noise_is_uncertain(blobs):
    clusters = np.where(blobs.labels == 1, -1, blobs.labels)
    assert cluster_uncertainty(blobs.graph, clusters)[blobs.labels == 1].min() > 0.9


# Spreading labels


def spread(blobs, clusters, rows, labels, classes):
    spreader = LabelSpreader(blobs.graph, blobs.features, clusters)
    return spreader.spread(rows, np.asarray(labels, np.int32), classes)


@pytest.fixture(scope="module")
def noise(blobs):
    """No image is in a cluster, so that labels spread over the graph only."""
    return np.full(len(blobs.labels), -1, np.int32)


def test_one_label_per_group_labels_all_images(blobs, noise):
    rows = first_rows(blobs)
    labels, confidence = spread(blobs, noise, rows, [0, 1, 2], 3)
    assert np.array_equal(labels, blobs.labels)
    assert (confidence > 0.9).all()
    assert (confidence[rows] == 1).all()


def test_images_that_no_label_reaches_get_no_label(blobs, noise):
    rows = np.flatnonzero(blobs.labels == 0)[:2]
    labels, confidence = spread(blobs, noise, rows, [0, 0], 3)
    assert (labels[blobs.labels != 0] == -1).all()
    assert (confidence[blobs.labels != 0] == 0).all()


def test_labels_spread_within_a_cluster_without_edges(blobs):
    """Groups 1 and 2 are one cluster and no edge joins them."""
    clusters = np.minimum(blobs.labels, 1).astype(np.int32)
    labels, _ = spread(blobs, clusters, first_rows(blobs, (0, 1)), [0, 1], 2)
    assert np.array_equal(labels, clusters)


def test_given_labels_are_not_changed(blobs, clustering):
    rows = np.flatnonzero(blobs.labels == 0)[:9]
    given = np.array([0] * 8 + [1], np.int32)
    labels, _ = spread(blobs, clustering.fitted, rows, given, 2)
    assert np.array_equal(labels[rows], given)


# The simulation


def test_simulated_accuracy_is_that_of_the_other_images(blobs, clustering):
    """Every tenth label is wrong, which one pick per cluster cannot correct."""
    truth = np.where(np.arange(len(blobs.labels)) % 10 == 0, (blobs.labels + 1) % 3, blobs.labels)
    table = simulate_labelling(blobs.graph, blobs.features, clustering, truth.astype(np.int32), [3], 1)
    assert table[table["strategy"] == "picked"]["accuracy"].iloc[0] == pytest.approx(0.9, abs=0.02)


def test_simulation_summary_has_mean_and_deviation_of_each_budget(blobs, clustering):
    table = simulate_labelling(blobs.graph, blobs.features, clustering, blobs.labels.astype(np.int32), [3, 10, 9999], 2)
    assert set(table["budget"]) == {3, 10}, "a budget of all images leaves none to measure accuracy on"
    row = summarize_simulation(table).iloc[0]
    assert (row["picked"], row["picked_sd"]) == (1, 0)
    random = table[(table["strategy"] == "random") & (table["budget"] == 3)]["accuracy"]
    assert row["random"] == pytest.approx(random.mean())
    assert row["random_sd"] == pytest.approx(random.std())
    assert np.isnan(summarize_simulation(table[table["draw"] == 0])["random_sd"]).all(), "one draw has no spread"


# The stage and its page


def test_without_answers_the_result_has_a_page_and_no_labels(inputs, recorder):
    result = label(Label(budget=6, budgets=[3, 6], draws=2), **inputs, observer=recorder)
    assert result.labels is None
    assert len(result.picked) == 6
    assert result.metrics()["label/picked_3"] == 1
    assert "Accuracy by number of labels" in result.html
    assert recorder.steps[-1] == (4, 4)


def test_a_budget_of_more_images_than_there_are_is_lowered(inputs, clustering, recorder):
    marks = np.zeros(156, np.int8)
    marks[:6] = REMOVE
    marked = replace(clustering, marks=marks)
    result = label(Label(budget=1000, simulate=False), **inputs | {"clustering": marked}, observer=recorder)
    assert len(result.picked) == 150
    assert recorder.notes == ["label.budget = 1000 is lowered to 150: there are 150 images to choose from"]


def test_answers_give_every_image_a_label(inputs, blobs, tmp_path):
    answers = Answers(first_rows(blobs), np.arange(3, dtype=np.int32), ["ant", "bee", "cat"])
    result = label(Label(budget=8, simulate=False), **inputs, answers=answers)
    names = np.array(answers.names)
    fitted, held_out = (result.labels[result.labels["part"] == part] for part in ("fitted", "held out"))
    assert (fitted["label"].to_numpy() == names[blobs.labels]).all()
    assert (held_out["label"].to_numpy() == names[blobs.held_labels]).all()
    assert result.labels["by_hand"].sum() == 3
    assert result.simulation is None
    assert len(result.picked) == 8, "the three labelled images and five new picks"
    assert "3 images have a label already" in result.html
    assert result.summary_lines()[0] == "picked   5 images to label"
    assert result.metrics()["label/picked"] == 5
    assert result.summary_lines()[1] == "labels   192 of 192 images have a label, 3 by hand"
    assert set(result.save(tmp_path)) == {"label.html", "picked.csv", "labels.csv", "labels.parquet"}
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "labels.parquet"), result.labels)


def test_the_page_is_self_contained_and_escapes_names(inputs):
    answers = Answers(np.array([0, 1]), np.array([0, 1], np.int32), ["</script><b>", "ant"])
    html = label(Label(budget=4, simulate=False), **inputs, answers=answers).html
    assert "</script><b>" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<script") == 2


def test_picks_do_not_depend_on_labels(inputs):
    unknown = Labels(np.full(156, -1, np.int32), np.full(36, -1, np.int32))
    first, second = (
        label(Label(simulate=False), **inputs | {"labels": labels}).picked for labels in (inputs["labels"], unknown)
    )
    pd.testing.assert_frame_equal(first, second)


def storage_key(html):
    return json.loads(html.split('type="application/json" id="data">')[1].split("</script>")[0])["key"]


def test_the_browser_keeps_labels_of_a_run_and_its_picks_only(inputs):
    def key(budget, run_id):
        return storage_key(label(Label(budget=budget, simulate=False), **inputs, run_id=run_id).html)

    assert key(4, "a") == key(4, "a")
    assert len({key(4, "a"), key(4, "b"), key(5, "a")}) == 3
    rows = label(Label(budget=4, simulate=False), **inputs, run_id="a").picked["image"].astype(int).to_numpy()
    given = Answers(rows[:1], np.array([0]), ["ant"])
    corrected = label(Label(budget=4, simulate=False), **inputs, answers=given, run_id="a").html
    assert storage_key(corrected) != key(4, "a"), "the same images with labels that were corrected elsewhere"


def test_the_simulation_needs_all_labels(inputs, recorder):
    partly = replace(inputs["labels"], train=np.where(np.arange(156) < 9, -1, inputs["labels"].train))
    result = label(Label(budgets=[4], draws=1), **inputs | {"labels": partly}, observer=recorder)
    assert result.simulation is None
    assert "the simulation is left out, because 9 images have no label to simulate" in recorder.notes


@pytest.mark.parametrize(
    ("k", "count", "given", "sentence"),
    [
        (3, 9, 0, "The first 3 images are the most typical of each cluster; the rest are typical of regions"),
        (3, 2, 0, "The first 2 images are the most typical of the 2 largest clusters."),
        (0, 2, 0, "The images are typical of regions where the clusters are uncertain."),
        (3, 9, 4, "4 images have a label already; the others were picked as those to label next."),
    ],
)
def test_the_page_says_which_images_these_are(k, count, given, sentence):
    assert _lead(k, count, given).startswith(sentence)


def test_the_command_on_the_page_names_the_run(inputs):
    html = label(Label(budget=4, simulate=False), **inputs, run_id="abc123").html
    assert "stage=label run=abc123 label.budget=4 label.seed=0 label.answers=answers.csv" in html


@pytest.mark.slow
def test_images_are_labelled_and_saved_with_the_keyboard(inputs, tmp_path, browser):
    html = label(Label(budget=4, simulate=False), **inputs | {"labels": NO_LABELS}).html
    (tmp_path / "label.html").write_text(html, encoding="utf-8")
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "label.html").as_uri())
    page.keyboard.type("ant, black")  # without classes, the field for a new label has the focus
    page.keyboard.press("Enter")
    page.keyboard.press("+")
    page.keyboard.type("b")
    for key in ("Enter", "1", "b", "ArrowLeft", "Backspace", "b"):
        page.keyboard.press(key)
    assert page.locator("#status").text_content().startswith("4 of 4")
    page.wait_for_timeout(500)  # another process of the browser stores the labels
    page.reload()
    assert page.locator("#status").text_content().startswith("4 of 4"), "labels survive a reload"
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    download.value.save_as(tmp_path / "answers.csv")
    page.close()
    assert not errors
    answers = read_answers(str(tmp_path / "answers.csv"), inputs["images"].names("train"))
    assert sorted(answers.names) == ["ant, black", "b"]
    assert len(answers.rows) == 4
