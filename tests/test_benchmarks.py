"""The benchmark: every row runs on next to nothing, arms take turns, and the README shows what the records say."""

import json
import os
import platform
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.reproduction import write
from tests.benchmarks import __main__ as benchmark
from tests.benchmarks import keeping, machine, measure, record
from tests.benchmarks.figure import figure
from tests.benchmarks.growth import __main__ as growth_command
from tests.benchmarks.growth import record as growth
from tests.benchmarks.growth.figure import apart
from tests.benchmarks.growth.figure import figure as growth_figure
from tests.benchmarks.peers import __main__ as peers_command
from tests.benchmarks.peers import record as peers
from tests.benchmarks.peers.methods import METHODS, Budget
from tests.benchmarks.peers.trial import prepare, subset
from tests.benchmarks.row import Row
from tests.benchmarks.rows import ROWS
from tests.benchmarks.sizes import tiny
from tests.benchmarks.worker import Worker

LONG = {"sweep"}
"""Rows that take a minute even with next to nothing; the end-to-end tests run such sweeps."""
ARMS = [(name, arm) for name, row in ROWS.items() if name not in LONG for arm in row.arms]


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    return tiny(tmp_path_factory.mktemp("benchmark"))


# Rows


@pytest.mark.filterwarnings("ignore")  # peers' own
@pytest.mark.parametrize(("name", "arm"), ARMS, ids=lambda text: text)
def test_every_arm_runs_on_next_to_nothing(name, arm, sizes, monkeypatch):
    row = ROWS[name]
    if arm not in measure.here(row):
        pytest.skip(f"{row.needs[arm]} is not installed")
    # What it compiles takes a minute; here it is only to be called rightly.
    monkeypatch.setattr("pynndescent.NNDescent", Descent)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")  # whatever an arm sets, it is for its own process
    facts = row.arms[arm](sizes)()
    assert all(np.isfinite(value) for value in facts.values())
    if arm == next(iter(row.arms)):
        assert set(row.limits) - {"seconds"} <= set(facts)


class Descent:
    """Finds each point's neighbours exactly."""

    def __init__(self, points, n_neighbors, random_state):
        squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        self.neighbor_graph = np.argsort(squared, axis=1)[:, :n_neighbors], None


def test_targets_and_needs_name_arms():
    for row in ROWS.values():
        assert set(row.faster) | set(row.needs) <= set(row.arms)
        assert next(iter(row.arms)) not in row.faster


def test_the_pytorch_model_is_the_default_one():
    pytest.importorskip("torch")
    from tests.benchmarks.torch_model import autoencoder
    from tests.benchmarks.training import layers

    trained = sum(int(np.prod(weight.shape)) for weight in layers((28, 28, 1)).trainable_variables)
    assert sum(one.numel() for one in autoencoder().parameters()) == trained


def test_a_models_operations_are_counted_by_where_its_kernels_are_laid():
    import keras

    from tests.benchmarks.arithmetic import flops

    convolution = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(5, 2, strides=2)])
    transposed = keras.Sequential([keras.Input((2, 2, 5)), keras.layers.Conv2DTranspose(3, 2, strides=2)])
    dense = keras.Sequential([keras.Input((7,)), keras.layers.Dense(2)])
    assert flops(convolution) == flops(transposed) == 2 * (2 * 2 * 3 * 5) * 4
    assert flops(keras.Sequential([dense])) == 2 * 14


# Processes


def quiet_work(_sizes):
    print("what a library says goes nowhere")
    return lambda: {"pid": float(os.getpid()), "at": time.time()}


def impatient_work(_sizes):
    return lambda: {"pid": float(os.getpid()), "at": time.time(), "seconds": 7.0}


def wrong_work(_sizes):
    raise ValueError("no such thing")


def wrong():
    return wrong_work(None)


def test_arms_take_turns_in_processes_of_their_own(sizes, capfd, monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", ())
    told = []
    row = Row(
        "some work", {"ours": quiet_work, "peer": impatient_work, "absent": wrong_work}, 1, needs={"absent": "no-x"}
    )
    found = measure.measure("some", row, sizes, told.append)
    ours, peer = found["arms"]
    assert [arm["arm"] for arm in found["arms"]] == ["ours", "peer"]
    assert len({ours["facts"]["pid"], peer["facts"]["pid"], os.getpid()}) == 3
    assert peer["seconds"] == [7.0], "what timed itself knows better"
    assert ours["seconds"][0] < 1
    assert ours["peak_mib"] > 1
    assert len(told) == measure.steps(row, sizes) == 4
    assert capfd.readouterr() == ("", "")


def test_a_failure_in_another_process_is_told_with_its_reason():
    with Worker() as worker, pytest.raises(RuntimeError, match="ValueError: no such thing"):
        worker.prepare("wrong", wrong)


def dying():
    os._exit(3)


def test_a_process_that_dies_is_told_with_its_exit_status():
    with Worker() as worker:
        for _ in range(2):
            with pytest.raises(RuntimeError, match="ended with exit status 3"):
                worker.prepare("dying", dying)


def test_arms_share_a_process_where_time_is_short_and_nothing_speaks_against_it(sizes):
    row = Row("some work", {"ours": quiet_work, "peer": quiet_work}, 1)
    with Worker() as shared:
        pids = [
            {arm["facts"]["pid"] for arm in measure.measure("some", one, sizes, shared=shared)["arms"]}
            for one in (row, row, replace(row, apart=True))
        ]
    assert [len(one) for one in pids] == [1, 1, 2]
    assert len(set.union(*pids)) == 3


def test_the_machine_is_described_and_not_named():
    facts = machine.facts()
    assert facts["cores"] >= 1
    assert facts["versions"]["numpy"] == np.__version__
    assert platform.node() not in json.dumps(facts).split()


# The record


def made(name="knn", seconds=((2.0, 1.0, 3.0), (4.0, 5.0, 3.0))):
    arms = [
        {"arm": arm, "seconds": list(times), "peak_mib": 1000, "facts": {"recall": 1.0}}
        for arm, times in zip(ROWS[name].arms, seconds, strict=False)
    ]
    return {"row": name, "says": ROWS[name].says, "images": 600, "few": 50, "minutes": 1.5, "arms": arms}


def test_a_line_shows_median_spread_ratio_and_target():
    first, second = record.lines(made("umap"))
    assert first[2:6] == ("2.00 s (1.00 s to 3.00 s)", "3", "", "–")
    assert second[4:6] == ("× 2.00", "≥ 2.00 met")
    slow = made("reused", ([9.0],))
    assert record.lines(slow)[0][5] == "seconds ≤ 8.00 s missed"


def test_rows_are_replaced_one_by_one_on_the_same_machine_alone():
    earlier = record.merge(None, [made("knn"), made("umap")])
    found = record.merge(earlier, [made("knn", ([9.0],))])
    assert [row["row"] for row in found["rows"]] == ["knn", "umap"]
    assert found["rows"][0]["arms"][0]["seconds"] == [9.0]
    elsewhere = earlier | {"machine": {"cpu": "another"}}
    assert len(record.merge(elsewhere, [made("knn")])["rows"]) == 1


def test_record_figure_and_readme_are_written_together(tmp_path):
    (tmp_path / "README.md").write_text("# T\n<!-- benchmark:begin -->\n<!-- benchmark:end -->\nend\n")
    rows = [made("knn"), made("umap")]
    benchmark.write(rows, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert write.shown(text, "benchmark") == record.section(keeping.read(tmp_path / benchmark.FILE))
    assert (tmp_path / record.FIGURE).stat().st_size < 300 * 1024
    (bars,) = figure(record.merge(None, rows)).axes
    assert [text.get_text() for text in bars.get_yticklabels()][-1].startswith("knn: ")


@pytest.mark.parametrize(
    ("section", "file", "render"),
    [
        ("benchmark", write.ROOT / benchmark.FILE, record.section),
        ("growth", write.ROOT / growth_command.FILE, growth.section),
        ("peers", peers_command.FILE, peers.section),
    ],
    ids=["benchmark", "growth", "peers"],
)
def test_the_readme_shows_what_the_records_say(section, file, render):
    found = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    text = (write.ROOT / "README.md").read_text(encoding="utf-8")
    assert write.shown(text, section) == render(found)


def grown(n, seconds=10.0):
    stages = {"train": {"seconds": seconds, "peak_mib": 100}, "project": {"seconds": 2 * seconds, "peak_mib": n}}
    scores = {"train/purity_score": 0.9, "test/purity_score": 0.8, "map/trustworthiness": 0.7}
    return {"n": n, "seconds": 4 * seconds, "peak_mib": n, "stages": stages, "scores": scores}


def test_growing_runs_are_kept_by_size_drawn_and_shown(tmp_path):
    (tmp_path / "README.md").write_text("<!-- growth:begin -->\n<!-- growth:end -->\n")
    growth_command.write([grown(2000)], tmp_path)
    growth_command.write([grown(1000), grown(2000, 20.0)], tmp_path)
    found = keeping.read(tmp_path / growth_command.FILE)
    assert [run["n"] for run in found["runs"]] == [1000, 2000]
    rows = {row[0]: row[1:] for row in growth.table(found).rows}
    assert rows["project"] == ("20 s, 1,000 MiB", "40 s, 2,000 MiB")
    assert rows["**all of it**"] == ("**40 s, 1,000 MiB**", "**80 s, 2,000 MiB**")
    assert write.shown((tmp_path / "README.md").read_text(), "growth") == growth.section(found)
    assert (tmp_path / growth.FIGURE).stat().st_size < 300 * 1024
    time, memory = growth_figure(found).axes
    assert [text.get_text() for text in time.texts if text.get_text() in rows | {"all of it": ()}] == [
        "all of it", "project", "train",
    ]  # fmt: skip
    assert list(memory.lines[0].get_xdata()) == [1000, 2000]


def test_names_of_lines_that_end_together_are_written_apart():
    assert apart([10.0, 1.0, 10.5]) == pytest.approx([10, 1, 14.2])


def test_a_growing_run_is_the_pipeline_with_so_many_images():
    small = (
        "model=pixels", "manifold=none", "project=pca", "cluster=kmeans", "nulls.sample=0", "data.test_size=60",
        "evaluate.silhouette_sample=100", "evaluate.trustworthiness_sample=50", "tracking.models=false",
    )  # fmt: skip
    found = growth_command.run(300, *small)
    assert found["n"] == 300
    assert list(found["stages"])[:2] == ["data", "train"]
    assert 0 < found["scores"]["train/purity_score"] < 1
    assert "data.copies=16" in growth_command.words(1_000_000)
    assert "data.copies=0" in growth_command.words(60_000)


def test_unknown_rows_and_methods_are_refused(capsys):
    for arguments, known in ((benchmark.arguments, "umap"), (peers_command.arguments, "IDEC")):
        with pytest.raises(SystemExit):
            arguments(["nonsense"])
        error = capsys.readouterr().err
        assert "nonsense: there is no such" in error
        assert known in error


# Peers


def trial_of(method, seed, accuracy):
    return {
        "method": method, "seed": seed, "n": 500, "epochs": METHODS[method].epochs(Budget(3, 4)), "accuracy": accuracy,
        "nmi": 0.5, "ari": 0.25, "k": 10.0, "processor_seconds": 60.0, "seconds": 70.0, "peak_mib": 1500,
    }  # fmt: skip


def test_a_record_of_peers_keeps_its_trials_and_shows_them_in_order(tmp_path):
    trials = [trial_of("DEC", 1, 0.8), trial_of("ours", 0, 0.9), trial_of("DEC", 0, 0.6)]
    written = peers.write(tmp_path / "peers.json", trials)
    assert json.loads((tmp_path / "peers.json").read_text()) == written
    assert peers.read(tmp_path / "peers.json") == written["trials"]
    rows = {row[0]: row for row in peers.tables(written)[0].rows}
    assert rows["DEC"][2:4] == ("0.7000 ± 0.1414", "0.6000")
    assert rows["DEC"][6:] == ("3 + 4", "0, 1", "60 s", "1,500 MiB")
    assert rows["ours"][6] == "–"
    assert rows["DCN"][2] == "no finished run"


def test_peers_get_the_same_balanced_images():
    pixels, labels = subset(200)
    assert pixels.shape == (200, 28, 28)
    assert set(np.bincount(labels)) <= set(range(15, 26))
    assert np.array_equal(subset(200)[0], pixels)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name, method in METHODS.items() if method.library == "ClustPy"])
def test_every_peer_clusters_next_to_nothing(name):
    pytest.importorskip("clustpy")
    facts = prepare(name, 0, 100, Budget(1, 1))()
    assert 0 < facts["accuracy"] <= 1
    assert facts["processor_seconds"] > 0


def test_ours_is_scored_like_the_peers(monkeypatch):
    found = SimpleNamespace(clusters=np.arange(100) % 10)
    monkeypatch.setattr("pipeline.notebook.cluster_images", lambda images, *words, k, seed: found)
    facts = prepare("ours", 0, 100, Budget())()
    assert facts["k"] == 10
    assert 0 < facts["accuracy"] < 0.5
