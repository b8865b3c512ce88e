"""Rendering of self-contained pages."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from jinja2 import UndefinedError
from PIL import Image

from pipeline.pages.html import FOLDER, STYLE, render, thumbnail


def test_values_are_escaped_and_formatted_and_the_shared_style_sheet_is_included(tmp_path):
    (tmp_path / "page.html.j2").write_text("<style>{{ style }}</style>{{ name }} {{ score | number }}")
    html = render(tmp_path, "page.html.j2", name="<b>", score=0.5)
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    assert html == f"<style>{style}</style>&lt;b&gt; 0.5000"


def test_a_style_sheet_beside_the_template_is_used(tmp_path):
    (tmp_path / "page.html.j2").write_text("{{ style }}")
    (tmp_path / "other.css").write_text("a > b {}")
    assert render(tmp_path, "page.html.j2", "other.css") == "a > b {}"


def test_a_missing_value_is_an_error(tmp_path):
    (tmp_path / "page.html.j2").write_text("{{ missing }}")
    with pytest.raises(UndefinedError, match="missing"):
        render(tmp_path, "page.html.j2")


def test_a_thumbnail_contains_the_image_as_png():
    image = np.random.default_rng(0).random((4, 6, 3)).astype(np.float32)
    prefix, _, content = thumbnail(image).partition(",")
    assert prefix == "data:image/png;base64"
    with Image.open(BytesIO(b64decode(content))) as picture:
        np.testing.assert_allclose(np.asarray(picture) / 255, image, atol=0.5 / 255 + 1e-6)


def test_a_thumbnail_keeps_to_its_side_and_its_proportions():
    with Image.open(BytesIO(b64decode(thumbnail(np.zeros((20, 60, 3), np.float32), 30).partition(",")[2]))) as picture:
        assert picture.size == (30, 10)
