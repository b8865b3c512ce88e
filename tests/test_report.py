"""The report: complete, self-contained, outspoken about what was sampled, and at ease with what is missing."""

import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from pipeline import metrics
from pipeline.artifacts import Clustering, Features, Images, Labels, Latents, Map, ReportPage, Scores
from pipeline.config import Report
from pipeline.models.null import Pixels
from pipeline.reporting.render import score_rows
from pipeline.reporting.run import MOST_CLUSTERS, Run
from pipeline.reporting.words import map_words, meaning, number, percent
from pipeline.stages.report import report

CONFIG = Report(thumbnails=6, reconstructions=3, examples=2, dpi=30, seed=3)
ALWAYS = {"reconstructions", "map_by_cluster", "map_thumbnails", "confidence", "centres", "examples"}
LAYERS = [{"part": "encoder", "layer": "Dense", "output": "64", "parameters": 12345, "receptive_field": None}]


def parts(n=60, k=3, held=9, shape=(5, 7, 1), labelled=True):
    """The inputs of `report` by name: k groups of images, each clustered right."""
    rng = np.random.default_rng(0)
    groups = np.sort(rng.permutation(np.arange(n) % k)).astype(np.int32)
    kinds = rng.random((k, *shape))
    pixels = np.clip(kinds[groups] + rng.normal(0, 0.05, (n, *shape)), 0, 1).astype(np.float32)
    images = Images(pixels, pixels[:held], "train", "blobs <b>")
    truth = np.where(labelled, groups, -1).astype(np.int32)
    labels = Labels(truth, truth[:held], [f"kind {i}" for i in range(k)])
    model = Pixels(shape)
    flat = pixels.reshape(n, -1)
    latents = Latents(flat, flat[:held], list(shape))
    centres = np.stack([latents.fitted[groups == group].mean(axis=0) for group in range(k)])
    sure = np.linspace(0, 1, n, dtype=np.float32)
    clustering = Clustering(groups, groups[:held], sure, sure[:held], centres, "kmeans", scores={"inertia": 5.0})
    return {
        "config": CONFIG,
        "images": images,
        "labels": labels,
        "autoencoder": model,
        "latents": latents,
        "features": Features(latents.fitted, latents.held_out, "latents"),
        "clustering": clustering,
        "map": Map(latents.fitted[:, :2], latents.held_out[:, :2], "pca"),
        "scores": scores(labels, clustering),
    }


def scores(labels, clustering):
    values = {"k": float(clustering.k), "map/trustworthiness": 0.97, "map/neighbors_kept": 0.4}
    if not labels.known:
        sizes = [{"cluster": i, "size": int(n)} for i, n in enumerate(np.bincount(clustering.fitted + 1)[1:])]
        return Scores(values, sizes, np.zeros((0, 0), np.int64), [], ["no labels: some scores are left out"])
    values |= {f"train/{name}": value for name, value in metrics.score(labels.fitted, clustering.fitted).items()}
    values |= {f"test/{name}": value for name, value in metrics.score(labels.held_out, clustering.held_out).items()}
    table = metrics.contingency_matrix(labels.fitted, clustering.fitted)
    columns = [*table.clusters.tolist(), *([-1] if table.noise.any() else [])]
    return Scores(values, metrics.per_cluster(table), table.full, columns)


def recluster(inputs, clusters, **changes):
    """The same inputs with other clusters of the fitted images."""
    k = int(clusters.max()) + 1
    centres = np.zeros((k, inputs["latents"].fitted.shape[1]), np.float32)
    clustering = replace(inputs["clustering"], fitted=clusters.astype(np.int32), centres=centres, **changes)
    return inputs | {"clustering": clustering, "scores": scores(inputs["labels"], clustering)}


class Page(HTMLParser):
    """What the tests want of a page: addresses that it loads, ids, alternative texts, tables, and its words."""

    def __init__(self, html):
        super().__init__()
        self.loads, self.links, self.images, self.ids, self.tags, self.words = [], [], [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        if tag == "img":
            self.images.append(given)
        if tag == "a":
            self.links.append(given["href"])
        self.loads += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]

    def handle_data(self, data):
        self.words += f" {data}"


@pytest.fixture(scope="module")
def inputs():
    return parts()


@pytest.fixture(scope="module")
def made(inputs):
    model = Pixels((5, 7, 1))
    model.history, model.summary = [{"loss": 0.5, "val_loss": 0.6}], LAYERS
    clustering = replace(inputs["clustering"], notes=["fitted on 7 of 60 & no more"])
    return report(**inputs | {"autoencoder": model, "clustering": clustering})


@pytest.fixture(scope="module")
def page(made):
    return Page(made.html)


def test_the_page_holds_every_figure_once(made, page):
    assert set(made.figures) == ALWAYS | {"loss_curves", "map_by_label", "contingency"}
    shown = [b64decode(image["src"].partition(",")[2]) for image in page.images if "id" in image]
    assert [image["id"] for image in page.images if "id" in image] == list(made.figures)
    assert shown == list(made.figures.values())


def test_the_page_loads_nothing(made, page):
    assert page.loads
    assert all(address.startswith("data:image/png;base64,") for address in page.loads)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"https?://|url\(|@import", made.html)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_a_reader_who_cannot_see_is_told(page):
    assert all(len(image["alt"]) > 10 for image in page.images)
    assert page.tags.count("table") == page.tags.count("caption") == 4
    assert page.tags.count("h1") == 1


def test_names_are_text_and_never_markup(page):
    assert "b" not in page.tags
    assert "blobs <b>: 60 images in 3 clusters" in page.words


def test_the_headline_scores_stand_beside_k_and_say_what_they_are_of(page):
    text = " ".join(page.words.split())
    assert "k = 3, n = 60, coverage 100 %" in text
    assert re.search(r"Purity k = 3 train 1.0000 test 1.0000", text)
    assert "in-sample" in text
    assert "held out : those images were only assigned" in text
    assert {f"{name}_score" for name in ("purity", "ami", "completeness")} <= set(text.split())


def test_layers_and_the_estimators_own_criteria_are_listed(page):
    text = " ".join(page.words.split())
    assert "Dense 64 12,345" in text
    assert "cluster/inertia 5" in text


def test_what_was_sampled_is_said(page):
    assert "fitted on 7 of 60 & no more" in page.words
    assert "3 of 9 held-out images, drawn at random" in page.words
    assert "Up to 6 of 60 images" in page.words


def test_a_page_comes_back_from_its_folder(made, tmp_path):
    made.save(tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == made.html
    assert (tmp_path / "figures" / "contingency.png").read_bytes() == made.figures["contingency"]
    assert ReportPage.load(tmp_path) == made


def test_the_same_run_gives_the_same_page_and_says_how_far_it_is(inputs, recorder):
    assert report(**inputs, observer=recorder) == report(**inputs)
    done, total = zip(*recorder.steps, strict=True)
    assert list(done) == list(range(1, total[0] + 1))


def test_without_labels_held_out_images_and_history():
    made = report(**parts(labelled=False, held=0, shape=(6, 4, 3)))
    page = Page(made.html)
    assert set(made.figures) == ALWAYS
    assert "no labels: some scores are left out" in page.words
    assert "Nothing was held out" in page.words
    assert "no loss curve" in page.words
    assert "Purity" not in page.words
    assert "Trustworthiness" in page.words


@pytest.mark.parametrize("kept", [{}, {"reconstruction": 0.02}])
def test_a_refinement_has_curves_and_a_decoder_left_behind_is_said(inputs, kept):
    model = Pixels((5, 7, 1))
    model.refinement = [{"step": 140.0 * (place + 1), "kl": 0.2, **kept, "changed": 0.03} for place in range(3)]
    made = report(**inputs | {"autoencoder": model})
    assert set(made.figures) == ALWAYS | {"refinement_curves", "map_by_label", "contingency"}
    page = Page(made.html)
    drawn = next(image for image in page.images if image.get("id") == "refinement_curves")
    assert "over 420 steps" in drawn["alt"]
    assert "kl goes from 0.2 to 0.2" in drawn["alt"]
    assert ("left the decoder as it was" in page.words) == (not kept)


def test_empty_labels_are_no_labels():
    inputs = parts(labelled=False)
    none = np.empty(0, np.int32)
    assert "map_by_label" not in report(**inputs | {"labels": Labels(none, none)}).figures


def test_noise_and_unlabelled_images_are_counted(inputs):
    clusters = np.where(np.arange(60) < 6, -1, inputs["clustering"].fitted)
    labels = replace(inputs["labels"], train=np.where(np.arange(60) < 40, inputs["labels"].train, -1).astype(np.int32))
    changed = recluster(inputs | {"labels": labels}, clusters)
    page = Page(report(**changed).html)
    assert "6 of 60 images are noise" in page.words
    assert "Only 40 of 60 fitted images have labels" in page.words
    assert "coverage 90.0 %" in page.words


def test_nothing_but_noise_is_no_cluster(inputs):
    made = report(**recluster(inputs, np.full(60, -1)))
    assert not {"centres", "examples", "confidence"} & set(made.figures)
    assert "No cluster was found" in made.html


def test_many_clusters_go_to_several_figures(inputs, monkeypatch):
    monkeypatch.setattr("pipeline.stages.report.ROWS", 2)
    made = report(**inputs)
    assert {"examples_1", "examples_2"} <= set(made.figures)
    assert "clusters c0 to c1" in made.html
    assert "Of cluster c2:" in made.html


def test_clusters_left_out_are_said_to_be(monkeypatch):
    monkeypatch.setattr("pipeline.reporting.run.MOST_CLUSTERS", 2)
    monkeypatch.setattr("pipeline.reporting.render.MOST_CLUSTERS", 2)
    made = report(**parts())
    assert "drawn for the 2 largest of 3 clusters" in made.html
    assert MOST_CLUSTERS == 100


def test_typical_members_are_sure_and_central_and_no_image_is_both(inputs):
    clusters = np.zeros(60, np.int32)
    clusters[50:] = 1
    clusters[57:] = 2
    sure = np.full(60, 1, np.float32)
    sure[40] = 0.2
    features = replace(inputs["features"], fitted=np.abs(np.arange(60, dtype=np.float32) - 20)[:, None])
    changed = recluster(inputs, clusters, confidence=sure + 0.001) | {"features": features}
    changed["config"] = Report(examples=3)
    run = Run(**changed)
    near, far = run.extremes(0)
    mean = features.fitted[:50].mean()
    assert near[0] == np.abs(features.fitted[:50, 0] - mean).argmin()
    assert far[-1] == 40
    near, far = run.extremes(2)
    assert sorted([*near, *far]) == [57, 58, 59]


def test_scores_pair_up_by_part_wherever_it_stands():
    pairs, single = score_rows({
        "train/silhouette_score": 0.1, "train/nmi_score": 0.5, "test/nmi_score": 0.4,
        "reconstruction/train_mse": 0.2, "reconstruction/test_mse": 0.3, "k": 4.0,
    })  # fmt: skip
    assert [(row["name"], row["train"], row["test"]) for row in pairs] == [
        ("nmi_score", 0.5, 0.4), ("silhouette_score", 0.1, None), ("reconstruction/mse", 0.2, 0.3),
    ]  # fmt: skip
    assert [row["name"] for row in single] == ["k"]


def test_k_stands_in_one_table(made):
    pairs, single = score_rows({"train/k": 4.0, "test/k": 3.0, "k": 4.0, "latent_size": 2.0})
    assert [(row["name"], row["train"], row["test"]) for row in pairs] == [("k", 4.0, 3.0)]
    assert [row["name"] for row in single] == ["latent_size"]
    assert made.html.count("<code>k</code>") == 1


@pytest.mark.parametrize("name", metrics.SCORES)
def test_every_score_says_what_it_means(name):
    assert meaning(name).endswith(".")
    assert meaning(f"clustered/{name}").startswith("The same without noise: ")


def test_words_follow_the_numbers():
    said = [map_words({"map/trustworthiness": t, "map/neighbors_kept": 0.25}) for t in (0.99, 0.9, 0.5)]
    assert len({words.partition(".")[0] for words in said}) == 3
    assert "keeps 25.0 %" in said[0]
    assert "not measured" in map_words({})


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (10.0, "10"), (1.0, "1.0000"), (0.12345, "0.1235"), (2e-5, "2.00e-05"), (68178.36, "68,178.4")],
)
def test_numbers_have_useful_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "100 %"), (0, "0 %"), (0.9999, "over 99.9 %"), (0.0001, "under 0.1 %"), (0.5, "50.0 %")],
)
def test_percent_never_rounds_to_all_or_none(value, text):
    assert percent(value) == text
