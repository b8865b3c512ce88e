"""One quick look at the page in a browser; the slow tests beside it go into the details."""

import numpy as np

from tests.stages.explorer_page.gestures import count_colours, expect, find_image, thumbnail_pixels


def test_page_draws_map_clusters_and_pinned_image_without_errors(page, inputs):
    assert count_colours(page, "points") > 20
    expect(page.locator("h1")).to_have_text("blobs <b>")
    expect(page.locator("#status")).to_have_text("300 images")
    rows = page.locator(".clusters li")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("mostly kind 0, or <i>")
    expect(rows.nth(3)).to_contain_text("noise")
    find_image(page, 17)
    expect(page.locator("#image h2")).to_have_text("Image 17")
    pixels = thumbnail_pixels(page.locator("#image .pinned .thumbnail"))
    np.testing.assert_array_equal(pixels, inputs["images"].fitted[17, ..., 0])
