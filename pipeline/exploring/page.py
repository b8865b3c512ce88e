"""From facts and image files to one self-contained page.

The map is drawn by the page's own few hundred lines, on a plain canvas, point by point into its pixels. Bokeh 3.9 was
tried first: for 60,000 points on a machine without a graphics card it took 0.5 s a frame on its canvas and 1.7 s
with WebGL, against a few hundredths here, and it knows no keyboard.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from pipeline import misfits
from pipeline.artifacts.base import Int
from pipeline.exploring.facts import Facts
from pipeline.figures.maps import middle
from pipeline.figures.style import DARK_NOISE, DARK_PALETTE, NOISE, PALETTE
from pipeline.templates import environment

FOLDER = Path(__file__).parent
TEMPLATE, STYLE, THEME = "explorer.html.j2", "explorer.css", "js/theme.js"
SCRIPTS = (
    "js/data.js", "js/dom.js", "js/state.js", "js/colours.js", "js/view.js", "js/grid.js", "js/raster.js",
    "js/overlay.js", "js/tiles.js", "js/clusters.js", "js/image.js", "js/selection.js", "js/lists.js", "js/map.js",
    "js/keys.js", "js/main.js",
)  # fmt: skip
"""In this order they become one script; each defines what the next ones use."""

SHEET = 2000
"""Images in one block of text: the browser reads only the blocks that it shows."""


def page(facts: Facts, files: Sequence[bytes], media: str, neighbours: int, note: str) -> str:
    """Return the explorer as HTML that loads nothing; `files` (n) are the images in the format `media`.

    Each image is text of its own, so that showing one decodes one. They stand behind the script: the map is drawn
    before they are read.
    """
    style, theme, script = _read(STYLE), _script(THEME), _script(*SCRIPTS)
    texts = [b64encode(file).decode() for file in files]
    template = environment(FOLDER).get_template(TEMPLATE)
    return template.render(
        facts=facts,
        note=note,
        policy={"style": _named(style), "theme": _named(theme), "script": _named(script)},
        style=Markup(style),
        theme=Markup(theme),
        script=Markup(script),
        known=_json(_known(facts, texts, media, neighbours)),
        sheets=("".join(texts[start : start + SHEET]) for start in range(0, len(texts), SHEET)),
    )


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _script(*names: str) -> str:
    """The scripts as one, whose names are its own."""
    return "(() => {\n'use strict';\n" + "\n".join(map(_read, names)) + "\n})();\n"


def _named(text: str) -> str:
    """The name by which the page's content security policy allows exactly this text."""
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> Markup:
    """JSON that cannot end the script element that it stands in."""
    return Markup(json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"))


def _known(facts: Facts, texts: Sequence[str], media: str, neighbours: int) -> dict[str, Any]:
    """Everything that the script knows, the images themselves apart."""
    k, known = facts.clustering.k, facts.labels.known
    usual = misfits.majority(facts.clusters, facts.truth)
    near = facts.neighbours[:, :neighbours]
    arrays = {
        "x": facts.points[:, 0],
        "y": facts.points[:, 1],
        "cluster": facts.clusters,
        "label": facts.truth,
        "confidence": facts.confidence,
        "misfit": facts.misfit,
        "rival": facts.rival,
        "outlier": facts.outlier,
        "neighbours": near.astype(np.uint16 if facts.n <= 2**16 else np.int32),
        "lengths": np.array([len(text) for text in texts], np.int32),
    }
    if not np.array_equal(facts.rows, np.arange(facts.n)):
        arrays["row"] = facts.rows
    if known:
        arrays["surprise"] = misfits.surprise(facts.clusters, facts.truth).astype(np.uint8)
    return {
        "name": facts.images.name,
        "shape": list(facts.images.shape),
        "media": media,
        "sheet": SHEET,
        "k": k,
        "all_neighbours": facts.graph.k,
        "labels": [facts.label_name(label) for label in range(int(facts.truth.max()) + 1)] if known else [],
        "majority": [facts.label_name(int(label)) for label in usual] if known else [],
        "files": facts.files,
        "spots": {
            "cluster": list(_spots(facts, facts.clusters, "c{}".format)),
            "label": list(_spots(facts, facts.truth, facts.label_name)) if known else [],
        },
        "palette": {"light": [*PALETTE, NOISE], "dark": [*DARK_PALETTE, DARK_NOISE]},
        "arrays": {name: _array(values) for name, values in arrays.items()},
    }


def _spots(facts: Facts, groups: Int, name: Any) -> Iterator[dict[str, Any]]:
    """Where on the map each group's name stands."""
    order = np.argsort(groups, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups[order])) + 1):
        group = int(groups[rows[0]])
        if group >= 0:
            x, y = middle(facts.points[rows])
            yield {"group": group, "name": name(group), "x": float(x), "y": float(y)}


def _array(values: NDArray[Any]) -> dict[str, str]:
    """An array as text, little-endian as in every browser."""
    little = np.ascontiguousarray(values if sys.byteorder == "little" else values.byteswap())
    kinds = {"float32": "Float32Array", "int32": "Int32Array", "uint16": "Uint16Array", "uint8": "Uint8Array"}
    return {"kind": kinds[values.dtype.name], "data": b64encode(little.tobytes()).decode()}
