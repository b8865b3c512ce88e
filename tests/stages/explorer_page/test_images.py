"""Images and their properties: tooltip, pinned image, search, colours."""

import numpy as np
import pytest

from tests.stages.explorer_page.gestures import (
    POINTS_AREA,
    expect,
    find_image,
    map_box,
    open_page,
    thumbnail_pixels,
    tile_images,
    wait_until_still,
)

pytestmark = pytest.mark.slow


def test_hovering_shows_the_image_and_its_properties(page, inputs):
    find_image(page, 17)
    x, y, width, height = map_box(page)
    page.mouse.move(x + width / 2 + 1, y + height / 2)
    tooltip = page.locator("#tooltip")
    expect(tooltip).to_contain_text("Image 17")
    expect(tooltip).to_contain_text(f"c{inputs['clustering'].fitted[17]}")
    expect(tooltip).to_contain_text(f"kind {inputs['labels'].fitted[17]}")
    expect(tooltip).to_contain_text("Confidence")
    pixels = thumbnail_pixels(tooltip.locator(".thumbnail"))
    np.testing.assert_array_equal(pixels, inputs["images"].fitted[17, ..., 0])
    page.mouse.move(x + width / 2, y - 20)
    expect(tooltip).to_be_hidden()


def test_click_pins_an_image_with_its_neighbours(page, inputs):
    find_image(page, 17)
    page.click("#unpin")
    x, y, width, height = map_box(page)
    page.mouse.click(x + width / 2, y + height / 2)
    expect(page.locator("#image h2")).to_have_text("Image 17")
    neighbors = tile_images(page.locator("#image .tile"))
    assert neighbors == inputs["graph"].indices[17, :6].tolist()
    thumbnails = page.locator("#image .tile .thumbnail")
    for position, image in enumerate(neighbors):
        pixels = thumbnail_pixels(thumbnails.nth(position))
        np.testing.assert_array_equal(pixels, inputs["images"].fitted[image, ..., 0])
    page.locator("#image .tile").nth(2).click()
    expect(page.locator("#image h2")).to_have_text(f"Image {neighbors[2]}")


def test_pinned_image_is_part_of_the_url(page, file):
    open_page(page, file, "#42")
    expect(page.locator("#image h2")).to_have_text("Image 42")
    page.click("#unpin")
    assert page.evaluate("location.hash") == ""


@pytest.mark.parametrize("query", ["300", "-1", "2.5", "seven", ""])
def test_search_without_result_says_what_to_enter(page, query):
    find_image(page, query)
    expect(page.locator("#query-error")).to_have_text("Enter a number from 0 to 299")
    find_image(page, 299)
    expect(page.locator("#query-error")).to_have_text("")
    expect(page.locator("#image h2")).to_have_text("Image 299")


def test_each_colouring_repaints_the_points_and_shows_its_legend(page):
    wait_until_still(page)
    screenshots = [page.screenshot(clip=POINTS_AREA)]
    for name in ("label", "confidence", "misfit", "outlier"):
        page.select_option("#colour", name)
        expect(page.locator("#legend")).to_be_visible()
        wait_until_still(page)
        screenshots.append(page.screenshot(clip=POINTS_AREA))
    assert len(set(screenshots)) == 5
    page.select_option("#colour", "cluster")
    expect(page.locator("#legend")).to_be_hidden()
