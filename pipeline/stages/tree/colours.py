"""Colours of the groups of a cut."""

from __future__ import annotations

import numpy as np

from pipeline.artifacts.base import Int
from pipeline.pages.figures.style import PALETTE


def group_colours(groups: Int) -> Int:
    """Return the number of each cluster's colour (k,) int32 in the palette; the clusters of a group share one.

    `groups` (k,) is the group of each cluster, the smallest number in it. A group has the colour that its largest
    cluster has in other pages, unless a larger group has it already and another colour is free.
    """
    colours, free = {}, set(range(len(PALETTE)))
    for group in np.unique(groups).tolist():
        preferred = group % len(PALETTE)
        colours[group] = preferred if preferred in free or not free else min(free)
        free.discard(colours[group])
    return np.array([colours[group] for group in groups.tolist()], np.int32)
