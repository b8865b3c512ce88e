"""Stage quality: duplicates, possible label errors, their table and page, and a finished run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pydantic import TypeAdapter

from pipeline.artifacts import Latents
from pipeline.artifacts.clustering import REMOVE
from pipeline.config import Quality
from pipeline.embedding.neighbors import exact
from pipeline.stages.edit.edits import Edits
from pipeline.stages.quality.duplicates import find_near_pairs, group_duplicates
from pipeline.stages.quality.label_errors import rank_label_errors
from pipeline.stages.quality.perceptual_hash import hash_distances, perceptual_hashes
from pipeline.stages.quality.wording import quality_headline
from pipeline.workflow.run_action import run_action
from tests.helpers import compose
from tests.stages.quality_inputs import CONFIG, check, draw_pictures, inputs_of


@pytest.fixture(scope="module")
def repeated():
    """Sixty pictures; 60 and 61 equal 3, 62 is 7 a little darker, and 63 and 64 are blank."""
    pixels = draw_pictures()
    darker = (pixels[7] * 0.95).astype(np.uint8)
    blank = np.full_like(pixels[0], 200)
    pixels = np.concatenate([pixels, [pixels[3], pixels[3], darker, blank, blank]])
    return check(**inputs_of(pixels))


# Duplicates


def test_copies_and_near_duplicates_are_grouped(repeated):
    table = repeated.table
    groups = table[table["group"].notna()].groupby("group")["image"].apply(list)
    assert groups.tolist() == [["3", "60", "61"], ["7", "62"], ["63", "64"]]
    duplicates = table[~table["keep"]].set_index("image")
    assert duplicates["duplicate_of"][["60", "61", "64"]].tolist() == ["3", "3", "63"]
    (near,) = duplicates.index[duplicates["kind"] == "near"]
    assert {near, duplicates.loc[near, "duplicate_of"]} == {"7", "62"}
    assert set(duplicates["kind"]) == {"pixels", "near"}
    assert (duplicates["hash_distance"][duplicates["kind"] == "pixels"] == 0).all()


def test_keep_lists_one_image_of_each_group(repeated):
    kept = set(repeated.keep["image"])
    assert len(kept) == 61
    for _, group in repeated.table[repeated.table["group"].notna()].groupby("group"):
        assert len(kept & set(group["image"])) == 1
    assert kept == set(repeated.table["image"][repeated.table["keep"]])


def test_groups_are_connected_components_and_the_smallest_rank_is_kept():
    pairs = np.array([[0, 1], [1, 2], [4, 5]])
    ranks = np.array([2, 1, 0, 3, 5, 4, 6])
    duplicates = group_duplicates({"pixels": np.array([-1, -1, -1, -1, 0, 0, -1], np.int32)}, pairs, ranks, None, 0)
    assert duplicates.groups.tolist() == [0, 0, 0, -1, 1, 1, -1]
    assert duplicates.keepers.tolist() == [2, 2, 2, 3, 5, 5, 6]
    assert duplicates.kinds == ["near", "near", "", "", "pixels", "", ""]


def test_a_chain_is_cut_where_its_end_differs_from_the_image_to_keep():
    hashes = np.tri(6, 50, -1, dtype=bool)  # each image differs from the next one in one bit
    pairs = np.stack([np.arange(5), np.arange(1, 6)], axis=1)
    duplicates = group_duplicates({}, pairs, np.arange(6), hashes, 2 / 50)
    assert duplicates.keepers.tolist() == [0, 0, 0, 3, 3, 3]
    assert duplicates.hash_distance.tolist() == [-1, 1, 2, -1, 1, 2]


def test_the_strictest_kind_names_a_copy():
    copies = {"bytes": np.array([0, 0, -1], np.int32), "pixels": np.array([0, 0, 0], np.int32)}
    duplicates = group_duplicates(copies, np.empty((0, 2), np.int64), np.arange(3), None, 0)
    assert duplicates.kinds == ["", "bytes", "pixels"]


def test_near_pairs_need_a_small_distance_and_a_similar_hash():
    points = np.array([[0.0], [0.1], [10], [10.1], [20], [30], [40]], np.float32)
    graph = exact(Latents(points, points[:0], [1]), 2)
    hashes = np.zeros((7, 50), bool)
    hashes[3, :25] = True
    nothing = np.zeros(7, bool)

    def pairs(*arguments):
        return sorted({tuple(sorted(pair)) for pair in find_near_pairs(graph, *arguments).tolist()})

    assert pairs(0.1, None, 0, nothing) == [(0, 1), (2, 3)]
    assert pairs(0.1, hashes, 0.06, nothing) == [(0, 1)]
    assert pairs(0.1, hashes, 0.06, points[:, 0] == 0) == []
    assert pairs(0, None, 0, nothing) == []


def test_hashes_survive_brightness_size_and_compression_but_not_another_picture():
    pixels = draw_pictures(40, 36)[..., 0]
    hashes = perceptual_hashes(pixels / np.float32(255))
    assert hashes.shape == (40, 143)
    darker = perceptual_hashes(pixels * np.float32(0.6 / 255))
    small = np.stack(
        [np.asarray(Image.fromarray(picture).resize((24, 24), Image.Resampling.BOX)) for picture in pixels]
    )
    limit = CONFIG.hash_distance * 143
    assert hash_distances(hashes, darker).max() <= 2
    assert hash_distances(hashes, perceptual_hashes(small / np.float32(255))).max() <= limit
    assert hash_distances(hashes, np.roll(hashes, 1, axis=0)).min() > 3 * limit


def test_small_images_have_shorter_hashes():
    assert perceptual_hashes(np.random.default_rng(0).random((3, 8, 5)).astype(np.float32)).shape == (3, 39)


# Removed images


def test_removed_images_are_left_out_and_the_edits_remove_duplicates(repeated):
    pixels = np.concatenate([draw_pictures(30), draw_pictures(30)[:2]])
    inputs = inputs_of(pixels, np.zeros(32, int), ["a"])
    first = check(**inputs)
    edits = TypeAdapter(Edits).validate_python(first.edits)
    edits.require_clustering(inputs["clustering"].digest, "a1")
    (mark,) = edits.edits
    assert (mark.images, mark.mark) == (["30", "31"], "remove")
    marks = np.zeros(32, np.int8)
    marks[[30, 31]] = REMOVE
    second = check(**inputs | {"clustering": replace(inputs["clustering"], marks=marks)})
    assert second.metrics()["quality/groups"] == 0
    assert second.edits["edits"] == []
    assert second.keep.equals(first.keep)
    assert second.table["image"].tolist() == [str(row) for row in range(30)]
    assert second.table["label_error_rank"].notna().all()
    assert "0 of 30 images are duplicates of others" in second.summary_lines()[0]
    assert "The 30 fitted images of run the run that are not marked for removal." in second.html


# Vectors


def test_vectors_without_images_are_compared_with_each_other():
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    vectors[48], vectors[49] = vectors[0], vectors[1] + 1e-3
    cards = np.zeros((50, 48, 72, 1), np.uint8)  # all cards are equal, which says nothing
    result = check(**inputs_of(cards, vectors=vectors, has_images=False))
    table = result.table
    assert table["kind"][48:].tolist() == ["vectors", "near"]
    assert table["duplicate_of"][48:].tolist() == ["0", "1"]
    assert (~table["keep"]).sum() == 2
    assert "blank" not in table
    assert table["hash_distance"].isna().all()
    assert "no hash verifies them" in result.html


# Label errors


def test_flipped_labels_come_first(blobs):
    labels = blobs.labels.astype(np.int32).copy()
    flipped = np.array([3, 20, 77, 120])
    labels[flipped] = (labels[flipped] + 1) % 3
    labels[10] = -1
    errors = rank_label_errors(labels, blobs.graph)
    assert set(errors.order[:4]) == set(flipped.tolist())
    assert errors.suggestions[flipped].tolist() == blobs.labels[flipped].tolist()
    assert errors.count == 4
    assert errors.ranks[10] == 0
    assert np.isnan(errors.scores[10])
    assert sorted(errors.ranks[errors.ranks > 0]) == list(range(1, len(labels)))


def test_unlabelled_neighbours_do_not_vote(blobs):
    labels = np.full(len(blobs.labels), -1, np.int32)
    labels[0] = 2
    errors = rank_label_errors(labels, blobs.graph)
    assert errors.count == 0
    assert len(errors.order) == 0
    neighbor = int(blobs.graph.indices[0, 0])
    labels[neighbor] = 1
    assert rank_label_errors(labels, blobs.graph).scores[0] == 1


def test_one_class_has_no_label_errors(blobs):
    errors = rank_label_errors(np.zeros(len(blobs.labels), np.int32), blobs.graph)
    assert (errors.scores == 0).all()


# Table and page


def test_labels_are_ranked_and_conflicts_of_duplicates_named():
    pixels = np.concatenate([draw_pictures(30), draw_pictures(30)[:1]])
    labels = np.zeros(31, int)
    labels[30] = 1
    result = check(**inputs_of(pixels, labels, ["cat", "<i>dog</i>"]))
    row = result.table.set_index("image").loc["30"]
    assert row[["label", "suggested_label", "label_error_rank"]].tolist() == ["<i>dog</i>", "cat", 1]
    assert "labels differ: &lt;i&gt;dog&lt;/i&gt;, cat" in result.html
    assert "<i>" not in result.html
    assert result.metrics()["quality/conflicting_groups"] == 1
    assert "1 group of duplicates with different labels" in "\n".join(result.summary_lines())


def test_clusters_have_the_names_that_a_person_gave_them():
    pixels = np.concatenate([draw_pictures(30), draw_pictures(30)[:1]])
    inputs = inputs_of(pixels)
    html = check(**inputs | {"clustering": replace(inputs["clustering"], names=["<i>even</i>", ""])}).html
    assert "c0 &lt;i&gt;even&lt;/i&gt;" in html
    assert "<i>even" not in html


def test_neighbours_of_other_labels_are_a_caveat():
    labels = np.random.default_rng(0).integers(0, 3, 40)
    result = check(**inputs_of(draw_pictures(40), labels, ["a", "b", "c"]))
    assert "so the list says little" in result.html
    assert "so the list says little" not in check(**inputs_of(draw_pictures(40), np.zeros(40, int), ["a"])).html


def test_without_labels_nothing_of_them_is_written(repeated):
    assert not {"label", "label_error", "suggested_label"} & set(repeated.table)
    assert "label errors" not in repeated.html.lower()


def test_held_out_copies_are_counted():
    inputs = inputs_of(draw_pictures(30))
    images = replace(inputs["images"], test=inputs["images"].train[:2])
    result = check(**inputs | {"images": images})
    assert result.metrics()["quality/held_out_copies"] == 2
    assert "2 held-out images are exact copies of fitted ones" in result.html


def test_a_set_without_findings_says_so():
    result = check(**inputs_of(draw_pictures(30)))
    assert "No duplicates and no faulty images" in result.html
    assert "No image is a duplicate of another." in result.html
    assert len(result.keep) == 30


def test_an_image_with_several_faults_counts_once():
    counts = {"exact_duplicates": 0, "near_duplicates": 0, "dark": 1, "blurred": 1, "blank": 0, "faulty": 1}
    assert quality_headline(counts) == "no duplicates and 1 faulty image"


def test_the_page_limits_what_it_displays():
    pixels = np.concatenate([draw_pictures(30)] * 2)
    result = check(Quality(groups=3, examples=0), **inputs_of(pixels))
    assert "The first 3 of 30 groups" in result.html
    assert "group 3," not in result.html
    assert "No group is displayed." in check(Quality(groups=0), **inputs_of(pixels)).html


def test_quality_of_a_finished_run(finished_run):
    folder = finished_run / "quality"
    metrics = run_action(compose("stage=quality", "tracking.models=false", outputs=finished_run), folder, [])
    assert metrics["quality/groups"] >= 0
    table = pd.read_csv(folder / "quality.csv")
    assert len(table) == 400
    assert table["label_error_rank"].max() == 400
    assert len(pd.read_csv(folder / "keep.csv")) == table["keep"].sum()
    assert (folder / "quality.html").read_text(encoding="utf-8").startswith("<!doctype html>")
