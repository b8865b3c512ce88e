"""The control groups of Linux that limit this process, which containers and batch systems set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux shows the limits of control groups."""
MEMBERSHIP = Path("/proc/self/cgroup")


def control_groups(controller: str) -> Iterator[tuple[Path, bool]]:
    """Yield the folder of each group that limits "memory" or "cpu" for this process, and of those around it.

    Each comes with whether it is of the first version, in which every controller has groups of its own.
    """
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = CGROUPS / controller if controllers else CGROUPS
        # A container sees its own group at the root, whatever its path is called outside.
        inner = root / path.strip("/")
        for folder in (inner, *inner.parents):
            if folder.is_relative_to(root):
                yield folder, bool(controllers)
