"""The explorer of a run with landmarks shows the landmarks only."""

from dataclasses import replace

import numpy as np

from pipeline.artifacts import Latents
from pipeline.embedding.neighbors import approximate, exact
from pipeline.stages.explorer.facts import ImageFacts, landmark_facts
from pipeline.stages.explorer.stage import explorer
from tests.explorers import explorer_inputs


def test_the_explorer_shows_the_landmarks(recorder):
    inputs = explorer_inputs(n=300)
    latents = Latents(inputs["map"].fitted, inputs["map"].held_out, [2])
    inputs["graph"] = approximate(latents, 6, landmarks=100)
    rows = inputs["graph"].landmarks
    all_facts = ImageFacts(**{name: value for name, value in inputs.items() if name != "config"})
    facts = landmark_facts(all_facts)
    assert facts.n == 100
    np.testing.assert_array_equal(facts.rows, rows)
    np.testing.assert_array_equal(facts.truth, inputs["labels"].train[rows])
    np.testing.assert_array_equal(facts.images.fitted, inputs["images"].train[rows])
    assert facts.neighbours.max() < 100
    assert landmark_facts(replace(all_facts, graph=exact(latents, 6))).n == 300
    explorer(**inputs, observer=recorder)
    assert recorder.notes == ["the explorer shows the 100 landmarks of 300 images"]
