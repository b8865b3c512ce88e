"""Style of all figures: colours, markers, fonts, headings, and PNG export."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, MUTED, FAINT = "#1f2430", "#646b78", "#d9dce2"
"""Colours of text, secondary text, and guide lines."""

NOISE = "#d4d4d4"
"""Colour of points that belong to no group."""

PALETTE = (
    "#2156ba", "#e8ba2d", "#760031", "#2eb998", "#baa3ff",
    "#864b00", "#0f89c4", "#452a78", "#959606", "#af5573",
)  # fmt: skip
"""Ten group colours on white, found by a search.

Any two of them, and each of them and `NOISE`, are at least 0.12 apart in OKLab, also for people with protanopia or
deuteranopia (0.09 with tritanopia). From the eleventh group on, colours repeat with another marker.
"""

DARK_NOISE = "#4d535e"
DARK_PALETTE = (
    "#5e9dfe", "#da9302", "#c57a83", "#c9fee8", "#8f5fad",
    "#976609", "#2dd8fe", "#8c21fe", "#f0f504", "#fca2a7",
)  # fmt: skip
"""The group colours on a dark page: similar hues, equally far apart, contrast of at least 3 to #161920."""

MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")

WIDTH = 8.6
"""Width in inches of a figure that fills the column of the report."""

FONT = "DejaVu Sans"  # bundled with matplotlib, so figures are the same on every machine

_RC_PARAMS: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": [FONT],
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
def figure_style() -> Iterator[None]:
    """Apply the project's style within this context, independent of the user's matplotlibrc."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC_PARAMS)
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of `width` × `height` inches with constrained layout and an Agg canvas."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def add_heading(axes: Axes, title: str, above: float = 8) -> None:
    """Set a left-aligned heading `above` points over the axes: first line bold, further lines smaller and muted."""
    first, _, rest = title.partition("\n")
    lines = rest.count("\n") + 1 if rest else 0
    axes.set_title(first, loc="left", weight="bold", size=11.5, pad=above + 13 * lines)
    if rest:
        axes.annotate(rest, (0, 1), xytext=(0, above), xycoords="axes fraction", textcoords="offset points",
                      annotation_clip=False, color=MUTED, size=9, va="bottom")  # fmt: skip


def hide_axes(axes: Axes) -> None:
    """Remove ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)


def group_colour(group: int) -> str:
    """Return the colour of a group; a negative group is noise."""
    return NOISE if group < 0 else PALETTE[group % len(PALETTE)]


def group_marker(group: int) -> str:
    """Return the marker of a group, which changes each time the colours repeat."""
    return MARKERS[max(group, 0) // len(PALETTE) % len(MARKERS)]


def shorten(text: str, max_length: int = 18) -> str:
    """Return `text`, truncated to `max_length` characters with an ellipsis at the end."""
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def missing_characters(texts: Iterable[str]) -> str:
    """Return the characters of the texts that the font of all figures lacks, sorted; figures show boxes for them."""
    from matplotlib.font_manager import findfont, get_font

    glyphs = get_font(findfont(FONT)).get_charmap()
    characters = {character for text in texts for character in text if character.isprintable()}
    return "".join(sorted(character for character in characters if ord(character) not in glyphs))


def figure_to_png(figure: Figure, dpi: int = 110) -> bytes:
    """Return the bytes of a PNG file, with empty margins cropped; equal figures give equal bytes."""
    buffer = BytesIO()
    with figure_style(), warnings.catch_warnings():
        # One warning per figure and character; `missing_characters` finds all of them.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        figure.savefig(buffer, format="png", dpi=dpi, bbox_inches="tight", pad_inches=0.12, metadata={"Software": None})
    return buffer.getvalue()
