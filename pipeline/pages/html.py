"""Render self-contained HTML pages: Jinja templates, the shared style sheet, and images as data URIs."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from pipeline.artifacts.base import Float
from pipeline.pages.formats import format_number, format_percent, format_spread
from pipeline.runtime.visible_text import make_visible

STYLE, HEAD = "page.css", "head.html.j2"
"""The style sheet, and the elements that every page has first: its policy and its style `css`."""
FOLDER = Path(__file__).parent


def template_environment(folder: Path) -> Environment:
    """Return a Jinja environment for the templates in `folder`, which may include the head that all pages share.

    Values are HTML-escaped and their control characters visible, a missing value raises `jinja2.UndefinedError`, the
    filters `number` and `percent` format scores, and `content_policy` is the policy of a page.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, FOLDER]),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": format_number, "percent": format_percent, "spread": format_spread}
    environment.globals |= {"content_policy": content_policy, "page_head": HEAD}
    return environment


def content_policy(style: str, *scripts: str, images: str = "data:") -> str:
    """Return the content security policy of a page: it loads nothing, and runs exactly these scripts.

    An element that a name might smuggle into the page is not the text of which the policy has the SHA-256. Attributes
    may hold styles, which have no effect beyond the page: it cannot load images from elsewhere.
    """
    rules = {
        "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "img-src": images,
        "style-src": _sha256(style), "style-src-attr": "'unsafe-inline'",
    }  # fmt: skip
    hashes = " ".join(_sha256(script) for script in scripts if script)
    return "; ".join(f"{name} {value}" for name, value in (rules | ({"script-src": hashes} if hashes else {})).items())


def _sha256(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _finalize(value: Any) -> Any:
    """Show control characters of texts; markup is the page's own."""
    return make_visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
