"""The benchmarks: every arm runs at the smallest size, arms alternate, and records become figures and tables."""

import json
import os
import platform
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.config.instantiate import import_target
from tests.benchmarks import __main__ as speed_command
from tests.benchmarks import machine, measure
from tests.benchmarks import record as speed
from tests.benchmarks.embedding import PARTS
from tests.benchmarks.figure import speed_figure
from tests.benchmarks.growth import __main__ as growth_command
from tests.benchmarks.growth import record as growth
from tests.benchmarks.growth.figure import growth_figure, separate
from tests.benchmarks.peers import __main__ as peers_command
from tests.benchmarks.peers import record as peers
from tests.benchmarks.peers.methods import METHODS, Budget
from tests.benchmarks.peers.trial import prepare_trial, subset
from tests.benchmarks.records import README, read_record
from tests.benchmarks.row import Row
from tests.benchmarks.rows import ROWS
from tests.benchmarks.sizes import minimal_sizes
from tests.benchmarks.small_work import dying, failing_preparation, failing_work, printing_work, self_timed_work
from tests.benchmarks.worker import Worker
from tests.markdown_sections import read_section

LONG_ROWS = {"whole", "small", "reused", "busy"}
"""Rows whose arms take a minute at any size; their parts are arms of other rows."""
COVERED_ROWS = {"self_training", "sweep", "small_sweep"}
"""Rows that are not tested: `self_training` trains a deeper network, and the end-to-end tests run such sweeps."""
ARMS = [
    pytest.param(name, arm, marks=pytest.mark.long if name in LONG_ROWS else pytest.mark.slow)
    for name, row in ROWS.items() if name not in COVERED_ROWS for arm in row.arms
]  # fmt: skip


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    return minimal_sizes(tmp_path_factory.mktemp("benchmark"))


# Rows


@pytest.mark.filterwarnings("ignore")  # the other libraries' warnings
@pytest.mark.parametrize(("name", "arm"), ARMS, ids=lambda text: text)
def test_every_arm_runs_at_the_smallest_size(name, arm, sizes, monkeypatch):
    row = ROWS[name]
    if arm not in measure.available_arms(row):
        pytest.skip(f"{row.packages[arm]} is not installed")
    # Its compilation takes a minute; only the call is tested.
    monkeypatch.setattr("pynndescent.NNDescent", ExactSearch)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # an arm may set it for its own process
    facts = row.arms[arm](sizes)()
    assert all(np.isfinite(value) for value in facts.values())
    if arm == next(iter(row.arms)):
        assert set(row.limits) - {"seconds"} <= set(facts)


class ExactSearch:
    """Stands in for NNDescent with an exact search."""

    def __init__(self, points, n_neighbors, random_state):
        squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        self.neighbor_graph = np.argsort(squared, axis=1)[:, :n_neighbors], None


def test_measured_functions_of_the_pipeline_exist():
    for name in (function for functions in PARTS.values() for function in functions if function.startswith("pipeline")):
        assert callable(import_target(name, "benchmark"))


def test_targets_and_packages_name_arms():
    for row in ROWS.values():
        assert set(row.target_ratios) | set(row.packages) <= set(row.arms)
        assert next(iter(row.arms)) not in row.target_ratios


@pytest.mark.slow
def test_the_pytorch_model_has_the_parameters_of_the_default_model():
    pytest.importorskip("torch")
    from tests.benchmarks.torch_model import torch_autoencoder
    from tests.benchmarks.training import layers

    trained = sum(int(np.prod(weight.shape)) for weight in layers((28, 28, 1)).trainable_variables)
    assert sum(weights.numel() for weights in torch_autoencoder().parameters()) == trained


def test_operations_of_a_model_count_every_position_of_its_kernels():
    import keras

    from tests.benchmarks.arithmetic import count_flops

    convolution = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(5, 2, strides=2)])
    transposed = keras.Sequential([keras.Input((2, 2, 5)), keras.layers.Conv2DTranspose(3, 2, strides=2)])
    dense = keras.Sequential([keras.Input((7,)), keras.layers.Dense(2)])
    assert count_flops(convolution) == count_flops(transposed) == 2 * (2 * 2 * 3 * 5) * 4
    assert count_flops(keras.Sequential([dense])) == 2 * 14


# Processes


@pytest.mark.slow
def test_arms_run_in_separate_processes_without_output(sizes, capfd, monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", ())
    steps = []
    row = Row(
        "some work",
        {"ours": printing_work, "peer": self_timed_work, "absent": failing_work},
        1,
        packages={"absent": "no-x"},
    )
    measured = measure.measure("some", row, sizes, steps.append)
    ours, peer = measured["arms"]
    assert [arm["arm"] for arm in measured["arms"]] == ["ours", "peer"]
    assert len({ours["facts"]["pid"], peer["facts"]["pid"], os.getpid()}) == 3
    assert peer["seconds"] == [7.0], "the arm's own time counts"
    assert ours["seconds"][0] < 1
    assert ours["peak_mib"] > 1
    assert len(steps) == measure.count_steps(row, sizes) == 4
    assert capfd.readouterr() == ("", "")


def test_an_error_in_a_worker_is_raised_with_its_message():
    with Worker() as worker, pytest.raises(RuntimeError, match="ValueError: no such thing"):
        worker.prepare("failing", failing_preparation)


def test_a_dead_worker_is_reported_with_its_exit_status():
    with Worker() as worker:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="ended with exit status 3"):
                worker.prepare("dying", dying)


@pytest.mark.slow
def test_arms_share_a_worker_unless_their_row_is_separate(sizes):
    row = Row("some work", {"ours": printing_work, "peer": printing_work}, 1)
    with Worker() as shared:
        pids = [
            {arm["facts"]["pid"] for arm in measure.measure("some", variant, sizes, shared=shared)["arms"]}
            for variant in (row, row, replace(row, separate=True))
        ]
    assert [len(group) for group in pids] == [1, 1, 2]
    assert len(set.union(*pids)) == 3


def test_the_machine_is_described_without_its_name():
    facts = machine.describe_machine()
    assert facts["cores"] >= 1
    assert facts["versions"]["numpy"] == np.__version__
    assert platform.node() not in json.dumps(facts).split()


# The record


def recorded_row(name="knn", seconds=((2.0, 1.0, 3.0), (4.0, 5.0, 3.0))):
    arms = [
        {"arm": arm, "seconds": list(times), "peak_mib": 1000, "facts": {"recall": 1.0}}
        for arm, times in zip(ROWS[name].arms, seconds, strict=False)
    ]
    return {"row": name, "images": 600, "few": 50, "minutes": 1.5, "arms": arms}


def test_a_row_shows_median_range_ratio_and_target():
    first, second = speed.row_cells(recorded_row("umap"))
    assert first[2:6] == ("2.00 s (1.00 s to 3.00 s)", "3", "", "–")
    assert second[4:6] == ("× 2.00", "≥ 2.00 met")
    slow = recorded_row("reused", ([9.0],))
    assert speed.row_cells(slow)[0][5] == "seconds ≤ 2.50 s not met"


def test_rows_are_replaced_one_by_one_on_the_same_machine_only():
    earlier = speed.merge(None, [recorded_row("knn"), recorded_row("umap")])
    merged = speed.merge(earlier, [recorded_row("knn", ([9.0],))])
    assert [row["row"] for row in merged["rows"]] == ["knn", "umap"]
    assert merged["rows"][0]["arms"][0]["seconds"] == [9.0]
    elsewhere = earlier | {"machine": {"cpu": "another"}}
    assert len(speed.merge(elsewhere, [recorded_row("knn")])["rows"]) == 1


def write_readme(root, name):
    (root / README).parent.mkdir(parents=True)
    (root / README).write_text(f"# T\n<!-- {name}:begin -->\n<!-- {name}:end -->\nend\n")


def test_record_figure_and_table_are_written_together(tmp_path):
    write_readme(tmp_path, "benchmark")
    rows = [recorded_row("knn"), recorded_row("umap")]
    speed_command.update_record(rows, tmp_path)
    section = read_section((tmp_path / README).read_text(), "benchmark")
    assert section == speed.render_speed(read_record(tmp_path / speed_command.FILE))
    assert (tmp_path / README.parent / speed.FIGURE).stat().st_size < 300 * 1024
    (bars,) = speed_figure(speed.merge(None, rows)).axes
    assert [text.get_text() for text in bars.get_yticklabels()][-1].startswith("knn: ")


def recorded_run(n, seconds=10.0):
    stages = {"train": {"seconds": seconds, "peak_mib": 100}, "project": {"seconds": 2 * seconds, "peak_mib": n}}
    scores = {"train/purity_score": 0.9, "test/purity_score": 0.8, "map/trustworthiness": 0.7}
    return {"n": n, "seconds": 4 * seconds, "peak_mib": n, "stages": stages, "scores": scores}


def test_growth_runs_are_recorded_by_size(tmp_path):
    write_readme(tmp_path, "growth")
    growth_command.update_record([recorded_run(2000)], tmp_path)
    growth_command.update_record([recorded_run(1000), recorded_run(2000, 20.0)], tmp_path)
    record = read_record(tmp_path / growth_command.FILE)
    assert [run["n"] for run in record["runs"]] == [1000, 2000]
    rows = {row[0]: row[1:] for row in growth.growth_table(record).rows}
    assert rows["project"] == ("20 s, 1,000 MiB", "40 s, 2,000 MiB")
    assert rows["**whole run**"] == ("**40 s, 1,000 MiB**", "**80 s, 2,000 MiB**")
    assert read_section((tmp_path / README).read_text(), "growth") == growth.render_growth(record)
    assert (tmp_path / README.parent / growth.FIGURE).stat().st_size < 300 * 1024
    time, memory = growth_figure(record).axes
    assert [text.get_text() for text in time.texts if text.get_text() in rows | {"whole run": ()}] == [
        "whole run", "project", "train",
    ]  # fmt: skip
    assert list(memory.lines[0].get_xdata()) == [1000, 2000]


def test_names_of_lines_that_end_together_are_separated():
    assert separate([10.0, 1.0, 10.5]) == pytest.approx([10, 1, 14.2])


@pytest.mark.long
def test_a_growth_run_is_the_pipeline_on_that_many_images():
    small = (
        "model=pixels", "manifold=none", "project=pca", "cluster=kmeans", "baselines.sample=0", "data.test_size=60",
        "evaluate.silhouette_sample=100", "evaluate.trustworthiness_sample=50", "tracking.models=false",
    )  # fmt: skip
    run = growth_command.measure_run(300, *small)
    assert run["n"] == 300
    assert list(run["stages"])[:2] == ["data", "train"]
    assert 0 < run["scores"]["train/purity_score"] < 1
    assert "data.copies=16" in growth_command.overrides_for(1_000_000)
    assert "data.copies=0" in growth_command.overrides_for(60_000)


def test_unknown_rows_and_methods_are_rejected(capsys):
    for parse, choice in (
        (speed_command.parse_arguments, "umap"),
        (peers_command.parse_peer_arguments, "IDEC"),
    ):
        with pytest.raises(SystemExit):
            parse(["nonsense"])
        error = capsys.readouterr().err
        assert "nonsense; choose from" in error
        assert choice in error


# Peers


def trial_of(method, seed, accuracy):
    return {
        "method": method, "seed": seed, "n": 500, "epochs": METHODS[method].epochs(Budget(3, 4)), "accuracy": accuracy,
        "nmi": 0.5, "ari": 0.25, "k": 10.0, "processor_seconds": 60.0, "seconds": 70.0, "peak_mib": 1500,
    }  # fmt: skip


def test_trials_are_recorded_and_shown_in_order(tmp_path):
    trials = [trial_of("DEC", 1, 0.8), trial_of("ours", 0, 0.9), trial_of("DEC", 0, 0.6)]
    record = peers.write_trials(tmp_path / "peers.json", trials)
    assert json.loads((tmp_path / "peers.json").read_text()) == record
    assert peers.read_trials(tmp_path / "peers.json") == record["trials"]
    rows = {row[0]: row for row in peers.peers_table(record).rows}
    assert rows["DEC"][2:4] == ("0.7000 ± 0.1414", "0.6000")
    assert rows["DEC"][6:] == ("3 + 4", "0, 1", "60 s", "1,500 MiB")
    assert rows["ours"][6] == "–"
    assert rows["DCN"][2] == "no finished run"


@pytest.mark.slow
def test_all_methods_get_the_same_stratified_images():
    pixels, labels = subset(200)
    assert pixels.shape == (200, 28, 28)
    assert set(np.bincount(labels)) <= set(range(15, 26))
    assert np.array_equal(subset(200)[0], pixels)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.library == "ClustPy"])
def test_every_peer_runs_at_the_smallest_size(name):
    pytest.importorskip("clustpy")
    facts = prepare_trial(name, 0, 100, Budget(1, 1))()
    assert 0 < facts["accuracy"] <= 1
    assert facts["processor_seconds"] > 0


def test_our_method_is_scored_like_the_peers(monkeypatch):
    result = SimpleNamespace(clusters=np.arange(100) % 10)
    monkeypatch.setattr("pipeline.api.cluster_images", lambda images, *overrides, k, seed: result)
    facts = prepare_trial("ours", 0, 100, Budget())()
    assert facts["k"] == 10
    assert 0 < facts["accuracy"] < 0.5
