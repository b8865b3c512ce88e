"""Rendering of self-contained pages."""

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from jinja2 import UndefinedError
from markupsafe import Markup
from PIL import Image

from pipeline.pages.html import FOLDER, STYLE, render, thumbnail
from pipeline.runtime.paths import PACKAGE
from tests.policies import check_policy, read_policy


def test_values_are_escaped_and_formatted_and_the_shared_style_sheet_is_included(tmp_path):
    (tmp_path / "page.html.j2").write_text("<style>{{ style }}</style>{{ name }} {{ score | number }}")
    html = render(tmp_path, "page.html.j2", name="<b>", score=0.5)
    style = (FOLDER / STYLE).read_text(encoding="utf-8")
    assert html == f"<style>{style}</style>&lt;b&gt; 0.5000"


def test_a_style_sheet_beside_the_template_is_used(tmp_path):
    (tmp_path / "page.html.j2").write_text("{{ style }}")
    (tmp_path / "other.css").write_text("a > b {}")
    assert render(tmp_path, "page.html.j2", "other.css") == "a > b {}"


TEMPLATES = sorted(PACKAGE.rglob("*.j2"))


def test_a_page_may_run_its_own_script_and_nothing_else(tmp_path):
    template = (
        "{% set css %}{{ style }}b { color: red }{% endset %}<html>{% include page_head %}"
        '<body>{{ name }}<i title="{{ name }}"></i><script>{{ script }}</script>'
    )
    (tmp_path / "page.html.j2").write_text(template)
    name = "\"'></i><script>alert(1)</script><b onclick=x>\u202e\x1b"
    html = render(tmp_path, "page.html.j2", script=Markup("'use strict';"), name=name)
    check_policy(html)
    shown = "&#34;&#39;&gt;&lt;/i&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick=x&gt;\\u202e\\x1b"
    assert html.count(shown) == 2
    without = render(tmp_path, "page.html.j2", name="", script="")
    assert "script-src" not in read_policy(without), "default-src 'none' holds for scripts"


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_templates_leave_escaping_and_the_policy_to_the_package(file):
    text = file.read_text(encoding="utf-8")
    if "<html" in text:
        head = text[text.index("<head>") :]
        assert re.match(r"<head>\n(\{% include page_head %\}|(<meta [^{]*>\n)+<meta .*\"\{\{ policy \}\}\">)", head)
    assert not re.search(
        r"\|\s*safe|autoescape|<(base|iframe|object|embed|link)\b|javascript:|\son\w+=|https?://", text
    )
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", text)
    assert all(re.fullmatch(r"\{\{ (\w+)( \| tojson)? \}\}", content) for _, content in scripts)


def test_scripts_insert_text_and_never_markup():
    for file in PACKAGE.rglob("*.js"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|import\(", text
        )


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
