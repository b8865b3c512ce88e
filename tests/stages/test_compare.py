"""Stage compare: common images, the page, and finished runs."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images
from pipeline.config import Compare
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT
from pipeline.stages.compare import compare
from pipeline.stages.compare.compared_run import ComparedRun, match_images
from pipeline.stages.compare.page import score_differences, settings_difference
from pipeline.workflow.cluster_actions import compare_runs
from pipeline.workflow.execution import execute_run
from pipeline.workflow.run_action import run_action
from tests.helpers import TINY, compose


def make_run(pixels, clusters, name="one", held_out=0, **attributes):
    """A run on images (n, h, w, c), of which the last `held_out` were held out."""
    border = len(pixels) - held_out
    images = Images(pixels[:border], pixels[border:], "train", "some", **attributes)
    clusters, confidence = np.asarray(clusters, np.int32), np.linspace(0.5, 1, len(pixels), dtype=np.float32)
    centres = np.zeros((clusters.max() + 1, 2), np.float32)
    clustering = Clustering(
        clusters[:border], clusters[border:], confidence[:border], confidence[border:], centres, "kmeans"
    )
    scores = {"k": float(clustering.k), "train/purity_score": 0.5}
    return ComparedRun(name, f"{name}-id", scores, {"seed": 1}, images, clustering)


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (30, 4, 5, 1), np.uint8)


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], 10)


# Common images


def test_images_of_equal_shape_are_matched_by_pixels(pixels, clusters):
    order = np.random.default_rng(1).permutation(30)[:20]
    first, second = match_images(
        make_run(pixels, clusters, held_out=5), make_run(pixels[order], clusters[order], held_out=3)
    )
    assert len(first) == 20
    assert np.array_equal(order[second], first)


def test_equal_images_are_matched_one_to_one(pixels, clusters):
    pixels[[3, 7, 20]] = pixels[3]  # three equal images in the first run, two in the second
    first, second = match_images(make_run(pixels, clusters), make_run(pixels[:19], clusters[:19]))
    assert np.array_equal(first, np.arange(19))
    assert np.array_equal(second, np.arange(19))


def test_images_of_different_shapes_are_matched_by_file_names(pixels, clusters):
    paths = [f"{i}.png" for i in range(30)]
    first, second = match_images(
        make_run(pixels, clusters, paths=paths), make_run(pixels[:, :2], clusters, paths=paths[::-1])
    )
    assert np.array_equal(first, 29 - second)


def test_runs_without_common_images_are_refused(pixels, clusters):
    for others in (255 - pixels, pixels[:, :2]):
        with pytest.raises(UserError, match=r"^runs: one-id and two-id have no image in common"):
            match_images(make_run(pixels, clusters), make_run(others, clusters, "two"))


# The stage and its page


def test_moved_images_are_listed_and_displayed(pixels, clusters, tmp_path):
    other = clusters.copy()
    other[[0, 25]] = 1
    first, second = make_run(pixels, clusters, "<b>", held_out=5), make_run(pixels, other, "two", held_out=5)
    result = compare(Compare(examples=1), first, second)
    assert result.moved["image"].tolist() == ["test/0", "train/0"], "the most confident first"
    assert result.moved[["first", "second", "expected"]].to_numpy().tolist() == [[2, 1, 2], [0, 1, 0]]
    assert "93.3 % of 30 images stayed" in result.html
    assert "A c0 → B c1: 1" in result.html
    assert "<b>" not in result.html
    assert "http" not in result.html.replace("http-equiv", "")
    result.save(tmp_path)
    assert len(pd.read_csv(tmp_path / "moved.csv")) == 2


def test_identical_runs_have_no_moved_images(pixels, clusters):
    result = compare(Compare(), make_run(pixels, clusters), make_run(pixels, clusters))
    assert result.moved.empty
    assert "100 % of 30 images stayed" in result.html
    assert "No setting that affects the clusters or scores differs" in result.html
    assert result.summary_lines() == ["compared 30 images: 100.00% stayed in their cluster, 0 moved"]


def test_a_run_that_an_action_made_from_another_is_named(pixels, clusters):
    base = make_run(pixels, clusters)
    edited = replace(make_run(pixels, clusters, "two"), action="edit", made_from="one-id")
    extended = replace(make_run(pixels, clusters, "three"), action="extend", made_from="x<i>")
    assert "<p>B was made by stage=edit from A.</p>" in compare(Compare(), base, edited).html
    html = compare(Compare(), extended, edited).html
    assert "<p>A was made by stage=extend from run x&lt;i&gt;.</p>" in html
    assert "<p>B was made by stage=edit from run one-id.</p>" in html
    assert "was made by" not in compare(Compare(), base, base).html


def test_a_finished_run_tells_the_action_that_made_it(pixels, clusters):
    def finished(run, **facts):
        artifacts = {"images": run.images, "clustering": run.clustering}
        summary = {"config": {"seed": 1}} | facts
        return SimpleNamespace(
            name=run.name, run_id=run.run_id, metrics={}, summary=summary, load=lambda *names: artifacts
        )

    base = finished(make_run(pixels, clusters))
    edited = finished(make_run(pixels, clusters, "two"), derived={"action": "edit", "from": "one-id", "edits": "ab"})
    context = SimpleNamespace(config=SimpleNamespace(compare=Compare()), runs=(base, edited), observer=SILENT)
    assert "B was made by stage=edit from A." in compare_runs(context).html


def test_partial_overlap_is_noted(pixels, clusters, recorder):
    compare(Compare(), make_run(pixels, clusters), make_run(pixels[:20], clusters[:20]), recorder)
    assert recorder.notes == ["compared the 20 images that both runs have; the runs have 30 and 20 images"]


def test_settings_without_effect_on_clusters_are_left_out():
    first = {"seed": 1, "output_dir": "a", "cluster.k": 3, "label.budget": 4, "engine.name": "local"}
    second = first | {"output_dir": "b", "cluster.k": 5, "label.budget": 9, "engine.name": "ray"}
    assert settings_difference(first, second) == [("cluster.k", "3", "5")]
    assert settings_difference({}, {"cluster.n": 2}) == [("cluster.n", "–", "2")]


def test_scores_are_paired_with_their_change():
    rows = score_differences({"k": 3.0, "train/nmi_score": 0.5}, {"train/nmi_score": 0.75, "test/nmi_score": 0.6})
    assert [(row["name"], row["change"]) for row in rows] == [
        ("train/nmi_score", 0.25), ("test/nmi_score", None), ("k", None),
    ]  # fmt: skip


# Finished runs


@pytest.fixture(scope="module")
def finished_runs(tmp_path_factory, empty_store):
    """An outputs folder with two finished runs, and their ids, the older one first."""
    outputs = tmp_path_factory.mktemp("compare")
    shutil.copy(empty_store, outputs / "mlflow.db")
    ids = [
        execute_run(compose(*TINY, "stage=cluster", f"cluster.k={k}", outputs=outputs), outputs / str(k), [])["run_id"]
        for k in (6, 10)
    ]
    return outputs, ids


@pytest.mark.slow
def test_the_last_two_runs_and_runs_by_id_are_compared(finished_runs, tmp_path):
    outputs, (older, newer) = finished_runs
    metrics = run_action(compose("stage=compare", outputs=outputs), tmp_path, [])
    html = (tmp_path / "compare.html").read_text(encoding="utf-8")
    assert html.index(older) < html.index(newer), "the older run is A"
    assert "cluster.k" in html
    assert 0 < metrics["compare/stayed"] < 1
    reversed_runs = compose("stage=compare", f"runs=[{newer},{older[:8]}]", outputs=outputs)
    assert run_action(reversed_runs, tmp_path, [])["compare/ari"] == pytest.approx(metrics["compare/ari"])


@pytest.mark.slow
@pytest.mark.parametrize("runs", ["[abc,def]", "[{older}]", "[{older},{older}]"])
def test_runs_that_cannot_be_compared_are_refused(finished_runs, tmp_path, runs):
    outputs, (older, _) = finished_runs
    with pytest.raises(UserError, match=r"^runs"):
        run_action(compose("stage=compare", f"runs={runs.format(older=older)}", outputs=outputs), tmp_path, [])


def test_vectors_are_matched_by_their_numbers_and_not_by_their_cards(clusters):
    vectors = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    cards = np.zeros((30, 6, 6, 1), np.uint8)  # texts with a common beginning are cut off alike
    order = np.random.default_rng(1).permutation(30)
    first, second = match_images(
        make_run(cards, clusters, vectors=vectors, has_images=False, digest="a"),
        make_run(cards, clusters[order], vectors=vectors[order], has_images=False, digest="b"),
    )
    assert np.array_equal(order[second], first)
