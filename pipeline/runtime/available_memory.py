"""The memory that this process can still take, within the limit of its container."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux shows the limits of control groups, which containers and batch systems set."""
MEMBERSHIP = Path("/proc/self/cgroup")

V2 = ("memory.max", "memory.current", "inactive_file")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
"""The files of a group with its limit and its use, and the key of the files in memory that can be dropped."""


def available_memory() -> int:
    """Return the bytes of memory that are free for this process: of the machine, and of each control group it is in."""
    return min([psutil.virtual_memory().available, *_free_of_groups()])


def _free_of_groups() -> Iterator[int]:
    """What is free of each limit; a group without a limit, and what cannot be read, is left out."""
    for folder, (limit_file, use_file, droppable_key) in _groups():
        try:
            limit = int((folder / limit_file).read_text())
            use = int((folder / use_file).read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # "max" is no limit
            continue
        yield max(0, limit - use + int(statistics.get(droppable_key, 0)))


def _groups() -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The folder of each group that this process is in, and of those around it, with the names of their files."""
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root, files = (CGROUPS / "memory", V1) if controllers else (CGROUPS, V2)
        # A container sees its own group at the root, whatever its path is called outside.
        inner = root / path.strip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(root):
                yield folder, files
