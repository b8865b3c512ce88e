"""Mistyped words, wrong values, sizes that do not fit: one line each; unusual results: a finished run that says so."""

import pytest

from tests.faults.asking import agrees, composed, config, run, said
from tests.faults.bad_config import FINISHED, MISTYPED, REFUSED, WRONG
from tests.helpers import pipeline

TINY = (
    "data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "project=pca",
    "neighbors.k=5", "evaluate.trustworthiness_k=5", "nulls.sample=0",
)  # fmt: skip


def tiny(words):
    """These words after those of a small run; a choice of theirs takes the place of its choice."""
    chosen = {word.partition("=")[0] for word in words}
    own = [word for word in TINY if word.partition("=")[0] not in chosen]
    return config(*own, *([] if "cluster" in chosen else ["cluster=kmeans"]), *_four(chosen, words), *words)


def _four(chosen, words):
    return [] if "cluster.k" in chosen or "cluster=hdbscan" in words else ["cluster.k=4"]


def compose_all(*words):
    from pipeline.job import typed

    typed(composed(*words))


@pytest.mark.parametrize(("words", "message"), MISTYPED, ids=lambda value: str(value)[:40])
def test_a_mistyped_word_is_answered_in_one_line(words, message):
    told = said(compose_all, *words.split())
    assert agrees(told, message), told
    assert "\n" not in told


@pytest.mark.parametrize(("words", "message"), WRONG, ids=lambda value: str(value)[:60])
def test_a_wrong_value_is_answered_in_one_line(words, message):
    told = said(config, *words.split())
    assert agrees(told, message), told
    assert "\n" not in told


@pytest.mark.parametrize(("words", "message"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_does_not_fit_the_images_is_answered_in_one_line(words, message):
    told = said(lambda: run(tiny(words.split()), "project"))
    assert agrees(told, message), told
    assert "\n" not in told


@pytest.mark.parametrize(("words", "k", "note"), FINISHED)
def test_unusual_clusters_are_said_and_the_run_goes_on_to_its_end(words, k, note):
    made = run(tiny(words.split()))
    assert made["clustering"].k == made["scores"].values["k"] == k
    assert not note or any(agrees(one, note) for one in made["clustering"].notes), made["clustering"].notes
    assert all(abs(value) < float("inf") for value in made["scores"].values.values())
    assert "<html" in made["explorer"].html


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cluster=kmean"], "cluster = 'kmean': no such choice; did you mean kmeans?"),
        (["train.epoch=3"], "train.epoch: no such key; did you mean train.epochs?"),
        (["train=null"], "a group takes the name of one of its choices"),
        (["data=image_folder", "data.path=nowhere"], "nowhere does not exist; give an existing file or folder"),
    ],
    ids=" ".join,
)
def test_the_command_line_says_the_same_with_status_2(outputs, words, message):
    answer = pipeline(*words, outputs=outputs)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert answer.stderr.startswith("error: ")
    assert answer.stderr.count("\n") == 1
