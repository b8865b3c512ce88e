"""Lasso, gallery, CSV, hidden and selected clusters, ranked lists."""

import csv
import io

import numpy as np
import pytest

from tests.stages.explorer_page.gestures import expect, find_image, lasso, members, tile_images

pytestmark = pytest.mark.slow


def test_lasso_selects_the_images_inside_and_shows_their_composition(page, inputs):
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


def test_long_gallery_shows_more_on_request(page):
    lasso(page, 0.01, 0.99)
    page.click("#selection .more")
    expect(page.locator("#selection .tile")).to_have_count(240)
    page.click("#selection .more")
    expect(page.locator("#selection .tile")).to_have_count(300)
    expect(page.locator("#selection .more")).to_be_hidden()


def test_selection_is_saved_as_csv(page, inputs):
    lasso(page, 0.5, 0.99)
    with page.expect_download() as download:
        page.click("#save-csv")
    assert download.value.suggested_filename == "blobs_b_-selection.csv"
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_bytes().decode(), newline="")))
    inside = np.flatnonzero(inputs["map"].fitted[:, 0] > 2.5)
    assert [int(row["index"]) for row in rows] == inside.tolist()
    assert list(rows[0]) == ["index", "image", "cluster", "label", "confidence", "misfit", "outlier", "x", "y"]
    clustering, names = inputs["clustering"], inputs["labels"].names
    for row, i in zip(rows, inside, strict=True):
        assert int(row["cluster"]) == clustering.fitted[i]
        assert row["label"] == names[inputs["labels"].fitted[i]]
        assert float(row["confidence"]) == pytest.approx(clustering.confidence[i], abs=6e-5)
        assert float(row["x"]) == pytest.approx(inputs["map"].fitted[i, 0], abs=6e-5)


def test_hidden_clusters_are_not_selected_and_can_be_shown_again(page, inputs):
    page.uncheck("#show-1")
    visible = len(members(inputs, -1, 0, 2))
    expect(page.locator("#status")).to_have_text(f"{visible} of 300 images shown")
    lasso(page, 0.01, 0.99)
    expect(page.locator("#selection h2")).to_have_text(f"{visible} images")
    page.click("#tab-clusters")
    page.get_by_label("Show c2 only").click()
    expect(page.locator("#show-0")).not_to_be_checked()
    page.click("#show-all")
    expect(page.locator("#show-0")).to_be_checked()


def test_search_shows_the_hidden_cluster_of_an_image(page, inputs):
    page.click("#hide-all")
    expect(page.locator("#status")).to_have_text("0 of 300 images shown")
    find_image(page, members(inputs, 1)[0])
    expect(page.locator("#status")).to_have_text(f"{len(members(inputs, 1))} of 300 images shown")


def test_button_selects_a_cluster(page, inputs):
    page.get_by_label("Select c2").click()
    expect(page.locator("#selection h2")).to_have_text(f"{len(members(inputs, 2))} images")


def test_lists_are_ranked(page):
    page.click("#tab-lists")
    tiles = page.locator("#lists .tile")
    assert set(tile_images(tiles)) == {0, 1, 2, 3}  # `explorer_inputs` puts these in the wrong cluster
    expect(tiles.first).to_contain_text("→")
    page.select_option("#list", "outliers")
    ratios = [float(text.rstrip("×")) for text in tiles.all_text_contents()]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 1.5
    page.select_option("#list", "disagreements")
    assert set(tile_images(tiles)) == {0, 1, 2, 3}
    page.click("#select-list")
    expect(page.locator("#selection h2")).to_have_text("4 images")


def test_lists_contain_visible_clusters_only(page):
    page.click("#tab-lists")
    page.click("#tab-clusters")
    page.click("#hide-all")
    page.click("#tab-lists")
    expect(page.locator("#lists .tile")).to_have_count(0)
    expect(page.locator("#lists")).to_contain_text("No image has most of its neighbours")
