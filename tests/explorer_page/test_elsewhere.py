"""Other data, other colours, a phone."""

import re
from dataclasses import replace

import pytest

from pipeline.stages.explorer import explorer
from tests.explorer_page.gestures import box, expect, go_to, opened, settle
from tests.explorers import parts, without_clusters


def test_images_that_are_files_are_found_and_saved_by_their_names(browser, inputs, tmp_path):
    paths = [f"sub/picture {i:03}.jpg" for i in range(300)]
    explorer(**inputs | {"images": replace(inputs["images"], paths=paths)}).save(tmp_path)
    with opened(browser, tmp_path / "explorer.html") as page:
        go_to(page, "ture 123")
        expect(page.locator("#image h2")).to_have_text("Image 123")
        expect(page.locator("#image")).to_contain_text("sub/picture 123.jpg")
        page.click("#take")
        with page.expect_download() as waiting:
            page.click("#save")
        assert "123,sub/picture 123.jpg," in waiting.value.path().read_text()


def test_light_and_dark_follow_the_system_and_the_button(browser, file):
    with opened(browser, file, color_scheme="dark") as page:
        paper = "getComputedStyle(document.getElementById('map')).backgroundColor"
        assert page.evaluate(paper) == "rgb(22, 25, 32)"
        page.click("#theme")
        assert page.evaluate(paper) == "rgb(255, 255, 255)"
        settle(page)
        corner = "[...document.getElementById('points').getContext('2d').getImageData(2, 2, 1, 1).data]"
        assert page.evaluate(corner) == [255, 255, 255, 255]


def test_on_a_phone_it_is_narrow_and_a_tap_pins(browser, file):
    size = {"width": 390, "height": 800}
    with opened(browser, file, viewport=size, has_touch=True, device_scale_factor=2) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        go_to(page, 17)
        page.click("#unpin")
        x, y, width, height = box(page)
        page.touchscreen.tap(x + width / 2, y + height / 2)
        expect(page.locator("#image h2")).to_have_text("Image 17")


@pytest.mark.parametrize(
    ("inputs", "clusters"),
    [
        (parts(n=80, labelled=False), 3),
        (parts(n=96, k=24, shape=(6, 9, 3)), 24),
        (without_clusters(parts(n=40)), 1),
    ],
    ids=["no labels", "colour, more clusters than hues", "nothing but noise"],
)
def test_other_data_can_be_explored_too(browser, inputs, clusters, tmp_path):
    explorer(**inputs).save(tmp_path)
    with opened(browser, tmp_path / "explorer.html", "#5") as page:
        expect(page.locator("#image .tile")).to_have_count(6)
        assert page.locator("#colour option[value=label]").count() == inputs["labels"].known
        page.click("#tab-clusters")
        expect(page.locator(".clusters li")).to_have_count(clusters)
        page.click("#tab-lists")
        page.keyboard.press("v")
        expect(page.locator("#selection h2")).to_have_text(re.compile(r"^\d+ images$"))
        assert not re.search(r"\b(null|undefined|NaN)\b", page.locator("body").inner_text())
