"""Two-dimensional maps: scatter plots of images as points or thumbnails, with the groups labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, to_hex
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.pages.figures.images import Box, draw_image, group_ink_colour, tint_images, to_rgb_images
from pipeline.pages.figures.style import (
    MUTED,
    NOISE,
    WIDTH,
    add_heading,
    figure_style,
    group_colour,
    group_marker,
    hide_axes,
    new_figure,
    shorten,
)

Points = NDArray[np.floating[Any]]
Groups = NDArray[np.integer[Any]]


def plot_map(points: Points, groups: Groups, names: Mapping[int, str], title: str) -> Figure:
    """Plot the map (n, 2) with points coloured by group and each group labelled at its densest part.

    `groups` (n,) are integers, −1 is noise in light grey. `names` maps groups to labels; the default label is the
    number. From the eleventh group on, colours repeat with another marker.
    """
    with figure_style():
        figure, axes = _empty_map(points)
        _scatter_points(axes, points, groups, fade=1.0)
        _label_groups(axes, points, groups, names)
        add_heading(axes, title)
    return figure


def plot_map_with_thumbnails(
    points: Points, images: NDArray[Any], groups: Groups, count: int, seed: int, title: str
) -> Figure:
    """Plot the map (n, 2) with up to `count` of its images (n, h, w, c) as thumbnails in the colours of their groups.

    Thumbnails are sampled with `seed` and do not overlap; their number is added to the title. The foreground of grey
    images has the colour of the group, and all thumbnails have a frame in that colour.
    """
    with figure_style():
        figure, axes = _empty_map(points)
        _scatter_points(axes, points, groups, fade=0.35)
        ratio = images.shape[2] / images.shape[1]
        frame = 0.7 if images.shape[3] == 1 else 1.5  # in colour images only the frame shows the group
        rows, height = choose_thumbnails(points / np.array([ratio, 1.0]), count, seed)
        for row, image in zip(rows, tint_images(images[rows], groups[rows]), strict=True):
            box = _thumbnail_box(points[row], height * ratio, height)
            draw_image(axes, image, box, group_ink_colour(int(groups[row])), frame)
        add_heading(axes, f"{title} · {len(rows):,} of {len(points):,} images shown")
    return figure


def plot_map_with_colour_bar(
    points: Points,
    groups: Groups,
    names: Sequence[str],
    title: str,
    images: NDArray[Any] | None = None,
    count: int = 200,
    seed: int = 0,
) -> Figure:
    """Plot the map (n, 2) in a rainbow colormap with one step per group, and a colour bar with the names of the groups.

    `groups` (n,) are indices into `names`; points with group −1 are omitted. If `images` (n, h, w, c) are given, up to
    `count` of them are drawn as thumbnails, sampled with `seed` and framed in the colours of their groups.
    """
    labelled = groups >= 0
    points, groups = np.asarray(points)[labelled], np.asarray(groups)[labelled]
    steps = max(len(names), 1)
    colours, bounds = colormaps["rainbow"].resampled(steps), BoundaryNorm(np.arange(steps + 1) - 0.5, steps)
    with figure_style():
        figure, axes = _empty_map(points)
        look: Any = {"s": np.interp(np.log10(len(points)), (2, 5), (30, 1.5)), "linewidths": 0, "rasterized": True}
        collection = axes.scatter(points[:, 0], points[:, 1], c=groups, cmap=colours, norm=bounds, **look)
        bar = figure.colorbar(collection, ax=axes, ticks=np.arange(steps), fraction=0.04, pad=0.02)
        bar.set_ticklabels([shorten(name) for name in names])
        bar.outline.set_visible(False)
        bar.minorticks_off()
        if images is not None:
            thumbnails, ratio = np.asarray(images)[labelled], images.shape[2] / images.shape[1]
            rows, height = choose_thumbnails(points / np.array([ratio, 1.0]), count, seed)
            for row, image in zip(rows, to_rgb_images(thumbnails[rows]), strict=True):
                edge = to_hex(colours(bounds(groups[row])))
                draw_image(axes, image, _thumbnail_box(points[row], height * ratio, height), edge, 1.5)
            title = f"{title} · {len(rows):,} of {len(points):,} images shown"
        add_heading(axes, title)
    return figure


def plot_maps(maps: Sequence[Points], groups: Sequence[Groups], titles: Sequence[str]) -> Figure:
    """Plot several maps (n, 2) of the same images in two columns, coloured by group (n,), grey if negative."""
    count = len(maps)
    columns = min(2, count)
    rows = -(-count // columns)
    with figure_style():
        figure = new_figure(WIDTH, (WIDTH / columns + 0.5) * rows)
        panels = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes, points, group, title in zip(panels, maps, groups, titles, strict=False):
            centred = points - (points.min(axis=0) + points.max(axis=0)) / 2
            half = max(float(np.abs(centred).max()), 1e-9)
            _scatter_points(axes, centred, group, fade=0.8)
            axes.set(xlim=(-1.05 * half, 1.05 * half), ylim=(-1.05 * half, 1.05 * half), aspect="equal")
            hide_axes(axes)
            add_heading(axes, title)
        for axes in panels[count:]:
            axes.remove()
    return figure


def choose_thumbnails(points: Points, count: int, seed: int) -> tuple[NDArray[np.int64], float]:
    """Choose up to `count` points (n, 2) around which squares do not overlap; return their rows and the side length.

    Points are visited in random order and chosen if their square overlaps no chosen one. The side starts at a length
    with which `count` squares would tile the bounding box, at most 1/14 of its longer side, and shrinks until `count`
    points are chosen or it is 1/100.
    """
    order = np.random.default_rng(seed).permutation(len(points))[: max(20_000, count)]
    width, height = np.maximum(np.ptp(points, axis=0), 1e-9)
    largest, smallest = max(width, height) / 14, max(width, height) / 100
    side = float(np.clip(np.sqrt(width * height / max(count, 1)), smallest, largest))
    rows = _choose_greedily(points, order, count, side)
    while len(rows) < min(count, len(order)) and side > smallest:
        side = max(side * 0.88, smallest)
        rows = _choose_greedily(points, order, count, side)
    return rows, side


def _choose_greedily(points: Points, order: NDArray[np.int64], count: int, side: float) -> NDArray[np.int64]:
    """Return the rows of up to `count` points in `order` whose squares of this side do not overlap."""
    chosen: list[int] = []
    centres = np.empty((count, 2))
    for row in order:
        if len(chosen) == count:
            break
        if not (np.abs(centres[: len(chosen)] - points[row]).max(axis=1, initial=0) < side).any():
            centres[len(chosen)] = points[row]
            chosen.append(int(row))
    return np.array(chosen, np.int64)


def densest_median(points: Points) -> Points:
    """Return a point (2,) in the densest part of a group's points (n, 2), which may lie in several parts.

    It is the median of all points, then eight times the median of the half of the points nearest to the last one.
    """
    centre = np.median(points, axis=0)
    for _ in range(8):
        distance = np.linalg.norm(points - centre, axis=1)
        centre = np.median(points[distance <= np.median(distance)], axis=0)
    return np.asarray(centre)


def push_apart(positions: Points, gap: float) -> Points:
    """Return the positions (k, 2), moved until nearly all pairs are at least `gap` apart."""
    moved = np.array(positions, np.float64)
    if len(moved) < 2 or gap <= 0:
        return moved
    moved += 1e-6 * gap * np.random.default_rng(0).standard_normal(moved.shape)  # equal positions need a direction
    for _ in range(60):
        offset = moved[:, None] - moved[None]
        distance = np.linalg.norm(offset, axis=2) + np.eye(len(moved)) * gap
        push = np.maximum(gap - distance, 0) / 2 / np.maximum(distance, 1e-12)
        moved += (offset * push[..., None]).sum(axis=1)
    return moved


def _empty_map(points: Points) -> tuple[Figure, Axes]:
    """Return a figure and axes with equal scales on both axes, sized to the bounding box of the points."""
    low, high = points.min(axis=0), points.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    figure = new_figure(WIDTH, float(np.clip(WIDTH * span[1] / span[0], 4.5, 9.5)) + 0.6)
    axes = figure.subplots()
    margin = 0.035 * span.max()
    axes.set_xlim(low[0] - margin, high[0] + margin)
    axes.set_ylim(low[1] - margin, high[1] + margin)
    axes.set_aspect("equal")
    hide_axes(axes)
    return figure, axes


def _scatter_points(axes: Axes, points: Points, groups: Groups, fade: float) -> None:
    """Plot the points with one collection per marker, in a fixed random order so that no group covers the others."""
    scale = np.log10(max(len(points), 1))
    size, alpha = np.interp(scale, (2, 5), (30, 1.5)), np.interp(scale, (2, 5), (0.85, 0.3)) * fade
    order = np.random.default_rng(0).permutation(len(points))
    noise = order[groups[order] < 0]
    look: Any = {"s": size, "alpha": alpha, "linewidths": 0, "rasterized": True}
    axes.scatter(points[noise, 0], points[noise, 1], c=NOISE, **look)
    shapes = np.array([group_marker(int(group)) for group in groups])
    for shape in dict.fromkeys(shapes[groups >= 0]):
        rows = order[(shapes[order] == shape) & (groups[order] >= 0)]
        colours = [group_colour(int(group)) for group in groups[rows]]
        axes.scatter(points[rows, 0], points[rows, 1], c=colours, marker=shape, **look)


def _label_groups(axes: Axes, points: Points, groups: Groups, names: Mapping[int, str]) -> None:
    """Write the name of each group near its densest part; noise is named in a legend."""
    present = np.unique(groups)
    size = float(np.interp(len(present), (10, 60), (11, 6.5)))
    clusters = present[present >= 0]
    centres = np.array([densest_median(points[groups == group]) for group in clusters]).reshape(-1, 2)
    positions = push_apart(centres, 0.0035 * size * float(np.ptp(points, axis=0).max()))
    for group, (x, y) in zip(clusters, positions, strict=True):
        box = {"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": group_colour(int(group)), "alpha": 0.9}
        name = shorten(names.get(int(group), str(group)))
        axes.text(x, y, name, size=size, weight="bold", ha="center", va="center", bbox=box, zorder=5)
    if (present < 0).any():
        label = f"{names.get(-1, 'noise')}: {int((groups < 0).sum()):,} of {len(groups):,}"
        handle = axes.scatter([], [], s=40, c=NOISE, label=label)
        axes.legend(handles=[handle], loc="lower right", labelcolor=MUTED, handletextpad=0.2)


def _thumbnail_box(centre: Points, width: float, height: float) -> Box:
    """Return the box around `centre`, slightly smaller than its cell to leave a gap between neighbours."""
    x, y = float(centre[0]), float(centre[1])
    return x - 0.47 * width, x + 0.47 * width, y - 0.47 * height, y + 0.47 * height
