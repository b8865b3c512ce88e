"""The executor in memory: what it computes, what it is given, and what it never does twice."""

from collections import Counter

import numpy as np
import pytest

from pipeline.artifacts import Images
from pipeline.workflow import recipe
from pipeline.workflow.executor import Executor
from tests.helpers import TINY, compose


@pytest.fixture
def config(tmp_path):
    return compose(*TINY, outputs=tmp_path)


@pytest.fixture
def calls(monkeypatch):
    """Counts how often each step is computed."""
    counts = Counter()

    def counted(step):
        def compute(config, inputs, observer):
            counts[step.name] += 1
            return step.compute(config, inputs, observer)

        return compute

    steps = {step.name: recipe.Step(**{**vars(step), "compute": counted(step)}) for step in recipe.RECIPE}
    producers = {artifact: steps[step.name] for artifact, step in recipe.PRODUCER.items()}
    monkeypatch.setattr("pipeline.workflow.executor.PRODUCER", producers)
    return counts


def test_an_artifact_is_computed_with_its_ancestors_only_and_once(config, calls):
    executor = Executor(config)
    clustering = executor.load("clustering")
    assert executor.load("clustering") is clustering
    assert set(calls) == {"data", "train", "refine", "extract", "neighbors", "manifold", "cluster"}
    assert set(calls.values()) == {1}


def test_the_step_of_a_given_artifact_does_not_run(config, calls):
    images = Images.from_array(np.random.default_rng(0).random((40, 6, 6), np.float32))
    latents = Executor(config, precomputed={"images": images}).load("latents")
    assert latents.fitted.shape == (40, 36)
    assert "data" not in calls


def test_progress_reaches_the_observer(config, recorder):
    Executor(config, observer=recorder).load("graph")
    assert recorder.steps


def test_a_stored_artifact_is_forgotten_once_no_later_step_needs_it(config):
    class Stored:
        """Computes every step and loads nothing."""

        def get_or_compute(self, step, executor):
            executor.compute(step, executor.observer)
            held[step.name] = set(executor._artifacts)

    held = {}
    images = Images.from_array(np.random.default_rng(0).random((40, 6, 6), np.float32))
    steps = [step for step in recipe.RECIPE if step.name in ("train", "refine", "extract", "neighbors", "manifold")]
    Executor(config, Stored(), precomputed={"images": images}).run(steps)
    assert held["refine"] == {"images", "pretrained", "autoencoder"}
    assert held["neighbors"] == {"images", "latents", "graph"}
    assert held["manifold"] == {"images", "latents", "graph", "features"}
