"""Figures: what is on them, for grey and colour images, noise, torn groups and more groups than hues."""

import ast
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from pipeline import figures
from pipeline.figures.contingency import column_order
from pipeline.figures.maps import apart, middle, spread
from pipeline.figures.pictures import displayable, tinted
from pipeline.figures.style import DARK_NOISE, DARK_PALETTE, NOISE, PALETTE, hue, marker

EPOCH = {"loss": 0.1, "val_loss": 0.2}


def batch(n, height=6, width=6, channels=1, dtype=np.float32):
    values = np.random.default_rng(0).random((n, height, width, channels))
    return (values * 255).astype(np.uint8) if dtype == np.uint8 else values.astype(dtype)


def cloud(n, seed=0):
    return np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)


def only(figure):
    """The one set of axes of a figure."""
    assert isinstance(figure, Figure)
    assert len(figure.axes) == 1
    return figure.axes[0]


def words(axes):
    return [text.get_text() for text in axes.texts]


# Curves


@pytest.mark.parametrize("epochs", [1, 2, 60])
def test_loss_curves_count_epochs_from_one(epochs):
    axes = only(figures.loss_curves([EPOCH] * epochs, "Loss\nk = 3"))
    assert [list(line.get_xdata()) for line in axes.lines] == [list(range(1, epochs + 1))] * 2
    assert axes.get_title(loc="left") == "Loss"
    assert words(axes) == ["k = 3"]


def test_other_metrics_get_a_second_panel():
    figure = figures.loss_curves([EPOCH | {"mae": 0.3, "val_mae": 0.4, "ssim": 0.5}] * 3)
    assert [len(axes.lines) for axes in figure.axes] == [2, 3]


def test_loss_curves_need_an_epoch():
    with pytest.raises(ValueError, match="history is empty"):
        figures.loss_curves([])


ROUND = {"kl": 0.2, "changed": 0.01}


@pytest.mark.parametrize("rounds", [1, 2, 60])
def test_refinement_curves_have_a_panel_a_measure_over_steps(rounds):
    history = [{"step": 140.0 * (place + 1), **ROUND} for place in range(rounds)]
    figure = figures.refinement_curves(history, "Refinement\nk = 3")
    assert [list(axes.lines[0].get_xdata()) for axes in figure.axes] == [[row["step"] for row in history]] * 2
    assert [words(axes) for axes in figure.axes] == [["k = 3"], []]
    kept = figures.refinement_curves([row | {"reconstruction": 0.02} for row in history])
    assert [axes.get_title(loc="left") for axes in kept.axes][1] == "Squared error"


def test_refinement_curves_need_a_refinement():
    with pytest.raises(ValueError, match="history is empty"):
        figures.refinement_curves([])


@pytest.mark.parametrize("held", [0, 7])
def test_confidence_shows_each_part_as_shares_of_its_own(held):
    axes = only(figures.confidence(np.full(50, 0.95, np.float32), np.full(held, 0.05, np.float32)))
    assert sum(bar.get_height() for bar in axes.containers[0]) == pytest.approx(1)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["fitted"] + ["held out"] * (held > 0)


# Tiles


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 9, 3), (9, 4, 1)])
def test_reconstructions_lie_below_their_originals(shape):
    originals = batch(4, *shape)
    axes = only(figures.reconstructions(originals, 1 - originals))
    assert len(axes.images) == 8
    np.testing.assert_allclose(axes.images[1].get_array(), displayable(originals)[1], atol=1e-6)
    left, _, bottom, top = np.array([image.get_extent() for image in axes.images]).T
    assert (left[:4] == left[4:]).all()
    assert (bottom[:4] <= top[4:]).all()


def test_reconstructions_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        figures.reconstructions(batch(2, 4, 4), batch(2, 5, 5))


@pytest.mark.parametrize("k", [1, 10, 23])
def test_each_centre_has_its_title(k):
    axes = only(figures.centres(batch(k), [f"c{i}\nmany" for i in range(k)]))
    assert len(axes.images) == k
    assert words(axes) == [f"c{i}\nmany" for i in range(k)]


@pytest.mark.parametrize("channels", [1, 3])
def test_examples_take_clusters_of_any_size(channels):
    typical = [np.arange(3), np.array([5])]
    untypical = [np.array([8, 9]), np.array([], int)]
    decoded = batch(2, channels=channels)
    axes = only(figures.examples(batch(10, channels=channels), typical, untypical, ["big", "one"], decoded))
    assert len(axes.images) == 6 + 2
    assert {"big", "one", "centre", "← most typical", "least typical →"} <= set(words(axes))
    without = only(figures.examples(batch(10, channels=channels), typical, untypical, ["big", "one"]))
    assert len(without.images) == 6


# Maps


def test_every_point_is_drawn_once_and_every_group_named():
    groups = np.arange(60) % 3 - 1
    axes = only(figures.scatter(cloud(60), groups, {0: "zero"}, "Map"))
    assert sum(len(points.get_offsets()) for points in axes.collections) == 60 + 0
    assert words(axes) == ["zero", "1"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["noise: 20 of 60"]


def test_noise_is_grey_and_groups_have_their_hues():
    groups = np.array([-1, -1, 0, 1])
    axes = only(figures.scatter(cloud(4), groups, {-1: "unlabelled"}, "Map"))
    noise, points = axes.collections[:2]
    np.testing.assert_allclose(noise.get_facecolor()[:, :3], [to_rgb(NOISE)], atol=1e-9)
    drawn = {tuple(colour) for colour in points.get_facecolor()[:, :3].round(6).tolist()}
    assert drawn == {tuple(np.round(to_rgb(PALETTE[group]), 6)) for group in (0, 1)}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["unlabelled: 2 of 4"]


def test_without_noise_there_is_no_legend():
    assert only(figures.scatter(cloud(9), np.arange(9) % 2, {}, "Map")).get_legend() is None


def test_beyond_ten_groups_hue_and_marker_tell_them_apart():
    groups = np.arange(25)
    assert len({(hue(group), marker(group)) for group in groups}) == 25
    axes = only(figures.scatter(cloud(100), np.arange(100) % 25, {}, "Map"))
    assert sorted(len(points.get_offsets()) for points in axes.collections if len(points.get_offsets())) == [20, 40, 40]
    assert len(axes.texts) == 25


def test_a_map_without_extent_can_be_drawn():
    figures.png(figures.scatter(np.zeros((5, 2), np.float32), np.zeros(5, int), {}, "Map"), 30)


@pytest.mark.parametrize(("height", "width", "channels"), [(8, 8, 1), (6, 10, 3)])
def test_thumbnails_do_not_overlap(height, width, channels):
    axes = only(
        figures.scatter_thumbnails(
            cloud(400), batch(400, height, width, channels), np.arange(400) % 4 - 1, 40, 0, "Map"
        )
    )
    assert len(axes.images) == 40
    assert axes.get_title(loc="left") == "Map · 40 of 400 images shown"
    left, right, bottom, top = np.array([image.get_extent() for image in axes.images]).T
    apart_x = (left[:, None] >= right) | (right[:, None] <= left)
    apart_y = (bottom[:, None] >= top) | (top[:, None] <= bottom)
    assert (apart_x | apart_y | np.eye(40, dtype=bool)).all()
    np.testing.assert_allclose((right - left) / (top - bottom), width / height, rtol=1e-3)


def test_which_thumbnails_follows_the_seed():
    first, again, other = (spread(cloud(300), 30, seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) == 30


def test_thumbnails_without_room_are_left_out():
    rows, side = spread(np.zeros((50, 2)), 10, 0)
    assert len(rows) == 1
    assert side > 0


def test_names_of_near_groups_are_pushed_apart():
    spots = apart(np.array([[0.0, 0], [0.1, 0], [0.1, 0], [9, 9]]), 1.0)
    distance = np.linalg.norm(spots[:, None] - spots[None], axis=2) + 9 * np.eye(4)
    assert distance.min() > 0.9
    np.testing.assert_allclose(spots[3], [9, 9], atol=1e-4)


def test_a_torn_group_is_named_in_its_larger_part():
    torn = np.concatenate([cloud(60), cloud(41, 1) + 100]).astype(np.float32)
    assert np.linalg.norm(middle(torn)) < 2
    assert len(middle(cloud(1))) == 2


# Contingency


COUNTS = np.array([[0, 9, 1, 5], [8, 0, 7, 5]])


def test_columns_are_ordered_by_majority_and_noise_stays_last():
    assert column_order(COUNTS, noise=True).tolist() == [1, 0, 2, 3]
    axes = figures.contingency(COUNTS, ["a", "b"], ["c0", "c1", "c2", "noise"], noise=True).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["c1", "c0", "c2", "noise"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    np.testing.assert_allclose(axes.images[0].get_array()[:, 0], [1, 0])
    assert sorted(words(axes)) == sorted(["9", "1", "5", "8", "7", "5"])


def test_only_noise_can_be_drawn():
    axes = figures.contingency(np.array([[3], [4]]), ["a", "b"], ["noise"], noise=True).axes[0]
    assert words(axes) == ["3", "4"]


@pytest.mark.parametrize(("clusters", "written"), [(20, 60), (21, 0)])
def test_counts_are_written_up_to_twenty_columns(clusters, written):
    counts = np.ones((3, clusters), int)
    axes = figures.contingency(counts, list("abc"), [str(i) for i in range(clusters)]).axes[0]
    assert len(axes.texts) == written


# Pictures and style


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_any_image_can_be_displayed(channels, dtype):
    shown = displayable(batch(3, channels=channels, dtype=dtype))
    assert shown.shape == (3, 6, 6, 3)
    assert shown.dtype == np.float32
    assert 0 <= shown.min() < shown.max() <= 1


def test_ink_is_what_differs_from_the_border():
    light = np.zeros((1, 5, 5, 1), np.float32)
    light[0, 2, 2] = 1
    for image in (light, 1 - light):
        drawn = tinted(image, np.array([0]))[0]
        np.testing.assert_allclose(drawn[2, 2], to_rgb(PALETTE[0]), atol=1e-6)
        np.testing.assert_allclose(drawn[0, 0], 1)


@pytest.mark.parametrize("hues", [(*PALETTE, NOISE), (*DARK_PALETTE, DARK_NOISE)], ids=["light", "dark"])
def test_colours_stay_apart_for_colour_blind_people(hues):
    """Machado, Oliveira and Fernandes 2009 for people without red or green cones; distances in OKLab."""
    kinds = {
        "all": np.eye(3),
        "red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    }
    cones = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
    lab = np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])
    colours = np.array([to_rgb(colour) for colour in hues])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    for kind, seen in kinds.items():
        places = np.cbrt(np.clip(linear @ np.array(seen).T, 0, 1) @ cones.T) @ lab.T
        distance = np.linalg.norm(places[:, None] - places[None], axis=2) + np.eye(len(places))
        assert distance.min() > 0.12, kind


def test_figures_leave_matplotlib_as_it_was():
    with mpl.rc_context({"font.size": 33.0, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        axes = only(figures.loss_curves([EPOCH]))
        assert dict(mpl.rcParams) == before
        assert axes.get_facecolor() == (1, 1, 1, 1)


def test_no_figure_needs_pyplot():
    for path in Path(figures.__file__).parent.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        names = [alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
        assert not [name for name in names if "pyplot" in name], path.name


def test_a_figure_gives_the_same_png_again():
    first, again = (figures.png(figures.loss_curves([EPOCH] * 3), 40) for _ in range(2))
    assert first == again
    with Image.open(BytesIO(first)) as image:
        assert image.format == "PNG"
        assert image.width > 100
