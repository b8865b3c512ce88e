"""Style of all figures: colours, isolation from matplotlib's global state, and PNG export."""

import ast
import warnings
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from pipeline.pages import figures
from pipeline.pages.figures.style import (
    DARK_NOISE,
    DARK_PALETTE,
    NOISE,
    PALETTE,
    add_heading,
    figure_style,
    group_colour,
    group_marker,
    missing_characters,
    new_figure,
    shorten,
)
from tests.pages.figures.helpers import axes_texts, single_axes


def empty_figure():
    with figure_style():
        figure = new_figure(3, 2)
        add_heading(figure.subplots(), "Title\nfirst\nsecond")
    return figure


def test_colour_and_marker_are_unique_for_eighty_groups():
    assert len({(group_colour(group), group_marker(group)) for group in range(80)}) == 80


@pytest.mark.parametrize("colours", [(*PALETTE, NOISE), (*DARK_PALETTE, DARK_NOISE)], ids=["light", "dark"])
def test_colours_are_distinct_for_colour_blind_people(colours):
    """Protanopia and deuteranopia after Machado, Oliveira and Fernandes 2009; distances in OKLab."""
    simulations = {
        "normal": np.eye(3),
        "protanopia": [
            [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998],
        ],
        "deuteranopia": [
            [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881],
        ],
    }  # fmt: skip
    to_lms = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
    to_lab = np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for name, simulation in simulations.items():
        lab = np.cbrt(np.clip(linear @ np.array(simulation).T, 0, 1) @ to_lms.T) @ to_lab.T
        distance = np.linalg.norm(lab[:, None] - lab[None], axis=2) + np.eye(len(lab))
        assert distance.min() > 0.12, name


def test_figures_do_not_change_matplotlib_settings():
    with mpl.rc_context({"font.size": 33.0, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        axes = single_axes(empty_figure())
        assert dict(mpl.rcParams) == before
        assert axes.get_facecolor() == (1, 1, 1, 1)


def test_no_figure_imports_pyplot():
    for path in Path(figures.__file__).parent.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        names = [alias.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
        assert not [name for name in names if "pyplot" in name], path.name


def test_heading_has_a_title_and_further_lines():
    axes = single_axes(empty_figure())
    assert axes.get_title(loc="left") == "Title"
    assert axes_texts(axes) == ["first\nsecond"]


def test_equal_figures_give_equal_png_files():
    first, again = (figures.figure_to_png(empty_figure(), 40) for _ in range(2))
    assert first == again
    with Image.open(BytesIO(first)) as image:
        assert image.format == "PNG"
        assert image.width > 100


def test_characters_that_the_font_lacks_are_drawn_without_a_warning():
    with figure_style():
        figure = new_figure(3, 2)
        add_heading(figure.subplots(), "é 中文")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert figures.figure_to_png(figure, 40)
    assert missing_characters(["é 中", "文中\n"]) == "中文"
    assert missing_characters(["Übung", ""]) == ""


def test_long_texts_are_shortened():
    assert shorten("12345", 5) == "12345"
    assert shorten("123456", 5) == "1234…"
