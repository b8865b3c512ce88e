"""Lasso, gallery, CSV, clusters that are hidden or taken, ranked lists."""

import csv
import io

import numpy as np
import pytest

from tests.explorer_page.gestures import expect, go_to, lasso, members


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
