"""Render self-contained HTML pages: Jinja templates, the shared style sheet, and images as data URIs."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from pipeline.artifacts.base import Float
from pipeline.pages.formats import format_number, format_percent

STYLE = "page.css"
FOLDER = Path(__file__).parent


def template_environment(folder: Path) -> Environment:
    """Return a Jinja environment for the templates in `folder`.

    Values are HTML-escaped, a missing value raises `jinja2.UndefinedError`, and the filters `number` and `percent`
    format scores.
    """
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": format_number, "percent": format_percent}
    return environment


def render(folder: Path, template: str, style: str = STYLE, **values: Any) -> str:
    """Return the template `folder/template` rendered with `values`.

    The text of the style sheet is passed to the template as `style`. It is read from `folder` if the file exists
    there, else from this package, which holds the shared `page.css`.
    """
    sheet = folder / style if (folder / style).is_file() else FOLDER / style
    css = Markup(sheet.read_text(encoding="utf-8"))
    return template_environment(folder).get_template(template).render(style=css, **values)


def thumbnail(image: Float, side: int | None = None) -> str:
    """Return an RGB image (h, w, 3) in [0, 1] as a PNG data URI, shrunk to at most `side` pixels a side."""
    picture, buffer = Image.fromarray(np.round(np.asarray(image) * 255).astype(np.uint8)), BytesIO()
    if side is not None:
        picture.thumbnail((side, side))
    picture.save(buffer, "PNG", optimize=True)
    return data_uri(buffer.getvalue())


def data_uri(png: bytes) -> str:
    """Return the bytes of a PNG file as a data URI."""
    return f"data:image/png;base64,{b64encode(png).decode()}"
