"""The number of threads of the numeric libraries, and how their idle threads wait.

The libraries read these variables when they are loaded, so they are set at the start of a process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from pipeline.runtime.control_groups import control_groups

THREADS = "OMP_NUM_THREADS"
"""The variable that all libraries but TensorFlow and Numba read, and that launchers of parallel jobs set."""

OTHERS = ("OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
"""The variables of libraries with a number of their own, or that do not read `THREADS`."""

WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Idle threads of OpenMP sleep. Otherwise they spin while they wait, and take the cores from other processes."""


def set_threads(threads: int | None = None) -> int:
    """Set the number of threads of all libraries that are not yet loaded, and return it.

    None keeps the variables that are set already, such as those of a launcher, and gives the others the number of cores
    that this process may use.
    """
    variables = (THREADS, *OTHERS)
    if threads is not None:
        os.environ |= dict.fromkeys(variables, str(threads))
    number = thread_count()
    for name, value in (WAITING | dict.fromkeys(variables, str(number))).items():
        os.environ.setdefault(name, value)
    return number


def thread_count() -> int:
    """Return the number of threads that the libraries use: OMP_NUM_THREADS, or the cores that this process may use."""
    value = os.environ.get(THREADS, "").partition(",")[0]  # a list has a number for each level of nesting
    return int(value) if value.isdigit() and int(value) else usable_cores()


def usable_cores() -> int:
    """Return the number of cores that this process may use; `taskset` and the limits of a container lower it."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *_quotas()]))


def _quotas() -> Iterator[int]:
    """The cores, rounded up, that the control groups of this process allow; a group without a quota is left out."""
    for folder, is_first_version in control_groups("cpu"):
        files = ("cpu.cfs_quota_us", "cpu.cfs_period_us") if is_first_version else ("cpu.max",)
        try:
            numbers = " ".join((folder / file).read_text(encoding="ascii") for file in files).split()
        except (OSError, ValueError):
            continue
        if len(numbers) == 2 and all(map(str.isdigit, numbers)) and int(numbers[1]):
            yield -(-int(numbers[0]) // int(numbers[1]))
