"""The explorer of a run with landmarks shows the landmarks only."""

from dataclasses import replace

import numpy as np

from pipeline.artifacts import Latents
from pipeline.artifacts.clustering import REMOVE
from pipeline.embedding.neighbors import approximate, exact
from pipeline.runtime.observer import SILENT
from pipeline.stages.explorer.facts import ImageFacts, landmark_facts
from pipeline.stages.explorer.stage import explorer
from pipeline.stages.export.exported_set import exported_set
from tests.explorers import explorer_inputs


def test_the_explorer_shows_the_landmarks(recorder):
    inputs = explorer_inputs(n=300)
    latents = Latents(inputs["map"].fitted, inputs["map"].held_out, [2])
    inputs["graph"] = approximate(latents, 6, landmarks=100)
    rows = inputs["graph"].landmarks
    inputs["clustering"] = replace(inputs["clustering"], marks=(np.arange(300) % 3).astype(np.int8))
    all_facts = ImageFacts(**{name: value for name, value in inputs.items() if name != "config"}, digest="run's")
    facts = landmark_facts(all_facts)
    assert facts.n == 100
    np.testing.assert_array_equal(facts.rows, rows)
    np.testing.assert_array_equal(facts.truth, inputs["labels"].train[rows])
    np.testing.assert_array_equal(facts.images.fitted, inputs["images"].train[rows])
    np.testing.assert_array_equal(facts.clustering.marks, rows % 3)
    assert facts.neighbors.max() < 100
    assert facts.digest == "run's"
    assert landmark_facts(replace(all_facts, graph=exact(latents, 6))).n == 300
    explorer(**inputs, observer=recorder)
    assert recorder.notes == ["the explorer shows the 100 landmarks of 300 images"]


def test_removed_images_do_not_count_in_the_scores_of_others_as_in_an_export():
    inputs = explorer_inputs(n=300)
    del inputs["config"]
    whole = ImageFacts(**inputs, digest="")
    marks = np.where(np.arange(300) % 3, 0, REMOVE).astype(np.int8)
    clusters = np.where(marks == REMOVE, np.int32(-1), inputs["clustering"].fitted)
    inputs["clustering"] = replace(inputs["clustering"], fitted=clusters, marks=marks)
    facts, table = ImageFacts(**inputs, digest=""), exported_set(**inputs, observer=SILENT).table()
    remains = marks != REMOVE
    np.testing.assert_array_equal(facts.misfit[remains], table["misfit"])
    np.testing.assert_array_equal(facts.outlier[remains], table["outlier"])
    assert facts.misfit[remains].mean() < 2 * whole.misfit[remains].mean(), "a third of the neighbours were removed"
    assert (facts.misfit[~remains] == 0).all()
    assert (facts.outlier[~remains] == 0).all()
    assert (facts.rival[~remains] == -1).all()


def test_a_single_remaining_image_has_scores():
    inputs = explorer_inputs(n=40)
    marks = np.where(np.arange(40), REMOVE, 0).astype(np.int8)
    inputs["clustering"] = replace(inputs["clustering"], marks=marks)
    del inputs["config"]
    assert np.isfinite(ImageFacts(**inputs, digest="").outlier).all()


def test_landmarks_of_both_parts_keep_their_rows_in_them():
    inputs = explorer_inputs(n=300)
    pixels, truth = inputs["images"].train, inputs["labels"].train
    inputs["images"] = replace(inputs["images"], train=pixels[:200], test=pixels[200:], split="all")
    inputs["labels"] = replace(inputs["labels"], train=truth[:200], test=truth[200:], split="all")
    inputs["graph"] = approximate(Latents(inputs["map"].fitted, inputs["map"].held_out, [2]), 6, landmarks=100)
    del inputs["config"]
    rows, facts = inputs["graph"].landmarks, landmark_facts(ImageFacts(**inputs, digest=""))
    names = inputs["images"].names("all")
    assert facts.images.names("all") == [names[row] for row in rows]
    np.testing.assert_array_equal(facts.truth, truth[rows])
    np.testing.assert_array_equal(facts.images.fitted, pixels[rows])
