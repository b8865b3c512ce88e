"""Choosing settings by their expected accuracy: which are tried, which are kept, and what labels have no part in."""

import numpy as np
import pytest

from pipeline.artifacts.images import Images
from pipeline.artifacts.scores import Scores
from pipeline.config.compose import compose_config
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store
from pipeline.workflow.choose_settings import MARGIN, OWN_SETTINGS, choose_settings
from pipeline.workflow.execution import execute_run
from pipeline.workflow.executor import Executor
from tests.helpers import TINY, compose, pipeline

WORDS = ("data=digits", "model=pixels")


class Lines(list):
    """An observer that keeps the lines."""

    def message(self, text):
        self.append(text)


def choose(settings, expected, accuracies=None, minutes=20.0, channels=1):
    """Choose with scores that are given by the name of the model, then that of the refinement."""
    config = compose(*WORDS, outputs="unused")
    config = config.model_copy(
        update={"auto": config.auto.model_copy(update={"settings": settings, "minutes": minutes})}
    )
    tried = []

    def make_executor(candidate):
        name = f"{candidate.model.name} {candidate.refine.name}"
        tried.append(name)
        values = {"train/silhouette_score": 0.5, "k": 10.0}
        if name in expected:
            values["train/expected_accuracy"] = expected[name]
        if accuracies:
            values["train/accuracy_score"] = accuracies[name]
        pixels = np.zeros((2, 4, 4, channels), np.uint8)
        scores = Scores(values, [], np.zeros((0, 0), np.int64), [])
        return Executor(candidate, precomputed={"images": Images(pixels, pixels[:0], name="blank"), "scores": scores})

    lines = Lines()
    executor, trials = choose_settings(config, WORDS, make_executor, lines)
    return f"{executor.config.model.name} {executor.config.refine.name}", trials, tried, lines


def test_without_settings_nothing_is_tried():
    assert choose([], {})[1] == []


def test_the_settings_with_the_highest_expected_accuracy_are_kept():
    expected = {"pixels none": 0.5, "pca none": 0.7, "patch64 none": 0.6}
    kept, trials, tried, _ = choose(["model=pca", "model=patch64"], expected)
    assert kept == "pca none"
    assert tried == ["pixels none", "pca none", "patch64 none"]
    assert [trial.settings for trial in trials] == ["model=pca", OWN_SETTINGS, "model=patch64"]


def test_accuracies_have_no_part_in_the_choice():
    expected = {"pixels none": 0.9, "pca none": 0.8}
    kept, trials, _, _ = choose(["model=pca"], expected, {"pixels none": 0.1, "pca none": 1.0})
    assert kept == "pixels none"
    assert [trial.accuracy for trial in trials] == [0.1, 1.0]


@pytest.mark.parametrize(("expected", "kept"), [(0.7, "pixels none"), (0.719, "pixels none"), (0.721, "pca none")])
def test_the_runs_own_settings_stay_unless_others_are_clearly_better(expected, kept):
    assert choose(["model=pca"], {"pixels none": 0.7, "pca none": expected})[0] == kept


def test_others_need_no_margin_over_each_other():
    expected = {"pixels none": 0.7, "pca none": 0.75, "patch64 none": 0.751}
    assert choose(["model=pca", "model=patch64"], expected)[0] == "patch64 none"


def test_settings_that_cannot_be_compared_or_do_not_suit_the_images_are_left_out():
    kept, trials, _, lines = choose(["model=pca", "model=pretrained_grey"], {"pixels none": 0.2})
    assert kept == "pixels none"
    assert [trial.expected_accuracy for trial in trials] == [0.2, None, None]
    assert any("model=pretrained_grey: left out, the images have no colour" in line for line in lines)


def test_several_words_are_one_setting():
    expected = {"pixels none": 0.2, "pca self_training": 0.3}
    kept, trials, *_ = choose(["model=pca refine=self_training"], expected)
    assert kept == "pca self_training"
    assert trials[0].settings == "model=pca refine=self_training"


def test_no_settings_are_started_after_the_time():
    kept, _, tried, lines = choose(["model=pca", "model=patch64"], {"pixels none": 0.2}, minutes=1e-9)
    assert kept == "pixels none"
    assert tried == ["pixels none"]
    assert sum("not tried" in line for line in lines) == 2


def test_a_wrong_setting_is_an_error_before_anything_is_computed():
    with pytest.raises(UserError, match=r"auto.settings: 'model=pcb' is wrong.*pca"):
        choose(["model=pca", "model=pcb"], {})


def test_a_run_without_an_expected_accuracy_is_an_error():
    with pytest.raises(UserError, match="manifold=umap"):
        choose(["model=pca"], {})


def test_a_run_that_tries_settings_is_stored_under_the_kept_ones(outputs):
    words = [*TINY, "manifold=umap", "manifold.n_epochs=20", "auto.settings=['neighbors.k=14','seed=1']"]
    words.remove("manifold=none")
    summary = execute_run(compose(*words, outputs=outputs), outputs / "run", words)
    kept, *others = summary["auto"]
    assert len(others) == 2
    assert kept["expected_accuracy"] == summary["metrics"]["train/expected_accuracy"]
    assert kept["expected_accuracy"] >= max(trial["expected_accuracy"] for trial in others) - MARGIN
    run = Store(compose(*words, outputs=outputs).tracking, outputs).client.get_run(summary["run_id"])
    assert run.data.params["neighbors.k"] == str(summary["config"]["neighbors"]["k"])
    again = execute_run(compose(*words, outputs=outputs), outputs / "again", words)
    assert {trial["settings"]: trial["expected_accuracy"] for trial in again["auto"]} == {
        trial["settings"]: trial["expected_accuracy"] for trial in summary["auto"]
    }
    assert all(stage["reused"] for stage in again["stages"].values())


def test_settings_of_a_folder_of_the_user_are_found(outputs):
    folder = outputs / "mine" / "model"
    folder.mkdir(parents=True)
    (folder / "half_pca.yaml").write_text("defaults: [pca]\nname: half_pca\nlatent_dim: 8\n")
    settings = "auto.settings=['model=half_pca','model=nothing']"
    answer = pipeline("--config-dir", str(folder.parent), *TINY, settings, outputs=outputs)
    assert answer.returncode == 2
    assert "'model=nothing' is wrong" in answer.stderr
    assert "half_pca" not in answer.stderr.partition(";")[0]


@pytest.mark.parametrize("word", ["manifold=none", "manifold=pca", "baselines.sample=0"])
def test_settings_that_are_not_comparable_are_refused_before_anything_is_computed(word):
    def fail(candidate):
        raise AssertionError(f"{candidate.model.name} is computed")

    config = compose_config("data=digits", "auto.settings=['model=pca']", word)
    with pytest.raises(UserError, match=r"^auto\.settings: settings are compared by their expected accuracy"):
        choose_settings(config, ["data=digits", word], fail, Lines())
