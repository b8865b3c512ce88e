"""Maps: colours, names of groups, noise, and thumbnails that do not overlap."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from pipeline.pages import figures
from pipeline.pages.figures.maps import choose_thumbnails, densest_median, push_apart
from pipeline.pages.figures.style import NOISE, PALETTE
from tests.pages.figures.helpers import axes_texts, legend_texts, random_images, random_points, single_axes


def plotted_counts(axes):
    return [len(collection.get_offsets()) for collection in axes.collections if len(collection.get_offsets())]


def test_every_point_is_plotted_once_and_every_group_is_named():
    groups = np.arange(60) % 3 - 1
    axes = single_axes(figures.plot_map(random_points(60), groups, {0: "zero"}, "Map"))
    assert sum(plotted_counts(axes)) == 60
    assert axes_texts(axes) == ["zero", "1"]
    assert legend_texts(axes) == ["noise: 20 of 60"]


def test_noise_is_grey_and_groups_have_colours_of_the_palette():
    groups = np.array([-1, -1, 0, 1])
    axes = single_axes(figures.plot_map(random_points(4), groups, {-1: "unlabelled"}, "Map"))
    noise, points = axes.collections[:2]
    np.testing.assert_allclose(noise.get_facecolor()[:, :3], [to_rgb(NOISE)], atol=1e-9)
    colours = {tuple(colour) for colour in points.get_facecolor()[:, :3].round(6).tolist()}
    assert colours == {tuple(np.round(to_rgb(PALETTE[group]), 6)) for group in (0, 1)}
    assert legend_texts(axes) == ["unlabelled: 2 of 4"]


def test_there_is_no_legend_without_noise():
    assert single_axes(figures.plot_map(random_points(9), np.arange(9) % 2, {}, "Map")).get_legend() is None


def test_each_repetition_of_the_palette_has_another_marker():
    axes = single_axes(figures.plot_map(random_points(100), np.arange(100) % 25, {}, "Map"))
    assert sorted(plotted_counts(axes)) == [20, 40, 40]
    assert len(axes.texts) == 25


def test_identical_points_can_be_plotted():
    figures.figure_to_png(figures.plot_map(np.zeros((5, 2), np.float32), np.zeros(5, int), {}, "Map"), 30)


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 1), (6, 10, 3)])
def test_thumbnails_do_not_overlap(height, width, channels):
    images, groups = random_images(400, height, width, channels), np.arange(400) % 4 - 1
    axes = single_axes(figures.plot_map_with_thumbnails(random_points(400), images, groups, 40, 0, "Map"))
    assert len(axes.images) == 40
    assert axes.get_title(loc="left") == "Map · 40 of 400 images shown"
    left, right, bottom, top = np.array([image.get_extent() for image in axes.images]).T
    are_apart_x = (left[:, None] >= right) | (right[:, None] <= left)
    are_apart_y = (bottom[:, None] >= top) | (top[:, None] <= bottom)
    assert (are_apart_x | are_apart_y | np.eye(40, dtype=bool)).all()
    np.testing.assert_allclose((right - left) / (top - bottom), width / height, rtol=1e-3)


def test_the_choice_of_thumbnails_depends_on_the_seed():
    first, again, other = (choose_thumbnails(random_points(300), 30, seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 30


def test_thumbnails_without_space_are_omitted():
    rows, side = choose_thumbnails(np.zeros((50, 2)), 10, 0)
    assert len(rows) == 1
    assert side > 0


def test_the_colour_bar_has_one_named_step_per_group_and_unlabelled_points_are_omitted():
    groups = np.arange(60) % 10
    groups[:5] = -1
    figure = figures.plot_map_with_colour_bar(random_points(60), groups, list("abcdefghij"), "Map\nn = 60")
    axes, bar = figure.axes
    assert plotted_counts(axes) == [55]
    assert [label.get_text() for label in bar.get_yticklabels()] == list("abcdefghij")
    assert list(bar.get_yticks()) == list(range(10))
    assert bar.get_ylim() == (-0.5, 9.5)
    colours = axes.collections[0].cmap(axes.collections[0].norm(np.arange(10)))
    assert len({tuple(colour) for colour in colours}) == 10


def test_thumbnails_on_the_map_with_a_colour_bar():
    images, groups = random_images(60, 5, 7), np.arange(60) % 3
    figure = figures.plot_map_with_colour_bar(random_points(60), groups, list("abc"), "Map\nn", images, 20)
    assert len(figure.axes[0].images) == 20


def test_labels_of_near_groups_are_pushed_apart():
    positions = push_apart(np.array([[0.0, 0], [0.1, 0], [0.1, 0], [9, 9]]), 1.0)
    distance = np.linalg.norm(positions[:, None] - positions[None], axis=2) + 9 * np.eye(4)
    assert distance.min() > 0.9
    np.testing.assert_allclose(positions[3], [9, 9], atol=1e-4)


def test_a_split_group_is_labelled_in_its_larger_part():
    split = np.concatenate([random_points(60), random_points(41, 1) + 100]).astype(np.float32)
    assert np.linalg.norm(densest_median(split)) < 2
    np.testing.assert_array_equal(densest_median(random_points(1)), random_points(1)[0])
