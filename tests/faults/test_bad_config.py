"""Invalid overrides are refused with one line each; unusual but valid ones run to the end and leave a note."""

import pytest

from tests.faults.bad_config import DATA_DEPENDENT_ERRORS, OVERRIDE_ERRORS, UMAP_ERRORS, UNUSUAL_RUNS, VALUE_ERRORS
from tests.faults.in_process import compose, error_message, matches, run_recipe, validate
from tests.helpers import pipeline

TINY = (
    "data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "project=pca",
    "neighbors.k=5", "evaluate.trustworthiness_k=5", "baselines.sample=0", "report.dpi=30", "report.thumbnails=20",
    "report.examples=2", "report.reconstructions=3",
)  # fmt: skip


def compose_tiny(overrides):
    """The configuration of a run on 60 images with these overrides."""
    keys = {text.partition("=")[0] for text in overrides}
    defaults = [text for text in TINY if text.partition("=")[0] not in keys]
    defaults += [] if "cluster" in keys else ["cluster=kmeans"]
    defaults += [] if "cluster.k" in keys or "cluster=hdbscan" in overrides else ["cluster.k=4"]
    return compose(*defaults, *overrides)


def check(message, expected):
    assert matches(message, expected), message
    assert "\n" not in message


@pytest.mark.parametrize(("overrides", "expected"), OVERRIDE_ERRORS, ids=lambda value: str(value)[:40])
def test_invalid_override_is_refused_in_one_line(overrides, expected):
    check(error_message(validate, *overrides.split()), expected)


@pytest.mark.parametrize(("overrides", "expected"), VALUE_ERRORS, ids=lambda value: str(value)[:60])
def test_invalid_value_is_refused_in_one_line(overrides, expected):
    check(error_message(compose, *overrides.split()), expected)


@pytest.mark.parametrize(("overrides", "expected"), DATA_DEPENDENT_ERRORS, ids=lambda value: str(value)[:60])
def test_value_that_does_not_suit_the_images_is_refused_in_one_line(overrides, expected):
    check(error_message(lambda: run_recipe(compose_tiny(overrides.split()), "project")), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("overrides", "expected"), UMAP_ERRORS, ids=lambda value: str(value)[:60])
def test_value_that_umap_refuses_is_refused_in_one_line(overrides, expected):
    check(error_message(lambda: run_recipe(compose_tiny(overrides.split()), "project")), expected)


@pytest.mark.slow
@pytest.mark.parametrize(("overrides", "k", "note"), UNUSUAL_RUNS)
def test_unusual_clusters_are_scored_with_a_note(overrides, k, note):
    artifacts = run_recipe(compose_tiny(overrides.split()), "evaluate")
    clustering, scores = artifacts.load("clustering"), artifacts.load("scores").values
    assert clustering.k == scores["k"] == k
    assert not note or any(matches(text, note) for text in clustering.notes), clustering.notes
    assert all(abs(value) < float("inf") for value in scores.values())
    assert "<html" in artifacts.load("explorer").html


@pytest.mark.slow
@pytest.mark.parametrize("n", [3, 8, 20])
@pytest.mark.parametrize("cluster", ["gmm", "kmeans", "hdbscan", "agglomerative", "birch", "spectral"])
def test_few_images_run_to_the_end_with_a_note(n, cluster):
    words = f"data=digits data.train_size={n} model=pca manifold=none project=pca cluster={cluster} report.dpi=30"
    # Drawing the report takes most of the time.
    artifacts = run_recipe(compose(*words.split()), "report" if cluster == "gmm" else "evaluate")
    assert artifacts.load("graph").k == n - 1
    assert artifacts.load("clustering").k <= min(n, 10)
    assert "<html" in artifacts.load("explorer").html


@pytest.mark.parametrize(
    "words",
    [
        pytest.param((), marks=pytest.mark.long),
        pytest.param(
            ("refine=idec", "refine.max_steps=40", "project=tsne", "project.perplexity=30", "project.n_epochs=20"),
            marks=pytest.mark.long,
        ),
    ],
    ids=["default", "idec and t-SNE"],
)
def test_few_images_run_to_the_end_with_the_default_recipe(outputs, words):
    result = pipeline("data=digits", "data.train_size=5", "train.min_steps=100", *words, outputs=outputs)
    assert result.returncode == 0, result.stderr
    for note in ("neighbors.k = 20 is lowered to 4", "cluster.k = 10 is lowered to 5"):
        assert note in " ".join(result.stdout.split())


UNUSUAL_REPORTS = (
    "cluster.k=60", "cluster.k=1", "cluster=hdbscan", "cluster=hdbscan cluster.estimator.min_cluster_size=50",
    "data.train_size=2 neighbors.k=1 model.latent_dim=2 cluster.k=2",
)  # fmt: skip
"""Many clusters, one, noise, nothing but noise, two images; the reports of the other runs have nothing unusual."""


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(case[0], marks=(pytest.mark.long, pytest.mark.slow)[case[0] in UNUSUAL_REPORTS])
        for case in UNUSUAL_RUNS
    ],
)
def test_report_shows_unusual_clusters(overrides):
    assert "<html" in run_recipe(compose_tiny(overrides.split()), "report").load("report").html


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["cluster=kmean"], "cluster = 'kmean': no such choice; did you mean kmeans?"),
        (["train.epoch=3"], "train.epoch: no such key; did you mean train.epochs?"),
        (["train=null"], "a group takes the name of one choice"),
        (["data=image_folder", "data.path=nowhere"], "nowhere does not exist; give an existing file or folder"),
    ],
    ids=" ".join,
)
def test_command_prints_the_message_and_exits_with_status_2(outputs, overrides, message):
    result = pipeline(*overrides, outputs=outputs)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
