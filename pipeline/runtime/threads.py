"""The number of threads of the numeric libraries, and how their idle threads wait.

The libraries read these variables when they are loaded, so they are set at the start of a process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

THREADS = "OMP_NUM_THREADS"
"""The variable that all libraries but TensorFlow and Numba read, and that launchers of parallel jobs set."""

OTHERS = ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
"""The variables of libraries with a number of their own, or that do not read `THREADS`."""

WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Idle threads of OpenMP sleep. Otherwise they spin while they wait, and take the cores from other processes."""

CGROUPS = Path("/sys/fs/cgroup")


def set_threads(threads: int | None = None) -> int:
    """Set the number of threads of all libraries that are not yet loaded, and return it.

    None keeps the variables that are set already, such as those of a launcher, and gives the others the number of cores
    that this process may use.
    """
    for name, value in WAITING.items():
        os.environ.setdefault(name, value)
    if threads is not None:
        os.environ[THREADS] = str(threads)
    os.environ.setdefault(THREADS, str(usable_cores()))
    for name in OTHERS:
        if threads is not None:
            os.environ[name] = str(threads)
        os.environ.setdefault(name, os.environ[THREADS])
    return thread_count()


def thread_count() -> int:
    """Return the number of threads that the libraries use: OMP_NUM_THREADS, or the cores that this process may use."""
    value = os.environ.get(THREADS, "").partition(",")[0]  # a list has a number for each level of nesting
    return int(value) if value.isdigit() and int(value) else usable_cores()


def usable_cores() -> int:
    """Return the number of cores that this process may use; `taskset` and the limits of a container lower it."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *_quotas()]))


def _quotas() -> Iterator[int]:
    """The cores, rounded up, that control groups of Linux allow, in the second and in the first version."""
    for quota_file, period_file in (
        ("cpu.max", "cpu.max"),
        ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"),
    ):
        try:
            quota = (CGROUPS / quota_file).read_text(encoding="ascii").split()[0]
            period = (CGROUPS / period_file).read_text(encoding="ascii").split()[-1]
        except (OSError, IndexError):
            continue
        if quota.isdigit() and period.isdigit() and int(period):
            yield -(-int(quota) // int(period))
