"""Eight processes on a new database at once: equal results are computed once, and none is lost."""

import subprocess
import sys
from collections import Counter

import pytest

from pipeline.config import Tracking
from pipeline.tracking import Store
from tests.helpers import environment

PROCESSES, FEW_PROCESSES, RUNS = 8, 3, 2


def run_workers(outputs, names):
    """Start a worker for each name at once; return how many results were computed and reused."""
    variables = environment() | {"PIPELINE_OUTPUTS": str(outputs)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workers", str(outputs), name, str(RUNS)],
            env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    printed = [worker.communicate(timeout=400) for worker in workers]
    for worker, (_, errors) in zip(workers, printed, strict=True):
        assert worker.returncode == 0, errors
        assert errors == ""
    return Counter(line.split()[0] for text, _ in printed for line in text.splitlines() if "-" in line)


def count_statuses(outputs, kind):
    store = Store(Tracking(), outputs)
    runs = store.client.search_runs([store.experiment_id], f"tags.`pipeline.kind` = '{kind}'", max_results=1000)
    return Counter(run.info.status for run in runs)


@pytest.mark.parametrize(
    ("names", "computed"),
    [
        pytest.param(["equal"] * FEW_PROCESSES, RUNS, id="equal runs, few processes", marks=pytest.mark.slow),
        pytest.param(["equal"] * PROCESSES, RUNS, id="equal runs", marks=pytest.mark.long),
        pytest.param(
            [f"run{index}" for index in range(PROCESSES)], PROCESSES * RUNS, id="different runs", marks=pytest.mark.long
        ),
    ],
)
def test_several_processes_compute_each_result_once(tmp_path, names, computed):
    runs = len(names) * RUNS
    assert run_workers(tmp_path, names) == Counter(computed=computed, reused=runs - computed)
    assert count_statuses(tmp_path, "execution") == Counter(FINISHED=runs)
    assert count_statuses(tmp_path, "stage") == Counter(FINISHED=computed)
