"""The number of threads: what the process may use, what launchers set, and what the configuration asks for."""

import os
import subprocess
import sys

import pytest

from pipeline.runtime import control_groups, threads
from tests.helpers import environment

VARIABLES = (threads.THREADS, *threads.OTHERS)


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in (*VARIABLES, *threads.WAITING):
        monkeypatch.setenv(name, "")  # restored after the test
        monkeypatch.delenv(name)


def test_the_default_is_the_number_of_cores_that_the_process_may_use():
    assert threads.set_threads() == threads.usable_cores()
    assert {os.environ[name] for name in VARIABLES} == {str(threads.usable_cores())}
    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"


def test_a_number_from_a_launcher_holds_for_all_libraries(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "1")
    assert threads.set_threads() == 3
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == "3"
    assert os.environ["NUMBA_NUM_THREADS"] == "1"


def test_the_configuration_overrides_the_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads.set_threads(5) == 5
    assert {os.environ[name] for name in VARIABLES} == {"5"}


@pytest.mark.parametrize(("value", "expected"), [("4,2", 4), ("0", None), ("all", None), ("", None)])
def test_odd_values_of_the_variable(value, expected, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert threads.thread_count() == (expected or threads.usable_cores())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "max 100000"}, 8),
        ({"cpu.max": "1000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
        ({"cpu.max": "damaged"}, 8),
        ({}, 8),
    ],
)
def test_the_limit_of_a_container_counts(files, expected, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    (tmp_path / "membership").write_text("1:cpu,cpuacct:/\n0::/\n")
    monkeypatch.setattr(control_groups, "CGROUPS", tmp_path)
    monkeypatch.setattr(control_groups, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(8), raising=False)
    assert threads.usable_cores() == expected


def test_the_libraries_use_the_number_of_threads(tmp_path):
    code = (
        "from pipeline.runtime.threads import set_threads; set_threads(1);"
        "import numpy, faiss, threadpoolctl, numba;"
        "print({pool['num_threads'] for pool in threadpoolctl.threadpool_info()}, faiss.omp_get_max_threads(), "
        "numba.config.NUMBA_NUM_THREADS)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(), cwd=tmp_path
    )
    assert done.stdout.split() == ["{1}", "1", "1"]
