"""The forecast of time and memory against the recorded runs, and what it refuses."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Images
from pipeline.runtime.errors import UserError
from pipeline.workflow import cost_announcement
from pipeline.workflow.execution import execute_run
from pipeline.workflow.forecast import SECONDS, Workload, describe_forecast, forecast_memory, forecast_seconds
from pipeline.workflow.recipe import STEPS
from tests.benchmarks.growth.__main__ import FILE as GROWTH
from tests.benchmarks.growth.__main__ import OVERRIDES as GROWTH_WORDS
from tests.benchmarks.photographs import FILE as PHOTOGRAPHS
from tests.benchmarks.photographs import WORDS as PHOTOGRAPHS_WORDS
from tests.faults.in_process import EventLog
from tests.helpers import TINY, compose

RUNS = {run["n"]: run for run in json.loads(GROWTH.read_text())["runs"]}
PHOTOGRAPHS_RUN = json.loads(PHOTOGRAPHS.read_text())
FREE = 20 * 1024
STAGES = frozenset(STEPS) - {"data"}


def workload(tmp_path, n, *words, m=10_000, shape=(28, 28, 1), stages=STAGES):
    return Workload(compose(*words, outputs=tmp_path), n, m, shape, 1, frozenset(stages))


def recorded_work(tmp_path, name):
    if name == "photographs":
        words = (*PHOTOGRAPHS_WORDS, f"data.path={tmp_path}")
        return workload(tmp_path, PHOTOGRAPHS_RUN["n"], *words, m=0, shape=(64, 64, 3)), PHOTOGRAPHS_RUN
    return workload(tmp_path, name, *GROWTH_WORDS), RUNS[name]


@pytest.mark.parametrize("name", [*RUNS, "photographs"])
def test_recorded_runs_are_forecast_within_a_factor_of_one_and_a_half(tmp_path, name):
    work, run = recorded_work(tmp_path, name)
    seconds = run["seconds"] - run["stages"]["data"]["seconds"]
    assert 1 / 1.5 < forecast_seconds(work) / seconds < 1.5
    assert 1 / 1.5 < forecast_memory(work) / run["peak_mib"] < 1.5


def test_every_stage_after_the_data_has_a_time():
    assert list(SECONDS) == [name for name in STEPS if name != "data"]


def test_only_the_stages_to_compute_count(tmp_path):
    whole = workload(tmp_path, 60_000)
    late = workload(tmp_path, 60_000, stages=("cluster", "baselines", "evaluate", "report", "explorer"))
    assert forecast_seconds(late) < forecast_seconds(whole) / 2
    assert forecast_memory(late) < forecast_memory(whole) - 900, "neither Keras nor UMAP is needed"
    bare = workload(tmp_path, 400, "model=pixels", "manifold=none", "project=pca", "cluster=kmeans", m=100)
    assert forecast_memory(bare) < 600
    assert describe_forecast(bare, FREE) == ""


def test_vectors_count_with_their_own_size_and_not_with_that_of_their_cards(tmp_path):
    cards = np.zeros((3, 48, 72, 1), np.uint8)
    images = Images(cards, cards[:0], vectors=np.zeros((3, 64), np.float32), has_images=False)
    config = compose("data=vectors", f"data.path={tmp_path / 'vectors.npy'}", outputs=tmp_path)
    assert Workload.of(config, images, STAGES).latent_dim == 64
    assert Workload.of(config, replace(images, vectors=None), STAGES).latent_dim == 48 * 72


def test_the_line_names_time_memory_and_what_is_free(tmp_path):
    assert describe_forecast(workload(tmp_path, 60_000), FREE) == (
        "forecast: about 79 s (on two cores of an Intel Xeon) and 1.6 GiB of memory for 70,000 images of 28×28×1; "
        "20.0 GiB are free"
    )
    assert describe_forecast(workload(tmp_path, 60_000), 1500).endswith("; 1.5 GiB are free, which is tight")
    assert "at least" in describe_forecast(workload(tmp_path, 60_000, "cluster=agglomerative"), FREE)
    assert "at least" in describe_forecast(workload(tmp_path, 60_000, "model=dcec"), FREE)


@pytest.mark.parametrize(
    ("n", "shape", "free", "remedies"),
    [
        (3_000_000, (64, 64, 3), FREE, ["data.train_size=770000", "data.image_size=28"]),
        (60_000, (512, 512, 3), FREE, ["data.image_size=160"]),
        (60_000, (28, 28, 1), 1000, []),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(tmp_path, n, shape, free, remedies):
    work = workload(tmp_path, n, *GROWTH_WORDS, shape=shape)
    with pytest.raises(UserError) as caught:
        describe_forecast(work, free)
    message = str(caught.value)
    assert re.match(
        r"data\.train_size: [\d,]+ images of \S+ need about [\d.]+ GiB of memory, and [\d.]+ GiB are", message
    )
    assert message.endswith(
        f"; {' or '.join(remedies)} would fit" if remedies else "; free some, or use a machine with more"
    )
    for remedy in remedies:
        value = int(remedy.partition("=")[2])
        changed = replace(work, n=value) if "train_size" in remedy else replace(work, shape=(value, value, shape[2]))
        assert forecast_memory(changed) <= free


@pytest.mark.slow
def test_the_forecast_is_printed_once_and_counts_what_is_computed(outputs, monkeypatch):
    works = []
    monkeypatch.setattr(cost_announcement, "describe_forecast", lambda work, free: works.append(work) or "forecast: x")
    log = EventLog()
    execute_run(compose(*TINY, "stage=cluster", outputs=outputs), outputs / "run", [], observer=log)
    assert log.lines.count("forecast: x") == 1
    assert (works[0].n, works[0].m, works[0].shape) == (400, 100, (28, 28, 1))
    assert works[0].stages == {"train", "refine", "extract", "neighbors", "manifold", "cluster"}
    for words in ("cluster.k=9", "cluster.k=9"):
        execute_run(compose(*TINY, "stage=[cluster]", words, outputs=outputs), outputs / "run", [], observer=log)
    assert [work.stages for work in works[1:]] == [{"cluster"}], "nothing is computed by the last run"


def test_a_run_that_does_not_fit_is_refused_before_it_trains(outputs, monkeypatch):
    monkeypatch.setattr(cost_announcement, "memory_for_process", lambda: 100.0)
    log = EventLog()
    with pytest.raises(
        UserError, match=r"^data\.train_size: 500 images of 28×28×1 need about 0\.\d GiB of memory, and 0\.1"
    ):
        execute_run(compose(*TINY, "stage=cluster", outputs=outputs), outputs / "run", [], observer=log)
    assert log.finished_stages == ["data"]
