"""Stage tree: the merges, their images and scores, the saved edits, the page, and a finished run."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images, Labels
from pipeline.artifacts.clustering import REMOVE
from pipeline.config import Tree
from pipeline.runtime.errors import UserError
from pipeline.stages.edit.edits import read_edits
from pipeline.stages.tree import tree
from pipeline.stages.tree.border_images import CrossEdges
from pipeline.stages.tree.colours import group_colours
from pipeline.stages.tree.merge_edits import merge_edits
from pipeline.stages.tree.wording import describe_group, describe_unlinked
from pipeline.workflow.run_action import run_action
from tests.explorers import CHROMIUM
from tests.helpers import compose
from tests.policies import check_policy

UNKNOWN = Labels(np.full(156, -1, np.int32), np.zeros(0, np.int32))


@pytest.fixture(scope="module")
def inputs(make_blobs):
    """Three groups; the first is split in two halves, clusters 1 and 2, so that these are merged first."""
    blobs = make_blobs()
    rng = np.random.default_rng(0)
    halves = np.where(blobs.labels == 0, rng.integers(1, 3, len(blobs.labels)), 3 * (blobs.labels == 2))
    clusters = halves.astype(np.int32)
    pixels = rng.integers(0, 256, (len(clusters), 8, 6, 1)).astype(np.uint8)
    ones = np.ones(len(clusters), np.float32)
    centres = np.zeros((4, 8), np.float32)
    return {
        "name": "the <b>run</b>",
        "images": Images(pixels, pixels[:0], name="noise"),
        "labels": Labels(blobs.labels.astype(np.int32), np.zeros(0, np.int32), ["a", "b", "c"]),
        "graph": blobs.graph,
        "features": blobs.features,
        "clustering": Clustering(clusters, clusters[:0], ones, ones[:0], centres, "kmeans", names=["x", "", "", "<i>"]),
        "run_id": "abc",
    }


@pytest.fixture(scope="module")
def result(inputs):
    return tree(Tree(k=3), **inputs)


def script_data(html):
    return json.loads(html.split('type="application/json" id="data">')[1].split("</script>")[0])


def test_halves_of_a_group_are_merged_first(result):
    assert result.table["members"].tolist()[0] == "1 2"
    assert result.table["groups"].tolist() == [3, 2, 1]
    assert result.table["size"].tolist()[::2] == [70, 156]
    assert result.table["height"].is_monotonic_increasing


def test_scores_are_those_of_each_cut(inputs, result, recorder):
    assert result.table["accuracy"].tolist()[0] == result.table["nmi"].tolist()[0] == 1
    assert result.table["purity"].tolist()[2] == pytest.approx(70 / 156)
    tree(Tree(), **inputs, observer=recorder)
    assert [groups for groups, _ in recorder.epochs] == [1, 2, 3, 4]
    assert set(recorder.epochs[0][1]) == {"accuracy", "purity", "nmi"}


def test_removed_images_take_no_part_in_the_scores(inputs):
    removed = inputs["labels"].train == 2
    marks = np.where(removed, REMOVE, 0).astype(np.int8)
    clusters = np.where(removed, -1, inputs["clustering"].fitted).astype(np.int32)
    marked = replace(inputs["clustering"], fitted=clusters, marks=marks, names=[], centres=np.zeros((3, 8), np.float32))
    result = tree(Tree(), **inputs | {"clustering": marked})
    assert result.table["accuracy"].tolist()[0] == 1


def test_labels_do_not_change_the_hierarchy(inputs, result):
    without = tree(Tree(k=3), **inputs | {"labels": UNKNOWN})
    scores = ["accuracy", "purity", "nmi"]
    pd.testing.assert_frame_equal(without.table, result.table.drop(columns=scores))
    assert "Accuracy" not in without.html
    assert without.figure == result.figure


def test_edits_of_the_cut_are_read_by_stage_edit(inputs, result, tmp_path):
    assert result.save(tmp_path) == ["tree.html", "tree.csv", "tree.png", "edits.json"]
    edits = read_edits(str(tmp_path / "edits.json"))
    edits.require_clustering(inputs["clustering"].digest, "abc")
    assert edits.run_id == "abc"
    assert [edit.model_dump() for edit in edits.edits] == [{"action": "merge", "clusters": [1, 2]}]
    assert pd.read_csv(tmp_path / "tree.csv")["members"].tolist()[0] == "1 2"
    assert (tmp_path / "tree.png").read_bytes().startswith(b"\x89PNG")


def test_edits_merge_into_the_largest_cluster():
    edits = merge_edits("d" * 16, "", np.array([0, 1, 1, 0, 1, 5]))
    assert edits["run_id"] is None
    assert [edit["clusters"] for edit in edits["edits"]] == [[0, 3], [1, 2, 4]]


def test_without_a_cut_no_edits_are_written(inputs, tmp_path):
    assert tree(Tree(linkage="ward"), **inputs).save(tmp_path) == ["tree.html", "tree.csv", "tree.png"]


def test_page_has_names_images_and_data_without_markup(inputs, result):
    check_policy(result.html)
    assert "&lt;b&gt;run&lt;/b&gt;" in result.html
    assert "c3 &lt;i&gt;" in result.html
    assert "<b>run" not in result.html
    assert result.html.count("data:image/png") > 4 * 6
    data = script_data(result.html)
    assert (data["clustering"], data["run_id"], data["cut"]) == (inputs["clustering"].digest, "abc", 3)
    assert data["merges"][0]["members"] == [1, 2]
    assert [len(colours) for colours in data["colours"]] == [4, 4, 4, 4]
    assert data["colours"][1][1] == data["colours"][1][2]


def test_texts_stand_for_vectors_without_images(inputs):
    texts = [f"text {i}" for i in range(156)]
    pixels = inputs["images"].train
    vectors = np.asarray(inputs["features"].fitted)
    images = Images(pixels, pixels[:0], paths=texts, vectors=vectors, has_images=False)
    html = tree(Tree(), **inputs | {"images": images}).html
    assert "data:image" not in html
    assert '<span class="word" title="text ' in html


def test_noise_takes_no_part(inputs):
    clusters = inputs["clustering"].fitted.copy()
    clusters[:20] = -1
    noisy = tree(Tree(), **inputs | {"clustering": replace(inputs["clustering"], fitted=clusters)})
    assert noisy.table["size"].tolist()[-1] == 136
    assert "20 of noise left out" in noisy.html


def test_two_clusters_have_one_merge(inputs):
    clusters = np.minimum(inputs["clustering"].fitted, 1)
    two = replace(inputs["clustering"], fitted=clusters, centres=np.zeros((2, 8), np.float32), names=[])
    assert len(tree(Tree(), **inputs | {"clustering": two}).table) == 1


@pytest.mark.parametrize(("k", "words"), [(0, "no clusters"), (1, "1 cluster")])
def test_fewer_clusters_are_refused(inputs, k, words):
    clusters = np.full(156, k - 1, np.int32)
    few = replace(inputs["clustering"], fitted=clusters, centres=np.zeros((k, 8), np.float32), names=[])
    with pytest.raises(UserError, match=f"^run: abc has {words}; stage=tree merges at least two$"):
        tree(Tree(), **inputs | {"clustering": few})


def test_a_cut_into_more_groups_than_clusters_is_refused(inputs):
    with pytest.raises(UserError, match=r"^tree.k = 5: run abc has 4 clusters; give at most as many$"):
        tree(Tree(k=5), **inputs)


def test_border_images_have_the_most_neighbours_on_the_other_side(inputs):
    graph, clusters = inputs["graph"], inputs["clustering"].fitted
    rows = CrossEdges.of(graph, clusters).border([1], [2], 5)
    counts = ((clusters[graph.indices] == 2).sum(axis=1)) * (clusters == 1)
    assert sorted(counts[rows]) == sorted(np.sort(counts)[-5:])
    assert (np.diff(counts[rows]) <= 0).all()
    assert not len(CrossEdges.of(graph, clusters).border([0], [3], 5))


def test_groups_have_different_colours_as_long_as_there_are_any():
    groups = np.array([0, 1, 0, 3, 10, 11, 12, 10])
    colours = group_colours(groups)
    assert colours[:4].tolist() == [0, 1, 0, 3]
    assert colours[4] == colours[7]
    assert len(np.unique(colours)) == len(np.unique(groups))
    assert group_colours(np.arange(25)).max() == 9


def test_groups_are_described_in_one_line():
    names = [f"c{i}" for i in range(9)]
    assert describe_group([0, 1, 2, 3, 4], names) == "c0 + c1 + c2 + c3 + c4"
    assert describe_group(range(9), names) == "c0 + c1 + c2 + c3 + 5 more"
    assert describe_unlinked(0) == ""
    assert describe_unlinked(1) == " 1 merge joins groups that no edge of the neighbour graph connects."


def test_tree_of_a_finished_run(finished_run, tmp_path):
    config = compose("stage=tree", "tree.k=3", "tree.linkage=ward", outputs=finished_run)
    metrics = run_action(config, tmp_path, [])
    assert metrics["tree/clusters"] == 5
    assert len(read_edits(str(tmp_path / "edits.json")).edits) in (1, 2)
    assert len(pd.read_csv(tmp_path / "tree.csv")) == 4


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_cut_is_saved_on_the_page(inputs, browser, tmp_path):
    (tmp_path / "tree.html").write_text(tree(Tree(), **inputs).html, encoding="utf-8")
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "tree.html").as_uri())
    assert page.locator("#save").is_disabled()
    for key, groups in (("ArrowRight", 3), ("ArrowRight", 2), ("ArrowRight", 2), ("ArrowLeft", 3)):
        page.keyboard.press(key)
        assert page.locator("#count").text_content() == f"{groups} groups"
    page.locator("#groups input").uncheck()
    assert page.locator("#save").is_disabled()
    page.locator("#groups input").check()
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    download.value.save_as(tmp_path / "edits.json")
    page.locator(".node").nth(1).click()
    assert page.locator("#count").text_content() == "2 groups"
    page.close()
    assert not errors
    edits = read_edits(str(tmp_path / "edits.json"))
    edits.require_clustering(inputs["clustering"].digest, "abc")
    assert [edit.clusters for edit in edits.edits] == [[1, 2]]
