"""The lines of jobs that run at the same time."""

import io

import pytest

from pipeline.cli import job
from pipeline.cli.console import Console
from pipeline.cli.job_console import JobConsole


class Terminal(io.StringIO):
    encoding = "utf-8"


@pytest.fixture
def stream():
    return Terminal()


def test_every_line_names_its_job(stream):
    console = JobConsole("job 2   ", stream)
    console.error("one\ntwo")
    console.warning("  note: [b] is no markup")
    console.stage_finished("cluster", 1.25, reused=False, peak_mib=300)
    lines = stream.getvalue().splitlines()
    assert lines[:3] == ["job 2   one", "job 2   two", "job 2     note: [b] is no markup"]
    assert lines[3].startswith("job 2   ✓ cluster        1.2 s")
    assert len(lines) == 4


def test_what_several_jobs_would_mix_is_left_out_but_logged(stream):
    logged = []
    console = JobConsole("job 2   ", stream)
    with console.stage("train", lambda metrics, step: logged.append((metrics, step))) as observer:
        observer.progress(1, 2, "epochs")
        observer.report_metrics(1, {"loss": 0.5})
        observer.note("kept")
    console.stage_finished("data", 0.0, reused=True, peak_mib=0)
    console.scores({"train/purity_score": 0.5, "k": 3})
    assert stream.getvalue() == "job 2     note: kept\n"
    assert logged == [({"train/loss": 0.5}, 1)]
    assert observer.notes == ["kept"]


@pytest.mark.parametrize(("process", "is_parallel"), [(None, False), ("own", False), ("another", True)])
def test_jobs_in_another_process_than_the_sweep_are_prefixed(monkeypatch, capsys, process, is_parallel):
    monkeypatch.setattr(job.os, "getpid", lambda: 5)
    monkeypatch.setenv("PIPELINE_SWEEP_KEYS", "cluster.k,cluster.estimator.max_iter")
    monkeypatch.delenv("PIPELINE_SWEEP_PROCESS", raising=False)
    if process:
        monkeypatch.setenv("PIPELINE_SWEEP_PROCESS", "5" if process == "own" else "4")
    console = job._announce(3, ["data=digits", "cluster.k=4", "+cluster.estimator.max_iter=9"])
    name = "cluster.k=4, +cluster.estimator.max_iter=9"
    assert type(console) is (JobConsole if is_parallel else Console)
    assert capsys.readouterr().out == (f"job 3   {name}\n" if is_parallel else f"\n— job 3: {name}\n")
