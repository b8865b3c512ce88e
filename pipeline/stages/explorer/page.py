"""The explorer as one self-contained HTML page.

The script draws the points into the pixels of a canvas. Bokeh 3.9 took 0.5 s a frame for 60,000 points on its canvas
and 1.7 s with WebGL, on a machine without a graphics card, against a few hundredths here; it has no keyboard control.
"""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

from markupsafe import Markup

from pipeline.artifacts.base import Int
from pipeline.data.encoded_image import SUFFIXES
from pipeline.pages.html import content_policy, template_environment
from pipeline.stages.explorer.facts import ImageFacts
from pipeline.stages.explorer.page_data import page_data
from pipeline.stages.explorer.sprite_sheets import SpriteSheets

FOLDER = Path(__file__).parent
TEMPLATE, STYLE, THEME = "explorer.html.j2", "explorer.css", "js/theme.js"
SCRIPTS = (
    "js/data.js", "js/dom.js", "js/edits.js", "js/edits_file.js", "js/edit_storage.js", "js/corrections.js",
    "js/format.js", "js/edit_words.js", "js/state.js", "js/cluster_summaries.js", "js/sheets.js", "js/shapes.js",
    "js/hierarchy.js", "js/colours.js", "js/view.js", "js/spatial_index.js", "js/points.js", "js/thumbnails.js",
    "js/overlay.js", "js/tiles.js", "js/composition.js", "js/edit_actions.js", "js/cluster_chooser.js",
    "js/cluster_dialog.js", "js/clusters.js", "js/image.js", "js/csv.js", "js/selection.js", "js/lists.js",
    "js/edits_panel.js", "js/search_table.js", "js/similar.js", "js/files.js", "js/tabs.js", "js/pointer.js",
    "js/keys.js", "js/legend.js", "js/search.js", "js/main.js",
)  # fmt: skip
"""Joined in this order; at the top level, a file uses only what the files before it define."""
VECTOR_SUFFIXES = (".npy", ".npz", ".parquet")
"""Of the files of vectors that stage=search reads, those that are not taken for its table."""


def render_explorer(facts: ImageFacts, sheets: SpriteSheets, order: Int, neighbors: int, n_all: int) -> bytes:
    """Return the explorer as HTML in UTF-8 that loads no other file; `sheets` hold the images in the given order (n,).

    `n_all` is the number of fitted images, of which the page may show the landmarks alone.

    Each sheet is one block of base64 text behind the script, so that the map is drawn before the sheets are parsed.
    """
    style, theme, script = _read(STYLE), _join_scripts(THEME), _join_scripts(*SCRIPTS)
    template = template_environment(FOLDER).get_template(TEMPLATE)
    parts = template.generate(
        facts=facts,
        n_all=n_all,
        note=sheets.note,
        suffixes=sorted(SUFFIXES) if facts.images.has_images else VECTOR_SUFFIXES,
        policy=content_policy(style, theme, script, images="data: blob:"),
        style=Markup(style),
        theme=Markup(theme),
        script=Markup(script),
        data=_embeddable_json(page_data(facts, sheets, order, neighbors)),
        sheets=(b64encode(file).decode() for file in sheets.files),
    )
    page = BytesIO()  # a list of the parts would be a second copy
    page.writelines(part.encode() for part in parts)
    return page.getvalue()


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _join_scripts(*names: str) -> str:
    """Return the scripts as one function, so that they define nothing global."""
    return "(() => {\n'use strict';\n" + "\n".join(map(_read, names)) + "\n})();\n"


def _embeddable_json(value: Any) -> Markup:
    """Return JSON that cannot end the script element around it."""
    return Markup(json.dumps(value, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"))
