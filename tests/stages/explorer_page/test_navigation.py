"""Moving around the page: wheel, drag, keyboard."""

import pytest

from tests.stages.explorer_page.gestures import count_colours, drag, expect, find_image, map_box, wait_until_still

pytestmark = pytest.mark.slow


def test_wheel_zooms_to_thumbnails_and_drag_moves(page):
    x, y, width, height = map_box(page)
    page.mouse.move(x + 0.85 * width, y + 0.55 * height)
    for _ in range(8):
        page.mouse.wheel(0, -240)
    colours = count_colours(page, "overlay")
    page.click("#toggle-thumbnails")
    assert colours > 2 * count_colours(page, "overlay")
    before = page.screenshot()
    drag(page, (0.4, 0.6), (0.7, 0.8))
    wait_until_still(page)
    assert page.screenshot() != before
    expect(page.locator("#selection h2")).to_have_count(0)


def test_shift_drag_is_a_lasso(page):
    page.keyboard.down("Shift")
    drag(page, (0.5, 0.12), (0.99, 0.12), (0.99, 0.99), (0.5, 0.99))
    page.keyboard.up("Shift")
    expect(page.locator("#selection h2")).to_be_visible()


def test_all_controls_are_reachable_by_keyboard_with_visible_focus(page):
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.id || document.activeElement.className,"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        assert outline >= 2, name
        reached.add(name)
    assert {
        "query",
        "toggle-theme",
        "open-help",
        "overlay",
        "colour",
        "tool-lasso",
        "zoom-in",
        "tab-clusters",
    } <= reached
    assert {"show-all", "show-0", "tile"} <= reached


def test_arrow_keys_move_the_crosshair_and_enter_pins(page):
    find_image(page, 17)
    page.click("#unpin")
    page.locator("#overlay").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tooltip")).to_contain_text("Image 17")
    expect(page.locator("#announcement")).to_contain_text("Image 17, cluster")
    page.keyboard.press("Enter")
    expect(page.locator("#image h2")).to_have_text("Image 17")


def test_shortcuts_of_the_help(page):
    page.keyboard.press("l")
    expect(page.locator("#tool-lasso")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(page.locator("#tool-move")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("v")
    expect(page.locator("#selection h2")).to_have_text("300 images")
    page.keyboard.press("i")
    expect(page.locator("#toggle-thumbnails")).to_have_attribute("aria-pressed", "false")
    for _ in range(9):
        page.keyboard.press("+")
    page.keyboard.press("v")
    expect(page.locator("#selection h2")).to_have_count(0)  # no image lies between the three groups
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


def test_arrow_keys_move_through_tabs_and_galleries(page):
    page.locator("#tab-clusters").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-image")).to_be_focused()
    expect(page.locator("#image")).to_be_visible()
    find_image(page, 17)
    tiles = page.locator("#image .tile")
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(tiles.last).to_be_focused()
    assert tiles.evaluate_all("tiles => tiles.filter(tile => tile.tabIndex == 0).length") == 1
