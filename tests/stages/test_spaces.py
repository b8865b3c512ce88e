"""Stage spaces: the ranking, its independence of labels, the page, the plan, and a finished run."""

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Features, Labels, Map
from pipeline.config import Spaces
from pipeline.stages.spaces import spaces
from pipeline.stages.spaces.plan import plan_spaces
from pipeline.stages.spaces.stage import Space
from pipeline.stages.spaces.wording import describe_choice
from pipeline.workflow.run_action import run_action
from tests.helpers import TINY, compose, summaries

SETTINGS = Spaces(sample=100)
UNKNOWN = Labels(np.full(150, -1, np.int32), np.zeros(0, np.int32))


def draw_space(distance, seed=0, k=3):
    """Three groups at this distance from each other, clustered by group."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(3), 50)
    points = (distance * np.eye(3)[groups] + rng.normal(size=(150, 3))).astype(np.float32)
    clusters = (groups % k).astype(np.int32)
    ones = np.ones(150, np.float32)
    clustering = Clustering(clusters, clusters[:0], ones, ones[:0], np.zeros((k, 3), np.float32), "kmeans")
    return Space(Features(points, points[:0], "umap"), clustering, Map(points[:, :2], points[:0, :2], "umap"))


COMPARED = {"near <b>": draw_space(1), "far": draw_space(20), "merged": draw_space(20, k=2)}


@pytest.fixture(scope="module")
def result():
    labels = Labels(np.repeat(np.arange(3), 50).astype(np.int32), np.zeros(0, np.int32), ["a", "b", "c"])
    return spaces(SETTINGS, "the run", COMPARED, labels, ["pretrained is left out: no"])


def test_the_best_separated_space_is_first(result):
    assert result.table["space"].tolist() == ["far", "merged", "near <b>"]
    assert result.table["silhouette"].is_monotonic_decreasing
    assert result.table["accuracy"].tolist() == pytest.approx([1, 2 / 3, 1])


def test_labels_do_not_change_the_ranking(result):
    without = spaces(SETTINGS, "the run", COMPARED, UNKNOWN)
    assert without.table.equals(result.table.drop(columns=["accuracy", "nmi"]))
    assert "Accuracy" not in without.html


def test_agreement_is_1_for_equal_clusterings(result):
    agreement = result.agreement
    assert agreement.loc["far", "near <b>"] == 1
    assert agreement.loc["far", "merged"] == agreement.loc["merged", "far"] < 1


def test_a_space_without_clusters_is_last():
    one = spaces(SETTINGS, "the run", {"one": draw_space(20, k=1), "far": draw_space(20)}, UNKNOWN)
    assert one.table["space"].tolist() == ["far", "one"]
    assert np.isnan(one.table["silhouette"][1])


def test_noise_takes_no_part():
    space = draw_space(20)
    space.clustering.fitted[::2] = -1
    (row,) = spaces(SETTINGS, "the run", {"noisy": space}, UNKNOWN).table.to_dict("records")
    assert 0.3 < row["clustered"] < 0.7
    assert row["silhouette"] > 0.8


def test_page_has_ranking_notes_and_no_markup_of_names(result):
    assert "far has the best-separated clusters of 3 spaces" in result.html
    assert "pretrained is left out: no" in result.html
    assert "near &lt;b&gt; (the run)" in result.html
    assert "<b>" not in result.html


def test_the_choice_is_described():
    table = pd.DataFrame({"space": ["a", "b", "c"], "silhouette": [0.9, 0.5, 0.1]})
    assert describe_choice(table, "a") == ["The run is in the best space, a."]
    table["accuracy"] = [0.5, 0.9, 0.9]
    assert describe_choice(table, "b") == [
        "The best space is a; to use it, repeat the run's command with model=a refine=none.",
        "By the labels, b is the most accurate, and the choice made without them is number 3 of 3.",
    ]


def test_the_run_is_compared_with_other_models_once(tmp_path):
    config = compose("model=pca", outputs=tmp_path)
    models = {name: compose(f"model={name}", outputs=tmp_path).model for name in ("pixels", "pca")}
    plan = plan_spaces(config, models, config.refine, has_colour=True)
    assert list(plan) == ["pca", "pixels"]
    assert plan["pca"] is config
    assert plan["pixels"].model == models["pixels"]
    assert plan["pixels"].cluster == config.cluster
    refined = compose("model=pca", "refine=idec", outputs=tmp_path)
    assert list(plan_spaces(refined, models, config.refine, has_colour=True)) == ["pca · idec", "pixels", "pca"]
    assert plan_spaces(refined, models, config.refine, has_colour=True)["pca"].refine.name == "none"


def test_a_model_that_ignores_colour_is_compared_on_images_in_colour_alone(tmp_path):
    config = compose("model=pca", outputs=tmp_path)
    models = {name: compose(f"model={name}", outputs=tmp_path).model for name in ("pretrained", "pretrained_grey")}
    assert list(plan_spaces(config, models, config.refine, has_colour=False)) == ["pca", "pretrained"]
    assert list(plan_spaces(config, models, config.refine, has_colour=True)) == ["pca", *models]


@pytest.mark.slow
def test_spaces_of_a_finished_run(outputs, recorder):
    from pipeline.workflow.execution import execute_run

    execute_run(compose(*TINY, "stage=evaluate", outputs=outputs), outputs / "run", [])
    words = ("stage=spaces", "spaces.models=[pixels,pca,vectors]", "tracking.models=false")
    metrics = run_action(compose(*words, outputs=outputs), outputs / "spaces", [])
    assert 0 < metrics["spaces/pca/accuracy"] <= 1
    table = pd.read_csv(outputs / "spaces" / "spaces.csv")
    assert set(table["space"]) == {"pixels", "pca"}
    html = (outputs / "spaces" / "spaces.html").read_text(encoding="utf-8")
    assert "vectors is left out: model = vectors: mnist has images and no vectors" in html
    assert len(summaries(outputs, "run")) == 1
