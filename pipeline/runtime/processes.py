"""Identify processes, so that another process can later see whether they still run."""

from __future__ import annotations

import os
import platform

import psutil

START_TOLERANCE = 10.0
"""Seconds; start times are relative to the boot time, which moves when the clock is set."""


def process_tag() -> str:
    """Return host:pid:start of this process; the start time in seconds distinguishes later processes with its pid."""
    return f"{platform.node()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def has_exited(tag: str) -> bool:
    """Return whether the process with this tag has exited; False for processes of other machines."""
    host, _, numbers = tag.partition(":")
    pid, _, started = numbers.partition(":")
    if host != platform.node() or not (pid.isdigit() and started.isdigit()):
        return False
    try:
        process = psutil.Process(int(pid))
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return is_zombie or abs(process.create_time() - int(started)) > START_TOLERANCE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:  # it belongs to somebody else, and may be a later one
        return False


def is_running(tag: str) -> bool:
    """Return whether the process with this tag runs on this machine; False for processes of other machines."""
    return tag.partition(":")[0] == platform.node() and not has_exited(tag)
