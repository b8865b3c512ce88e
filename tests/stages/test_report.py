"""The report: complete, self-contained, with caveats about samples, and without figures that lack data."""

import re
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Labels, ReportPage
from pipeline.artifacts.clustering import REMOVE
from pipeline.clustering import metrics
from pipeline.clustering.score_descriptions import describe_score
from pipeline.config import Report
from pipeline.models.baselines import PixelModel
from pipeline.stages.report import report
from pipeline.stages.report.baselines import chance_margin, describe_baselines, list_unhelpful_steps
from pipeline.stages.report.context import ReportContext
from pipeline.stages.report.page import split_scores
from pipeline.stages.report.wording import describe_map
from tests.stages.report_inputs import ParsedPage, replace_clusters, report_inputs, report_scores

ALWAYS = {"reconstructions", "map_by_cluster", "map_thumbnails", "confidence", "centres", "examples"}
WITH_LABELS = ALWAYS | {"map_by_label", "contingency", "reliability"}
LAYERS = [{"part": "encoder", "layer": "Dense", "output": "64", "parameters": 12345, "receptive_field": None}]


@pytest.fixture(scope="module")
def inputs():
    return report_inputs()


@pytest.fixture(scope="module")
def complete_report(inputs):
    model = PixelModel((5, 7, 1))
    model.history, model.summary = [{"loss": 0.5, "val_loss": 0.6}], LAYERS
    clustering = replace(inputs["clustering"], notes=["fitted on 7 of 60 & no more"])
    return report(**inputs | {"autoencoder": model, "clustering": clustering})


@pytest.fixture(scope="module")
def page(complete_report):
    return ParsedPage(complete_report.html)


# The whole page


def test_the_page_contains_every_figure_once(complete_report, page):
    assert set(complete_report.figures) == WITH_LABELS | {"loss_curves"}
    images = [image for image in page.images if "id" in image]
    assert [image["id"] for image in images] == list(complete_report.figures)
    assert [b64decode(image["src"].partition(",")[2]) for image in images] == list(complete_report.figures.values())


def test_the_page_loads_nothing(complete_report, page):
    assert page.sources
    assert all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"https?://|url\(|@import", complete_report.html)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_images_have_alternative_texts_and_tables_have_captions(page):
    assert all(len(image["alt"]) > 10 for image in page.images)
    assert page.tags.count("table") == page.tags.count("caption") == 4
    assert page.tags.count("h1") == 1


def test_names_are_escaped(page):
    assert "b" not in page.tags
    assert "blobs <b>: 60 images in 3 clusters" in page.text


def test_headline_scores_state_k_and_the_part_they_are_measured_on(page):
    assert "k = 3, n = 60, coverage 100 %" in page.text
    assert "Purity k = 3 train 1.0000 test 1.0000" in page.text
    assert {f"{name}_score" for name in ("purity", "ami", "completeness")} <= set(page.text.split())


def test_layers_and_scores_of_the_clusterer_are_listed(page):
    assert "Dense 64 12,345" in page.text
    assert "cluster/inertia 5" in page.text


def test_samples_are_named(page):
    assert "fitted on 7 of 60 & no more" in page.text
    assert "random sample of 3 of 9 held-out images" in page.text
    assert "random sample of up to 6 of 60 images" in page.text


def test_the_table_of_clusters_counts_labels(complete_report):
    assert '<td class="words">kind 0: 20</td>' in complete_report.html


def test_a_report_is_loaded_as_it_was_saved(complete_report, tmp_path):
    complete_report.save(tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == complete_report.html
    assert (tmp_path / "figures" / "contingency.png").read_bytes() == complete_report.figures["contingency"]
    assert ReportPage.load(tmp_path) == complete_report


@pytest.mark.slow
def test_equal_inputs_give_equal_reports_and_progress_is_reported(inputs, recorder):
    assert report(**inputs, observer=recorder) == report(**inputs)
    done, total = zip(*recorder.steps, strict=True)
    assert list(done) == list(range(1, total[0] + 1))


# Missing data


def test_without_labels_held_out_images_and_history():
    result = report(**report_inputs(labelled=False, held_out=0, shape=(6, 4, 3)))
    page = ParsedPage(result.html)
    assert set(result.figures) == ALWAYS
    assert "no labels: some scores are omitted" in page.text
    assert "No images were held out" in page.text
    assert "no loss curves" in page.text
    assert "Purity" not in page.text
    assert "Trustworthiness" in page.text


@pytest.mark.usefixtures("undrawn")
def test_characters_that_the_font_of_figures_lacks_are_noted(inputs, recorder):
    labels = replace(inputs["labels"], names=["中", "b", "文"])
    report(**inputs | {"labels": labels}, observer=recorder)
    assert recorder.notes == ["figures show boxes in place of characters of names that their font lacks: 中文"]
    recorder.notes.clear()
    report(**inputs, observer=recorder)
    assert not recorder.notes


@pytest.mark.usefixtures("undrawn")
def test_vectors_have_a_size_and_no_faulty_images(inputs):
    vectors = np.random.default_rng(0).normal(size=(69, 16)).astype(np.float32)
    vectors[1] = vectors[0]
    images = replace(inputs["images"], vectors=vectors, has_images=False)
    text = ParsedPage(report(**inputs | {"images": images}).html).text
    assert "Vector size 16" in text
    assert "Image shape" not in text
    assert "also lists near duplicates and possible label errors." in text
    assert "blank" not in text
    assert "also lists near duplicates, dark, bright" in ParsedPage(report(**inputs).html).text


@pytest.mark.usefixtures("undrawn")
def test_empty_labels_are_treated_as_no_labels():
    inputs = report_inputs(labelled=False)
    empty = np.empty(0, np.int32)
    assert "map_by_label" not in report(**inputs | {"labels": Labels(empty, empty)}).figures


@pytest.mark.usefixtures("undrawn")
def test_noise_and_unlabelled_images_are_counted(inputs):
    clusters = np.where(np.arange(60) < 6, -1, inputs["clustering"].fitted)
    labels = replace(inputs["labels"], train=np.where(np.arange(60) < 40, inputs["labels"].train, -1).astype(np.int32))
    page = ParsedPage(report(**replace_clusters(inputs | {"labels": labels}, clusters)).html)
    assert "6 of 60 images are noise" in page.text
    assert "Only 40 of 60 fitted images have labels" in page.text
    assert "coverage 90.0 %" in page.text


@pytest.mark.usefixtures("undrawn")
def test_removed_images_are_neither_noise_nor_a_class(inputs, monkeypatch):
    marks = np.where(inputs["labels"].train == 1, REMOVE, 0).astype(np.int8)
    clusters = np.array([0, -1, 1])[inputs["clustering"].fitted]
    removed = replace_clusters(inputs, clusters, marks=marks)
    removed["scores"] = report_scores(removed["labels"].without(marks == REMOVE), removed["clustering"])
    classes = []

    def record(counts, names, *_, **__):
        classes.append((len(counts), names))

    monkeypatch.setattr("pipeline.stages.report.drawings.figures.plot_contingency", record)
    text = ParsedPage(report(**removed).html).text
    assert "images are noise" not in text
    assert "coverage 100 %: all images belong to a cluster; 20 of the n are marked for removal and not" in text
    assert classes == [(2, ["kind 0", "kind 2"])]


def test_a_clustering_with_only_noise_has_no_cluster_figures(inputs):
    result = report(**replace_clusters(inputs, np.full(60, -1)))
    assert not {"centres", "examples", "confidence"} & set(result.figures)
    assert "No clusters were found" in result.html


@pytest.mark.slow
def test_a_sampled_map_is_a_caveat_and_the_colour_bar_shows_only_the_sample(inputs):
    config = inputs["config"].model_copy(update={"colour_bar": True})
    result = report(**inputs | {"config": config, "map": replace(inputs["map"], first=30)})
    assert set(result.figures) == WITH_LABELS | {"map_stepped", "map_stepped_thumbnails"}
    assert "pca embedded the first 30 of 60 images" in result.html


@pytest.mark.slow
@pytest.mark.parametrize("extra", [{}, {"reconstruction": 0.02}])
def test_refinement_has_curves_and_an_outdated_decoder_is_a_caveat(inputs, extra):
    model = PixelModel((5, 7, 1))
    model.refinement = [{"step": 140.0 * (index + 1), "kl": 0.2, **extra, "changed": 0.03} for index in range(3)]
    result = report(**inputs | {"autoencoder": model})
    assert set(result.figures) == WITH_LABELS | {"refinement_curves"}
    page = ParsedPage(result.html)
    (alt,) = [image["alt"] for image in page.images if image.get("id") == "refinement_curves"]
    assert "over 420 steps" in alt
    assert "kl goes from 0.2 to 0.2" in alt
    assert ("encoder without the decoder" in page.text) == (not extra)


# Many clusters


@pytest.mark.usefixtures("undrawn")
def test_many_clusters_are_split_over_several_figures(inputs, monkeypatch):
    monkeypatch.setattr("pipeline.stages.report.drawings.MAX_ROWS", 2)
    result = report(**inputs)
    assert {"examples_1", "examples_2"} <= set(result.figures)
    assert "For clusters c0 to c1:" in result.html
    assert "For cluster c2:" in result.html


@pytest.mark.usefixtures("undrawn")
def test_omitted_clusters_are_a_caveat(monkeypatch):
    monkeypatch.setattr("pipeline.stages.report.context.MAX_CLUSTERS", 2)
    monkeypatch.setattr("pipeline.stages.report.page.MAX_CLUSTERS", 2)
    assert "members of the 2 largest of 3 clusters" in report(**report_inputs()).html


def test_typical_members_are_confident_and_central(inputs):
    clusters = np.zeros(60, np.int32)
    clusters[50:] = 1
    clusters[57:] = 2
    confidence = np.full(60, 1, np.float32)
    confidence[40] = 0.2
    features = replace(inputs["features"], fitted=np.abs(np.arange(60, dtype=np.float32) - 20)[:, None])
    changed = replace_clusters(inputs, clusters, confidence=confidence + 0.001) | {"features": features}
    run = ReportContext(**changed | {"config": Report(examples=3)})
    typical, untypical = run.member_examples(0)
    mean = features.fitted[:50].mean()
    assert typical[0] == np.abs(features.fitted[:50, 0] - mean).argmin()
    assert untypical[-1] == 40
    typical, untypical = run.member_examples(2)
    assert sorted([*typical, *untypical]) == [57, 58, 59], "no member of a small cluster is in both"


# Scores


def test_train_and_test_scores_share_a_row():
    paired, single = split_scores({
        "train/silhouette_score": 0.1, "train/nmi_score": 0.5, "test/nmi_score": 0.4,
        "reconstruction/train_mse": 0.2, "reconstruction/test_mse": 0.3, "k": 4.0,
    })  # fmt: skip
    assert [(row["name"], row["train"], row["test"]) for row in paired] == [
        ("nmi_score", 0.5, 0.4), ("silhouette_score", 0.1, None), ("reconstruction/mse", 0.2, 0.3),
    ]  # fmt: skip
    assert [row["name"] for row in single] == ["k"]


def test_k_is_listed_once(complete_report):
    paired, single = split_scores({"train/k": 4.0, "test/k": 3.0, "k": 4.0, "latent_size": 2.0})
    assert [(row["name"], row["train"], row["test"]) for row in paired] == [("k", 4.0, 3.0)]
    assert [row["name"] for row in single] == ["latent_size"]
    assert complete_report.html.count("<code>k</code>") == 1


@pytest.mark.parametrize("name", metrics.SCORES)
def test_every_score_has_a_description(name):
    assert describe_score(name).endswith(".")


# Sentences


def test_the_verdict_on_the_map_follows_its_trustworthiness():
    texts = [describe_map({"map/trustworthiness": value, "map/neighbors_kept": 0.25}) for value in (0.99, 0.9, 0.5)]
    assert [text.partition(" ")[0] for text in texts] == ["Images", "Most", "Many"]
    assert all("preserves 25.0 %" in text for text in texts)
    assert "not measured" in describe_map({})


def baseline_row(space, accuracy, n=2500, **values):
    return {"space": space, "accuracy": accuracy, "n": n} | values


@pytest.mark.parametrize(
    ("accuracy", "verdict", "is_unhelpful"),
    [
        (0.9, "improved the accuracy: 0.9000 on the latents", False),
        (0.61, "made no clear difference to the accuracy: 0.6100 on the latents", True),
        (0.59, "made no clear difference to the accuracy: 0.5900 on the latents", True),
        (0.4, "lowered the accuracy", True),
    ],
)
def test_the_verdict_on_the_autoencoder_follows_the_accuracies(accuracy, verdict, is_unhelpful):
    spaces = {"pixels": 0.5, "pca": 0.6, "latents": accuracy, "manifold": 0.95}
    rows = [baseline_row(space, value) for space, value in spaces.items()]
    autoencoder, manifold, further = describe_baselines(rows, "autoencoder")
    assert verdict in autoencoder
    assert ("may be due to chance" in autoencoder) == ("no clear difference" in verdict)
    assert "0.6000 on PCA (the better of the two untrained spaces)" in autoencoder
    assert "The manifold improved the accuracy" in manifold
    assert "model=pixels" in further
    assert len(list_unhelpful_steps(rows, "autoencoder")) == is_unhelpful


def test_baselines_without_labels_are_compared_by_agreement():
    rows = [{"space": "pixels", "agreement": 0.9, "n": 50}]
    assert "Without labels" in describe_baselines(rows, "autoencoder")[0]
    assert list_unhelpful_steps(rows, "autoencoder") == []
    assert describe_baselines([], "autoencoder") == []


def test_the_chance_margin_grows_with_fewer_images_and_varying_repeats():
    row = baseline_row("pixels", 0.5, 100)
    varying = baseline_row("pixels", 0.5, 100, accuracy_sd=0.3, repeats=3)
    assert chance_margin(row, row) == pytest.approx(2 * np.sqrt(0.005))
    assert chance_margin(varying, row) == pytest.approx(2 * np.sqrt(0.005 + 0.03))


# Duplicates and blank images


@pytest.mark.slow
def test_exact_duplicates_and_blank_images_are_in_a_table(inputs, page):
    assert "No fitted image is an exact copy of another, and none is blank." in page.text
    pixels = inputs["images"].train.copy()
    pixels[[1, 2, 4, 9]], pixels[[11, 12]] = pixels[3], 0.5
    changed = ParsedPage(report(**inputs | {"images": replace(inputs["images"], train=pixels)}).html)
    assert "5 of 60 fitted images are exact copies of others, in 2 groups, and 2 are blank." in changed.text
    names = [image["alt"] for image in changed.images if image["alt"].startswith("Image ")]
    assert names == [f"Image {row}" for row in (1, 2, 3, 4, 9, 11, 12, 11, 12)]


@pytest.mark.slow
def test_no_column_of_a_table_is_cut_off(browser, tmp_path):
    """A narrow window scrolls the table, not the page."""
    names = [f"a class with a longer name {number}" for number in range(10)]
    inputs = report_inputs(n=200, k=10)
    labels = replace(inputs["labels"], names=names)
    mixed = np.random.default_rng(0).permutation(inputs["clustering"].fitted)  # every cluster has every label
    changed = replace_clusters(inputs, mixed)
    (tmp_path / "report.html").write_text(report(**changed | {"labels": labels}).html, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    try:
        page.goto((tmp_path / "report.html").as_uri())
        assert page.locator("td").count() > 10
        rights = page.eval_on_selector_all("td, th", "cells => cells.map(cell => cell.getBoundingClientRect().right)")
        assert max(rights) <= 1280
        page.set_viewport_size({"width": 800, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 800
    finally:
        page.close()
