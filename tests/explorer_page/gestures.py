"""What a person does on the explorer's page, and what can be seen there."""

from contextlib import contextmanager

import numpy as np
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[test]")
expect = playwright.expect

POINTS = {"x": 180, "y": 150, "width": 450, "height": 400}
"""A part of the window in which there is nothing but points."""


@contextmanager
def window(browser, **options):
    """An empty window, and a list of all that is logged, thrown, or asked of any network in it."""
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 700}, "reduced_motion": "reduce"} | options)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.extend([request.url] * request.url.startswith(("http", "ws"))))
    page.on("requestfailed", lambda request: complaints.append(request.url[:100]))
    yield page, complaints
    context.close()


def visit(page, file, name=""):
    """Open the page and wait until it is drawn and whole."""
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}{name}")
    page.wait_for_function("document.documentElement.dataset.drawn > 0 && document.readyState == 'complete'")


@contextmanager
def opened(browser, file, name="", **options):
    """The page in a window of its own; there must be nothing to complain about."""
    with window(browser, **options) as (page, complaints):
        visit(page, file, name)
        yield page
        assert complaints == []


def box(page):
    found = page.locator("#overlay").bounding_box()
    return found["x"], found["y"], found["width"], found["height"]


def drag(page, *corners):
    """Drag over corners given as shares of the map's width and height."""
    x, y, width, height = box(page)
    spots = [(x + a * width, y + b * height) for a, b in corners]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=3)
    page.mouse.up()


def lasso(page, left, right):
    """Draw around all of the map between two shares of its width."""
    page.click("#tool-lasso")
    drag(page, (left, 0.12), (right, 0.12), (right, 0.99), (left, 0.99))


def go_to(page, image):
    """Look closely at an image: it is in the middle of the map from now on."""
    page.fill("#wanted", str(image))
    page.press("#wanted", "Enter")


def settle(page):
    """Wait until nothing has been drawn for six frames."""
    page.evaluate(
        """async () => {
            for (let quiet = 0, seen = ""; quiet < 6; ) {
                await new Promise(requestAnimationFrame);
                const now = document.documentElement.dataset.drawn;
                quiet = now === seen ? quiet + 1 : 0;
                seen = now;
            }
        }"""
    )


def ink(page, canvas):
    """The number of different colours that are painted on a canvas."""
    settle(page)
    return page.evaluate(
        """(id) => {
            const canvas = document.getElementById(id);
            const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
            context.drawImage(canvas, 0, 0);
            return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
        }""",
        canvas,
    )


def members(inputs, *clusters):
    return np.flatnonzero(np.isin(inputs["clustering"].fitted, clusters)).tolist()
