"""Actions of a user on the explorer's page, and observations of it."""

from contextlib import contextmanager

import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[test]")
expect = playwright.expect

POINTS_AREA = {"x": 180, "y": 150, "width": 450, "height": 400}
"""A part of the window that holds nothing but points."""


@contextmanager
def open_window(browser, **options):
    """Yield an empty window and a list of everything that it logs, throws or requests from a network."""
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 700}, "reduced_motion": "reduce"} | options)
    page, problems = context.new_page(), []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.extend([request.url] * request.url.startswith(("http", "ws"))))
    page.on("requestfailed", lambda request: problems.append(request.url[:100]))
    yield page, problems
    context.close()


def open_page(page, file, fragment=""):
    """Open the page and wait until it is loaded and drawn."""
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}{fragment}")
    page.evaluate(
        """async () => {
            while (!(document.documentElement.dataset.frames > 0)) await new Promise(requestAnimationFrame);
        }"""
    )


@contextmanager
def opened(browser, file, fragment="", **options):
    """Yield the page in a new window, and check that nothing went wrong in it."""
    with open_window(browser, **options) as (page, problems):
        open_page(page, file, fragment)
        yield page
        assert problems == []


def map_box(page):
    box = page.locator("#overlay").bounding_box()
    return box["x"], box["y"], box["width"], box["height"]


def drag(page, *corners):
    """Drag over corners given as shares of the map's width and height."""
    x, y, width, height = map_box(page)
    positions = [(x + a * width, y + b * height) for a, b in corners]
    page.mouse.move(*positions[0])
    page.mouse.down()
    for position in positions[1:]:
        page.mouse.move(*position, steps=3)
    page.mouse.up()


def lasso(page, left, right):
    """Draw around the whole height of the map between two shares of its width."""
    page.click("#tool-lasso")
    drag(page, (left, 0.12), (right, 0.12), (right, 0.99), (left, 0.99))


def find_image(page, query):
    """Find an image; the map is then centred on it, zoomed in."""
    page.fill("#query", str(query))
    page.press("#query", "Enter")


def wait_until_still(page):
    """Wait until no frame was drawn for six animation frames."""
    page.evaluate(
        """async () => {
            for (let still = 0, last = ""; still < 6; ) {
                await new Promise(requestAnimationFrame);
                const frames = document.documentElement.dataset.frames;
                still = frames === last ? still + 1 : 0;
                last = frames;
            }
        }"""
    )


def count_colours(page, canvas):
    """Return the number of different colours on a canvas."""
    wait_until_still(page)
    return page.evaluate(
        """(id) => {
            const canvas = document.getElementById(id);
            const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
            context.drawImage(canvas, 0, 0);
            return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
        }""",
        canvas,
    )


def thumbnail_pixels(thumbnail):
    """Return the red channel (h, w) of a thumbnail, as soon as it is shown."""
    values = thumbnail.evaluate(
        """async (image) => {
            while (!image.complete || !image.naturalWidth) await new Promise(requestAnimationFrame);
            const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return [canvas.height, canvas.width, [...data].filter((_, i) => i % 4 === 0)];
        }"""
    )
    return np.array(values[2], np.uint8).reshape(values[0], values[1])


def tile_images(tiles):
    """Return the indices of the images that tiles show."""
    return tiles.evaluate_all("tiles => tiles.map(tile => Number(tile.dataset.image))")


def members(inputs, *clusters):
    return np.flatnonzero(np.isin(inputs["clustering"].fitted, clusters)).tolist()
