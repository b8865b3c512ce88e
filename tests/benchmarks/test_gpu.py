"""The measurements on a GPU: their tables, the message without one, and the arms that run on any machine."""

from functools import partial

import pytest

from tests.benchmarks import gpu
from tests.benchmarks.sizes import minimal_sizes
from tests.benchmarks.training import bare_jax_step
from tests.benchmarks.worker import Worker


def test_epochs_and_runs_on_a_gpu_are_shown():
    arms = [
        {"arm": arm, "seconds": [2.0, 1.0, 3.0], "peak_mib": 9, "facts": {"images/s": 1234.5}}
        for arm in gpu.EPOCH_ROW.arms
    ]
    runs = [
        {"run": name, "seconds": 200.0, "accuracy": 0.98, "test_accuracy": 0.97, "stages": {"train": 30.0}}
        for name in gpu.RUNS
    ]
    runs[-1]["stages"] = {"train": 30.0, "refine": 60.0}
    machine_facts = {
        "cpu": "a processor",
        "cores": 4,
        "memory_gib": 8,
        "system": "a system",
        "python": "3",
        "versions": {},
    }
    record = {"machine": machine_facts, "gpu": "a GPU", "epoch": {"arms": arms}, "runs": runs}
    epochs, whole = gpu.epoch_table(record), gpu.runs_table(record)
    assert "Measured on a GPU; a processor, 4 cores" in epochs.caption
    assert epochs.rows[0][1:] == ("2.00 s (1.00 s to 3.00 s)", "1,234")
    rows = {row[0]: row[1:] for row in whole.rows}
    assert rows["refine"] == ("–", "–", "60 s")
    assert rows["**whole run**"] == ("**3.3 min**",) * 3
    assert rows["accuracy, fitted images"] == ("0.9800",) * 3


def test_without_a_gpu_one_line_says_what_is_needed(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpu"])
    monkeypatch.setattr(gpu, "find_gpu", lambda: None)
    with pytest.raises(SystemExit, match="2"):
        gpu.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith("pip install 'jax[cuda13]<0.11'")


@pytest.mark.slow
@pytest.mark.parametrize("prepare", [gpu.input_on_cpu, bare_jax_step])
def test_arms_of_the_gpu_run_at_the_smallest_size(prepare, tmp_path):
    if prepare is bare_jax_step:
        pytest.importorskip("jax")
    with Worker() as worker:
        worker.prepare("arm", partial(prepare, minimal_sizes(tmp_path)))
        assert worker.run("arm")[1]["images/s"] > 0
