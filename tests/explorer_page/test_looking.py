"""The map, an image and what is known of it, colours."""

from tests.explorer_page.gestures import POINTS, box, expect, go_to, ink, settle, visit


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
