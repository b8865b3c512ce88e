"""Which process did something, told so that another can see later whether it still runs."""

from __future__ import annotations

import os
import platform

import psutil

# The start is the boot time plus ticks, and the boot time moves when the clock is set right.
TOLERANCE = 10.0


def own() -> str:
    """Name the running process: host:pid:start in seconds; the start tells it from a later one of the same pid."""
    return f"{platform.node()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def gone(process: str) -> bool:
    """Whether a process that `own` named runs no more; of another machine's process nothing is known."""
    host, _, numbers = process.partition(":")
    pid, _, started = numbers.partition(":")
    if host != platform.node() or not (pid.isdigit() and started.isdigit()):
        return False
    try:
        found = psutil.Process(int(pid))
        return found.status() == psutil.STATUS_ZOMBIE or abs(found.create_time() - int(started)) > TOLERANCE
    except psutil.NoSuchProcess:
        return True
