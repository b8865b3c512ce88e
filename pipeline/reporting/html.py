"""Self-contained pages: a template with the project's style and number formats, and pictures within the page."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from PIL import Image

from pipeline.artifacts.base import Float
from pipeline.reporting.words import number, percent
from pipeline.templates import environment

STYLE = "report.css"
PACKAGE = Path(__file__).parent.parent


def render(folder: Path, template: str, style: str = STYLE, **values: Any) -> str:
    """Return `folder/template` filled in; it finds the style sheet's text under the name `style`."""
    templates = environment(folder)
    templates.filters |= {"number": number, "percent": percent}
    sheet = folder / style if (folder / style).is_file() else PACKAGE / style
    return templates.get_template(template).render(style=Markup(sheet.read_text(encoding="utf-8")), **values)


def thumbnail(picture: Float) -> str:
    """Return an RGB picture (h, w, 3) in [0, 1] as a small PNG in a data address."""
    buffer = BytesIO()
    Image.fromarray(np.round(np.asarray(picture) * 255).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return data_uri(buffer.getvalue())


def data_uri(png: bytes) -> str:
    """Return a PNG file as an address that holds it, so that the page needs no other file."""
    return f"data:image/png;base64,{b64encode(png).decode()}"
