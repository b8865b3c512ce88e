"""The explorer in a real browser, opened from disk: everything that a person can do on it, without network."""

import csv
import io
import re
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from pipeline.stages.explorer import explorer
from tests.explorers import CHROMIUM, QUIET, parts, without_clusters

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[test]")
expect = playwright.expect

POINTS = {"x": 180, "y": 150, "width": 450, "height": 400}
"""A part of the window in which there is nothing but points."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: none of chromium, chromium-browser, google-chrome is found"
)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def inputs():
    return parts(noise=6)


@pytest.fixture(scope="module")
def file(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    explorer(**inputs).save(folder)
    return folder / "explorer.html"


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


@pytest.fixture(scope="module")
def shared_window(browser):
    with window(browser) as found:
        yield found


@pytest.fixture
def page(shared_window, file):
    """The page as it is when it was just opened."""
    page, complaints = shared_window
    visit(page, file)
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


# Looking


def test_it_opens_with_a_drawn_map_and_its_clusters(page):
    assert ink(page, "points") > 20
    expect(page.locator("h1")).to_have_text("blobs <b>")
    expect(page.locator("#status")).to_have_text("300 images")
    rows = page.locator(".clusters li")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("mostly kind 0, or <i>")
    expect(rows.nth(3)).to_contain_text("noise")
    typical = rows.nth(0).locator("img").first
    assert typical.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8


def test_hovering_shows_the_image_and_what_is_known_of_it(page, inputs):
    go_to(page, 17)
    x, y, width, height = box(page)
    page.mouse.move(x + width / 2 + 1, y + height / 2)
    tip = page.locator("#tip")
    expect(tip).to_contain_text("Image 17")
    expect(tip).to_contain_text(f"c{inputs['clustering'].fitted[17]}")
    expect(tip).to_contain_text(f"kind {inputs['labels'].fitted[17]}")
    expect(tip).to_contain_text("Confidence")
    assert tip.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 8
    page.mouse.move(x + width / 2, y - 20)
    expect(tip).to_be_hidden()


def test_clicking_pins_an_image_with_its_neighbours(page, inputs):
    go_to(page, 17)
    page.click("#unpin")
    x, y, width, height = box(page)
    page.mouse.click(x + width / 2, y + height / 2)
    expect(page.locator("#image h2")).to_have_text("Image 17")
    near = page.locator("#image .tile").evaluate_all("tiles => tiles.map(tile => Number(tile.dataset.image))")
    assert near == inputs["graph"].indices[17, :6].tolist()
    page.locator("#image .tile").nth(2).click()
    expect(page.locator("#image h2")).to_have_text(f"Image {near[2]}")


def test_a_pinned_image_is_in_the_address(page, file):
    visit(page, file, "#42")
    expect(page.locator("#image h2")).to_have_text("Image 42")
    page.click("#unpin")
    assert page.evaluate("location.hash") == ""


def test_finding_what_is_not_there_says_what_would_be_right(page):
    for wrong in ("300", "-1", "2.5", "seven", ""):
        go_to(page, wrong)
        expect(page.locator("#missing")).to_have_text("Give a number from 0 to 299")
    go_to(page, 299)
    expect(page.locator("#missing")).to_have_text("")
    expect(page.locator("#image h2")).to_have_text("Image 299")


def test_colouring_by_another_fact_repaints_and_shows_its_legend(page):
    seen = [page.screenshot(clip=POINTS)]
    for fact in ("label", "confidence", "misfit", "outlier"):
        page.select_option("#colour", fact)
        expect(page.locator("#legend")).to_be_visible()
        settle(page)
        seen.append(page.screenshot(clip=POINTS))
    assert len(set(seen)) == 5
    page.select_option("#colour", "cluster")
    expect(page.locator("#legend")).to_be_hidden()


# Selecting


def test_the_lasso_selects_what_is_inside_and_says_what_it_is_made_of(page, inputs):
    lasso(page, 0.5, 0.99)
    inside = np.flatnonzero(inputs["map"].fitted[:, 0] > 2.5)
    expect(page.locator("#selection h2")).to_have_text(f"{len(inside)} images")
    clusters, sizes = np.unique(inputs["clustering"].fitted[inside], return_counts=True)
    table = page.locator(".composition").nth(0).locator("tr").evaluate_all(
        "rows => rows.map(row => [row.cells[0].textContent, Number(row.cells[2].textContent)])"
    )  # fmt: skip
    names = {int(c): "noise" if c < 0 else f"c{c}" for c in clusters}
    assert dict(table) == {names[int(c)]: int(size) for c, size in zip(clusters, sizes, strict=True)}
    expect(page.locator(".composition").nth(1)).to_contain_text("kind 0, or <i>")
    expect(page.locator("#selection .tile")).to_have_count(min(len(inside), 120))
    expect(page.locator("#status")).to_contain_text(f"{len(inside)} selected")
    page.keyboard.press("Escape")
    expect(page.locator("#selection .empty")).to_be_visible()


def test_a_long_gallery_shows_more_when_asked(page):
    lasso(page, 0.01, 0.99)
    page.click("#selection .more")
    expect(page.locator("#selection .tile")).to_have_count(240)
    page.click("#selection .more")
    expect(page.locator("#selection .tile")).to_have_count(300)
    expect(page.locator("#selection .more")).to_be_hidden()


def test_the_selection_is_saved_as_csv(page, inputs):
    lasso(page, 0.5, 0.99)
    with page.expect_download() as waiting:
        page.click("#save")
    assert waiting.value.suggested_filename == "blobs_b_-selection.csv"
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_bytes().decode(), newline="")))
    inside = np.flatnonzero(inputs["map"].fitted[:, 0] > 2.5)
    assert [int(row["index"]) for row in rows] == inside.tolist()
    assert list(rows[0]) == ["index", "cluster", "label", "confidence", "misfit", "outlier", "x", "y"]
    clustering, names = inputs["clustering"], inputs["labels"].names
    for row, i in zip(rows, inside, strict=True):
        assert int(row["cluster"]) == clustering.fitted[i]
        assert row["label"] == names[inputs["labels"].fitted[i]]
        assert float(row["confidence"]) == pytest.approx(clustering.confidence[i], abs=6e-5)
        assert float(row["x"]) == pytest.approx(inputs["map"].fitted[i, 0], abs=6e-5)


def test_hidden_clusters_cannot_be_selected_and_come_back(page, inputs):
    page.uncheck("#show-1")
    kept = len(members(inputs, -1, 0, 2))
    expect(page.locator("#status")).to_have_text(f"{kept} of 300 images shown")
    lasso(page, 0.01, 0.99)
    expect(page.locator("#selection h2")).to_have_text(f"{kept} images")
    page.click("#tab-clusters")
    page.get_by_label("Show c2 only").click()
    expect(page.locator("#show-0")).not_to_be_checked()
    page.click("#show-all")
    expect(page.locator("#show-0")).to_be_checked()


def test_finding_an_image_of_a_hidden_cluster_shows_that_cluster(page, inputs):
    page.click("#show-none")
    expect(page.locator("#status")).to_have_text("0 of 300 images shown")
    go_to(page, members(inputs, 1)[0])
    expect(page.locator("#status")).to_have_text(f"{len(members(inputs, 1))} of 300 images shown")


def test_a_cluster_is_selected_by_its_button(page, inputs):
    page.get_by_label("Select c2").click()
    expect(page.locator("#selection h2")).to_have_text(f"{len(members(inputs, 2))} images")


# Lists


def test_the_lists_rank_what_deserves_a_look(page):
    page.click("#tab-lists")
    tiles = page.locator("#lists .tile")
    first = tiles.evaluate_all("tiles => tiles.map(tile => Number(tile.dataset.image)).sort()")
    assert set(first) == {0, 1, 2, 3}  # `parts` puts these in the wrong cluster
    expect(tiles.first).to_contain_text("→")
    page.select_option("#list", "outliers")
    far = [float(text.rstrip("×")) for text in tiles.all_text_contents()]
    assert far == sorted(far, reverse=True)
    assert far[0] > 1.5
    page.select_option("#list", "surprises")
    assert set(tiles.evaluate_all("tiles => tiles.map(tile => Number(tile.dataset.image))")) == {0, 1, 2, 3}
    page.click("#take-list")
    expect(page.locator("#selection h2")).to_have_text("4 images")


def test_the_lists_are_of_the_clusters_that_are_shown(page):
    page.click("#tab-lists")
    page.click("#tab-clusters")
    page.click("#show-none")
    page.click("#tab-lists")
    expect(page.locator("#lists .tile")).to_have_count(0)
    expect(page.locator("#lists")).to_contain_text("No image lies mostly among")


# Moving


def test_wheel_and_drag_move_the_map_and_images_appear_on_it(page):
    x, y, width, height = box(page)
    page.mouse.move(x + 0.85 * width, y + 0.55 * height)
    for _ in range(8):
        page.mouse.wheel(0, -240)
    drawn = ink(page, "overlay")
    page.click("#pictures")
    assert drawn > 2 * ink(page, "overlay")
    before = page.screenshot()
    drag(page, (0.4, 0.6), (0.7, 0.8))
    settle(page)
    assert page.screenshot() != before
    expect(page.locator("#selection h2")).to_have_count(0)


def test_shift_and_drag_is_a_lasso(page):
    page.keyboard.down("Shift")
    drag(page, (0.5, 0.12), (0.99, 0.12), (0.99, 0.99), (0.5, 0.99))
    page.keyboard.up("Shift")
    expect(page.locator("#selection h2")).to_be_visible()


# The keyboard


def test_everything_can_be_reached_by_keyboard_and_shows_its_focus(page):
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.id || document.activeElement.className,"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        assert outline >= 2, name
        reached.add(name)
    assert {"wanted", "theme", "open-help", "overlay", "colour", "tool-lasso", "zoom-in", "tab-clusters"} <= reached
    assert {"show-all", "show-0", "tile"} <= reached


def test_the_arrows_move_a_cross_that_hovers_and_enter_pins(page):
    go_to(page, 17)
    page.click("#unpin")
    page.locator("#overlay").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tip")).to_contain_text("Image 17")
    expect(page.locator("#said")).to_contain_text("Image 17, cluster")
    page.keyboard.press("Enter")
    expect(page.locator("#image h2")).to_have_text("Image 17")


def test_letters_do_what_the_help_says(page):
    page.keyboard.press("l")
    expect(page.locator("#tool-lasso")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(page.locator("#tool-move")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("v")
    expect(page.locator("#selection h2")).to_have_text("300 images")
    page.keyboard.press("i")
    expect(page.locator("#pictures")).to_have_attribute("aria-pressed", "false")
    for _ in range(9):
        page.keyboard.press("+")
    page.keyboard.press("v")
    expect(page.locator("#selection h2")).to_have_count(0)  # the middle of the three groups is empty
    page.keyboard.press("0")
    page.keyboard.press("v")
    expect(page.locator("#selection h2")).to_have_text("300 images")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    expect(page.locator("#selection h2")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("25\n")
    expect(page.locator("#image h2")).to_have_text("Image 25")


def test_arrows_walk_through_tabs_and_galleries(page):
    page.locator("#tab-clusters").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-image")).to_be_focused()
    expect(page.locator("#image")).to_be_visible()
    go_to(page, 17)
    tiles = page.locator("#image .tile")
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(tiles.last).to_be_focused()
    assert tiles.evaluate_all("tiles => tiles.filter(tile => tile.tabIndex == 0).length") == 1


# Looks and other data


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
