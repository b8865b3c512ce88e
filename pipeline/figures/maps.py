"""Two-dimensional maps: a point or a thumbnail an image, the groups named where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.figures.pictures import Box, displayable, ink_colour, place, tinted
from pipeline.figures.style import (
    MUTED,
    NOISE,
    WIDTH,
    bare,
    heading,
    hue,
    marker,
    new_figure,
    shorten,
    style,
)

Points = NDArray[np.floating[Any]]
Groups = NDArray[np.integer[Any]]


def scatter(points: Points, groups: Groups, names: Mapping[int, str], title: str) -> Figure:
    """Draw the map (n, 2), each point in the colour of its group, each group named at its middle.

    `groups` (n,) are integers, −1 being noise in light grey; `names` says what a group is called, itself if
    absent. Beyond ten groups, hues come again with another marker.
    """
    with style():
        figure, axes = _canvas(points)
        _points(axes, points, groups, fade=1.0)
        _name_groups(axes, points, groups, names)
        heading(axes, title)
    return figure


def scatter_thumbnails(
    points: Points, images: NDArray[Any], groups: Groups, count: int, seed: int, title: str
) -> Figure:
    """Draw the map (n, 2) with about `count` of its images (n, h, w, c) on it, in the colour of their groups.

    Which ones is drawn by `seed`, spread over the map so that none overlaps another; how many found room is
    added to the title. Grey images become ink of the group's colour, colour images get a frame of it.
    """
    with style():
        figure, axes = _canvas(points)
        _points(axes, points, groups, fade=0.35)
        ratio = images.shape[2] / images.shape[1]
        frame = 0.7 if images.shape[3] == 1 else 1.5  # in colour images the frame alone tells the group
        rows, height = spread(points / np.array([ratio, 1.0]), count, seed)
        for row, picture in zip(rows, tinted(images[rows], groups[rows]), strict=True):
            place(axes, picture, _box(points[row], height * ratio, height), ink_colour(int(groups[row])), frame)
        heading(axes, f"{title} · {len(rows):,} of {len(points):,} images shown")
    return figure


def scatter_stepped(
    points: Points,
    groups: Groups,
    names: Sequence[str],
    title: str,
    images: NDArray[Any] | None = None,
    count: int = 200,
    seed: int = 0,
) -> Figure:
    """Draw the map (n, 2) in a rainbow of one step a group, with a colour bar whose names stand amid their steps.

    `groups` (n,) are integers from 0 on, `names` those of all groups; points of group −1 are left out. With `images`
    (n, h, w, c), about `count` of them lie on the map, framed in their colours.
    """
    known = groups >= 0
    points, groups = np.asarray(points)[known], np.asarray(groups)[known]
    steps = max(len(names), 1)
    colours, bounds = colormaps["rainbow"].resampled(steps), BoundaryNorm(np.arange(steps + 1) - 0.5, steps)
    with style():
        figure, axes = _canvas(points)
        look: Any = {"s": np.interp(np.log10(len(points)), (2, 5), (30, 1.5)), "linewidths": 0, "rasterized": True}
        drawn = axes.scatter(points[:, 0], points[:, 1], c=groups, cmap=colours, norm=bounds, **look)
        bar = figure.colorbar(drawn, ax=axes, ticks=np.arange(steps), fraction=0.04, pad=0.02)
        bar.set_ticklabels([shorten(name) for name in names])
        bar.outline.set_visible(False)
        bar.minorticks_off()
        if images is not None:
            pictures, ratio = np.asarray(images)[known], images.shape[2] / images.shape[1]
            rows, height = spread(points / np.array([ratio, 1.0]), count, seed)
            for row, picture in zip(rows, displayable(pictures[rows]), strict=True):
                edge = to_hex(colours(bounds(groups[row])))
                place(axes, picture, _box(points[row], height * ratio, height), edge, 1.5)
            title = f"{title} · {len(rows):,} of {len(points):,} images shown"
        heading(axes, title)
    return figure


def spread(points: Points, count: int, seed: int) -> tuple[NDArray[np.int64], float]:
    """Choose up to `count` points (n, 2), no two within a side of each other both ways; return rows and side.

    Points are taken in random order, each unless a taken one is in its way; the side starts at what would
    fill the whole rectangle and shrinks until `count` have room or it is a hundredth of the map.
    """
    order = np.random.default_rng(seed).permutation(len(points))[: max(20_000, count)]
    wide, high = np.maximum(np.ptp(points, axis=0), 1e-9)
    largest, smallest = max(wide, high) / 14, max(wide, high) / 100
    side = float(np.clip(np.sqrt(wide * high / max(count, 1)), smallest, largest))
    rows = _greedy(points, order, count, side)
    while len(rows) < min(count, len(order)) and side > smallest:
        side = max(side * 0.88, smallest)
        rows = _greedy(points, order, count, side)
    return rows, side


def _greedy(points: Points, order: NDArray[np.int64], count: int, side: float) -> NDArray[np.int64]:
    chosen: list[int] = []
    taken = np.empty((count, 2))
    for row in order:
        if len(chosen) == count:
            break
        if not (np.abs(taken[: len(chosen)] - points[row]).max(axis=1, initial=0) < side).any():
            taken[len(chosen)] = points[row]
            chosen.append(int(row))
    return np.array(chosen, np.int64)


def middle(points: Points) -> Points:
    """Return the median (2,) of a group's points (n, 2), or where the group is torn that of its densest part.

    The median of all, then again and again of the half that is nearest to it: it moves into a dense place.
    """
    found = np.median(points, axis=0)
    for _ in range(8):
        distance = np.linalg.norm(points - found, axis=1)
        found = np.median(points[distance <= np.median(distance)], axis=0)
    return np.asarray(found)


def apart(spots: Points, gap: float) -> Points:
    """Return the spots (k, 2), moved as little as it takes until hardly any two are nearer than `gap`."""
    moved = np.array(spots, np.float64)
    if len(moved) < 2 or gap <= 0:
        return moved
    moved += 1e-6 * gap * np.random.default_rng(0).standard_normal(moved.shape)  # equal spots need a direction
    for _ in range(60):
        ahead = moved[:, None] - moved[None]
        distance = np.linalg.norm(ahead, axis=2) + np.eye(len(moved)) * gap
        push = np.maximum(gap - distance, 0) / 2 / np.maximum(distance, 1e-12)
        moved += (ahead * push[..., None]).sum(axis=1)
    return moved


def _canvas(points: Points) -> tuple[Figure, Axes]:
    """An empty map in the points' own proportions, so that a step is as long across as it is up."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    figure = new_figure(WIDTH, float(np.clip(WIDTH * span[1] / span[0], 4.5, 9.5)) + 0.6)
    axes = figure.subplots()
    margin = 0.035 * span.max()
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_aspect("equal")
    bare(axes)
    return figure, axes


def _points(axes: Axes, points: Points, groups: Groups, fade: float) -> None:
    """One collection a marker, in a fixed random order: no group covers the others for being drawn last."""
    scale = np.log10(max(len(points), 1))
    size, alpha = np.interp(scale, (2, 5), (30, 1.5)), np.interp(scale, (2, 5), (0.85, 0.3)) * fade
    order = np.random.default_rng(0).permutation(len(points))
    noise = order[groups[order] < 0]
    look: Any = {"s": size, "alpha": alpha, "linewidths": 0, "rasterized": True}
    axes.scatter(points[noise, 0], points[noise, 1], c=NOISE, **look)
    shapes = np.array([marker(int(group)) for group in groups])
    for shape in dict.fromkeys(shapes[groups >= 0]):
        rows = order[(shapes[order] == shape) & (groups[order] >= 0)]
        colours = [hue(int(group)) for group in groups[rows]]
        axes.scatter(points[rows, 0], points[rows, 1], c=colours, marker=shape, **look)


def _name_groups(axes: Axes, points: Points, groups: Groups, names: Mapping[int, str]) -> None:
    """Write each group's name at its middle; noise has no place of its own and is named in the corner."""
    present = np.unique(groups)
    size = float(np.interp(len(present), (10, 60), (11, 6.5)))
    named = present[present >= 0]
    middles = np.array([middle(points[groups == group]) for group in named]).reshape(-1, 2)
    spots = apart(middles, 0.0035 * size * float(np.ptp(points, axis=0).max()))
    for group, (x, y) in zip(named, spots, strict=True):
        box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": hue(int(group)), "alpha": 0.9}
        words = shorten(names.get(int(group), str(group)))
        axes.text(x, y, words, size=size, weight="bold", ha="center", va="center", bbox=box, zorder=5)
    if (present < 0).any():
        words = f"{names.get(-1, 'noise')}: {int((groups < 0).sum()):,} of {len(groups):,}"
        handle = axes.scatter([], [], s=40, c=NOISE, label=words)
        axes.legend(handles=[handle], loc="lower right", labelcolor=MUTED, handletextpad=0.2)


def _box(centre: Points, width: float, height: float) -> Box:
    """The box around `centre`, a little smaller than its cell so that neighbours keep apart."""
    x, y = float(centre[0]), float(centre[1])
    return x - 0.47 * width, x + 0.47 * width, y - 0.47 * height, y + 0.47 * height
