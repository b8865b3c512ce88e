"""The memory that this process can still take, within the limit of its container."""

from __future__ import annotations

from collections.abc import Iterator

import psutil

from pipeline.runtime.control_groups import control_groups

V2 = ("memory.max", "memory.current", "inactive_file")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
"""The files of a group with its limit and its use, and the key of the files in memory that can be dropped."""


def available_memory() -> int:
    """Return the bytes of memory that are free for this process: of the machine, and of each control group it is in."""
    return min([psutil.virtual_memory().available, *_free_of_groups()])


def _free_of_groups() -> Iterator[int]:
    """What is free of each limit; a group without a limit, and what cannot be read, is left out."""
    for folder, is_first_version in control_groups("memory"):
        limit_file, use_file, droppable_key = V1 if is_first_version else V2
        try:
            limit = int((folder / limit_file).read_text())
            use = int((folder / use_file).read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # "max" is no limit
            continue
        yield max(0, limit - use + int(statistics.get(droppable_key, 0)))
