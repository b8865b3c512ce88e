"""How every figure looks: colours, type, headings, and the way to PNG."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, MUTED, FAINT = "#1f2430", "#646b78", "#d9dce2"
"""Text, secondary text, and lines that only guide the eye."""

NOISE = "#d4d4d4"
"""What belongs to no group."""

PALETTE = (
    "#2156ba", "#e8ba2d", "#760031", "#2eb998", "#baa3ff",
    "#864b00", "#0f89c4", "#452a78", "#959606", "#af5573",
)  # fmt: skip
"""Ten hues found by search: any two, and each and the noise's grey, are 0.12 apart in OKLab, also as people
see them who lack red or green cones (0.09 without blue ones). Further groups differ by marker and label."""

DARK_NOISE = "#4d535e"
DARK_PALETTE = (
    "#5e9dfe", "#da9302", "#c57a83", "#c9fee8", "#8f5fad",
    "#976609", "#2dd8fe", "#8c21fe", "#f0f504", "#fca2a7",
)  # fmt: skip
"""The same for a dark page: hues near the others', as far apart, and three times as bright as #161920."""

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")

WIDTH = 8.6
"""Inches of a figure that fills the report's column."""

_RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # it comes with matplotlib, so a figure is the same on every machine
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "legend.frameon": False,
    "image.interpolation": "nearest",
    "lines.linewidth": 1.8,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the project's style inside this context, whatever the user's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that many inches, laid out by constraints, on an Agg canvas of its own."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def heading(axes: Axes, title: str, above: float = 8) -> None:
    """Write `title` flush left, `above` points over the axes: its first line bold, the others muted below."""
    first, _, rest = title.partition("\n")
    lines = rest.count("\n") + 1 if rest else 0
    axes.set_title(first, loc="left", weight="bold", size=11.5, pad=above + 13 * lines)
    if rest:
        place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
        axes.annotate(rest, (0, 1), xytext=(0, above), color=MUTED, size=9, va="bottom", **place)


def bare(axes: Axes) -> None:
    """Take ticks and frame away: the coordinates mean nothing in themselves."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def hue(group: int) -> str:
    """Return the colour of a group; negative groups are noise."""
    return NOISE if group < 0 else PALETTE[group % len(PALETTE)]


def marker(group: int) -> str:
    """Return the marker of a group: a new shape each time the hues start again."""
    return MARKERS[max(group, 0) // len(PALETTE) % len(MARKERS)]


def shorten(text: str, most: int = 18) -> str:
    """Return `text` with at most `most` characters, an ellipsis at the end where some were cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def png(figure: Figure, dpi: int = 110) -> bytes:
    """Return the figure as a PNG file, its empty margins cut off; the same figure gives the same bytes."""
    buffer = BytesIO()
    with style():
        figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", pad_inches=0.12, metadata={"Software": None})
    return buffer.getvalue()
