"""Eight processes at once on a fresh database: what is the same is computed once, and nothing is lost."""

import subprocess
import sys
from collections import Counter

import pytest

from pipeline.config import Tracking
from pipeline.tracking import Store
from tests.helpers import environment

PROCESSES = 8


def together(outputs, names, count):
    """Start a process a name at once; return what they said."""
    ours = environment() | {"PIPELINE_OUTPUTS": str(outputs)}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.workers", str(outputs), name, str(count)],
            env=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    answers = [process.communicate(timeout=400) for process in started]
    for process, (_, errors) in zip(started, answers, strict=True):
        assert process.returncode == 0, errors
        assert errors == ""
    return Counter(line.split()[0] for said, _ in answers for line in said.splitlines() if "-" in line)


def statuses(outputs, kind):
    store = Store(Tracking(), outputs)
    found = store.client.search_runs([store.experiment_id], f"tags.`pipeline.kind` = '{kind}'", max_results=1000)
    return Counter(run.info.status for run in found)


@pytest.mark.parametrize(
    "same",
    [pytest.param(True, id="the same run"), pytest.param(False, id="runs of their own", marks=pytest.mark.long)],
)
def test_eight_processes_at_once_on_a_fresh_database(tmp_path, same):
    names = ["same"] * PROCESSES if same else [f"own{place}" for place in range(PROCESSES)]
    count = 3
    said = together(tmp_path, names, count)
    stages = count if same else PROCESSES * count
    assert said == Counter(computed=stages, reused=PROCESSES * count - stages)
    assert statuses(tmp_path, "execution") == Counter(FINISHED=PROCESSES * count)
    assert statuses(tmp_path, "stage") == Counter(FINISHED=stages)
