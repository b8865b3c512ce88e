"""Other data, dark mode, a phone."""

import re
from dataclasses import replace

import pytest

from pipeline.stages.explorer.stage import explorer
from tests.explorers import explorer_inputs, without_clusters
from tests.stages.explorer_page.gestures import expect, find_image, map_box, opened, wait_until_still

pytestmark = pytest.mark.slow


def test_files_are_found_and_saved_by_name(browser, inputs, tmp_path):
    paths = [f"sub/picture {i:03}.jpg" for i in range(300)]
    explorer(**inputs | {"images": replace(inputs["images"], paths=paths)}).save(tmp_path)
    with opened(browser, tmp_path / "explorer.html") as page:
        find_image(page, "ture 123")
        expect(page.locator("#image h2")).to_have_text("Image 123")
        expect(page.locator("#image")).to_contain_text("sub/picture 123.jpg")
        page.click("#select-neighbours")
        with page.expect_download() as download:
            page.click("#save-csv")
        assert "123,sub/picture 123.jpg," in download.value.path().read_text()


def test_theme_follows_the_system_and_the_button(browser, file):
    with opened(browser, file, color_scheme="dark") as page:
        paper = "getComputedStyle(document.getElementById('map')).backgroundColor"
        assert page.evaluate(paper) == "rgb(22, 25, 32)"
        page.click("#toggle-theme")
        assert page.evaluate(paper) == "rgb(255, 255, 255)"
        wait_until_still(page)
        corner = "[...document.getElementById('points').getContext('2d').getImageData(2, 2, 1, 1).data]"
        assert page.evaluate(corner) == [255, 255, 255, 255]


def test_phone_layout_is_narrow_and_a_tap_pins(browser, file):
    size = {"width": 390, "height": 800}
    with opened(browser, file, viewport=size, has_touch=True, device_scale_factor=2) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        find_image(page, 17)
        page.click("#unpin")
        x, y, width, height = map_box(page)
        page.touchscreen.tap(x + width / 2, y + height / 2)
        expect(page.locator("#image h2")).to_have_text("Image 17")


def merge_clusters(page, groups):
    """Move the slider to its end: the swatches in the list of clusters then have the colours of the groups."""
    colours = "new Set([...document.querySelectorAll('.clusters .swatch')].map((swatch) => swatch.toDataURL())).size"
    if groups > 1:
        slider = page.locator("#merge-clusters")
        slider.fill(slider.get_attribute("max"))
        expect(page.locator("#group-count")).to_have_text(f"{groups} groups")
    assert page.evaluate(colours) == groups


@pytest.mark.parametrize(
    ("inputs", "clusters"),
    [
        (explorer_inputs(n=80, labelled=False), 3),
        (explorer_inputs(n=96, k=24, shape=(6, 9, 3)), 24),
        (without_clusters(explorer_inputs(n=40)), 1),
    ],
    ids=["no labels", "colour, more clusters than hues", "nothing but noise"],
)
def test_page_works_for_other_data(browser, inputs, clusters, tmp_path):
    explorer(**inputs).save(tmp_path)
    with opened(browser, tmp_path / "explorer.html", "#5") as page:
        expect(page.locator("#image .tile")).to_have_count(6)
        assert page.locator("#colour option[value=label]").count() == inputs["labels"].has_labels
        page.click("#tab-clusters")
        expect(page.locator(".clusters li")).to_have_count(clusters)
        merge_clusters(page, groups=min(clusters, 2))
        page.click("#tab-lists")
        page.keyboard.press("v")
        expect(page.locator("#selection h2")).to_have_text(re.compile(r"^\d+ images$"))
        assert not re.search(r"\b(null|undefined|NaN)\b", page.locator("body").inner_text())
