"""The dendrogram: its lines, texts, images and colours."""

import numpy as np
import pytest

from pipeline.pages import figures
from pipeline.pages.figures.style import MUTED, PALETTE

LINKAGE = np.array([[1, 3, 1, 2], [0, 2, 2, 2], [4, 5, 4, 4]], np.float64)
POSITIONS = np.array([0, 2, 1, 3, 2.5, 0.5, 1.5])
NAMES = ["c0", "c1", "c2", "c3 a name that is far too long for a figure"]


def plot(groups, colours=(0, 1, 2, 1), tiles=None):
    return figures.plot_dendrogram(
        LINKAGE, POSITIONS, NAMES, tiles, np.array(groups), np.array(colours), "Title", "height"
    )


def line_colours(figure):
    return [line.get_color() for line in figure.axes[0].lines]


def test_each_merge_has_three_lines_at_its_height():
    figure = plot([0, 1, 2, 3])
    assert set(line_colours(figure)) == {MUTED}
    lines = [np.asarray(line.get_xydata()) for line in figure.axes[0].lines]
    assert len(lines) == 9
    bars = [line for line in lines if line[0, 0] == line[1, 0]]
    widths = np.array([bar[0, 0] for bar in bars])
    np.testing.assert_allclose(widths / widths[-1], LINKAGE[:, 2] / 4)
    assert [sorted(bar[:, 1]) for bar in bars] == [[2, 3], [0, 1], [0.5, 2.5]]


def test_lines_within_a_group_have_its_colour():
    colours = line_colours(plot([0, 1, 2, 1]))
    assert colours[:3] == [PALETTE[1]] * 3
    assert colours[3:6] == [PALETTE[0], PALETTE[2], MUTED]
    assert colours[6:] == [PALETTE[1], MUTED, MUTED]


@pytest.mark.parametrize("shape", [(3, 8, 8, 1), (2, 5, 20, 3)])
def test_images_stand_beside_the_names(shape):
    rng = np.random.default_rng(0)
    axes = plot([0, 1, 2, 3], tiles=[rng.random(shape, np.float32)] * 4).axes[0]
    assert len(axes.images) == 4 * shape[0]
    assert all(image.get_extent()[1] <= 0 for image in axes.images)
    assert any(text.get_text().endswith("…") for text in axes.texts)


def test_a_figure_of_one_merge_at_height_0_is_saved():
    figure = figures.plot_dendrogram(
        np.array([[0, 1, 0, 2]], float), np.array([0, 1, 0.5]), ["c0", "c1"], None, np.zeros(2, int), np.zeros(2, int),
        "Title", "height",
    )  # fmt: skip
    assert figures.figure_to_png(figure, dpi=30).startswith(b"\x89PNG")
