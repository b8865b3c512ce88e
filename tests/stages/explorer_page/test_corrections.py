"""Corrections on the page, by mouse and by keyboard: what they change, how they are kept, saved and loaded."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts.images import Images
from pipeline.stages.explorer.stage import explorer
from pipeline.workflow.page_links import link_pages
from tests.explorers import explorer_inputs
from tests.stages.explorer_page.gestures import expect, find_image, lasso, members, open_page, opened, wait_until_still

pytestmark = pytest.mark.slow


def rows(page):
    """Name and size of each cluster in the list."""
    return page.locator(".clusters li").evaluate_all(
        """rows => Object.fromEntries(rows.map((row) => {
            const [name, size] = ["b", ".number"].map((part) => row.querySelector(part).textContent);
            return [name, Number(size)];
        }))"""
    )


def save_edits(page):
    page.click("#tab-corrections")
    with page.expect_download() as download:
        page.click("#save-edits")
    assert download.value.suggested_filename == "edits.json"
    return json.loads(download.value.path().read_text(encoding="utf-8"))


def load_edits(page, content):
    text = content if isinstance(content, str) else json.dumps(content)
    page.click("#tab-corrections")
    page.set_input_files("#edits-file", {"name": "mine.json", "mimeType": "application/json", "buffer": text.encode()})


def announced(page, text):
    expect(page.locator("#announcement")).to_have_text(text)


def sizes(inputs):
    return {f"c{cluster}": len(members(inputs, cluster)) for cluster in range(3)} | {"noise": len(members(inputs, -1))}


def test_a_lasso_becomes_a_new_cluster_everywhere(page, inputs):
    wait_until_still(page)
    before = page.screenshot(clip={"x": 180, "y": 150, "width": 400, "height": 400})
    lasso(page, 0.5, 0.99)
    inside = np.flatnonzero(inputs["map"].fitted[:, 0] > 2.5)
    page.click("#selection-new")
    expect(page.locator("#open-corrections")).to_have_text("1 correction, not saved")
    announced(page, f"{len(inside)} images moved to c3, c3 is new")
    expect(page.locator(".composition").nth(0).locator("tr")).to_have_count(1)
    with page.expect_download() as download:
        page.click("#save-csv")
    table = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert {row["cluster"] for row in table} == {"3"}
    page.click("#tab-clusters")
    assert rows(page)["c3"] == len(inside)
    page.keyboard.press("Escape")
    wait_until_still(page)
    assert page.screenshot(clip={"x": 180, "y": 150, "width": 400, "height": 400}) != before
    find_image(page, inside[0])
    expect(page.locator("#image dl")).to_contain_text(f"c3 (in the run c{inputs['clustering'].fitted[inside[0]]}")
    page.keyboard.press("Escape")
    page.locator("#overlay").focus()
    page.keyboard.press("Control+z")
    assert rows(page) == sizes(inputs)
    expect(page.locator("#open-corrections")).to_be_hidden()


def test_clusters_are_named_merged_and_split_in_their_dialog(page, inputs):
    page.click("#edit-2")
    page.fill("#new-name", '  <b>"twos"</b>  & co ')
    page.keyboard.press("Enter")
    name = 'c2 <b>"twos"</b> & co'
    expect(page.locator("#edit-2")).to_be_focused()
    page.click("#edit-0")
    page.fill("#new-name", '<b>"twos"</b> & co')
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('#new-name').validationMessage").startswith("c2 has this name")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.click("#edit-2")
    page.fill("#parts", "3")
    page.keyboard.press("Enter")
    expect(page.locator("[data-cluster='2']")).to_contain_text("to be split in 3")
    page.click("#edit-1")
    page.click("#merge")
    page.locator("#chooser-options li", has_text="c2").click()
    expected = sizes(inputs)
    assert rows(page) == {"c0": expected["c0"], name: expected["c1"] + expected["c2"], "noise": expected["noise"]}
    assert save_edits(page) == {
        "version": 1,
        "clustering": inputs["clustering"].digest,
        "edits": [
            {"action": "merge", "clusters": [2, 1]},
            {"action": "rename", "cluster": 2, "name": '<b>"twos"</b> & co'},
            {"action": "split", "cluster": 2, "parts": 3},
        ],
    }
    expect(page.locator("#open-corrections")).to_have_text("3 corrections, not applied yet")


def test_everything_works_by_keyboard(page, inputs):
    press, keys = page.keyboard.press, page.keyboard.type
    press("v")
    press("n")
    keys("1")  # the selection has several clusters
    press("Enter")
    keys("ones")
    press("Enter")
    announced(page, "c1 named “ones”")
    press("Escape")
    page.locator("#tab-selection").focus()
    press("ArrowLeft")
    press("ArrowLeft")
    page.locator("#show-0").focus()
    press("s")
    press("Enter")
    announced(page, "c0 to be split in 2")
    expect(page.locator("#show-0")).to_be_focused()
    press("j")
    keys("one")
    press("Enter")
    announced(page, "c0 merged into c1")
    find_image(page, 17)
    page.locator("#image .tile").first.focus()
    image = int(page.locator("#image .tile").first.get_attribute("data-image"))
    press("x")
    announced(page, "1 image marked “not sure”")
    expect(page.locator(f"#image .tile[data-image='{image}']")).to_be_focused()
    press("Delete")
    press("c")
    for _ in range(3):  # from "New cluster" over c1 and c2 to noise
        press("ArrowDown")
    press("Enter")
    announced(page, "1 image moved to noise, 1 image no longer marked")
    press("c")
    keys("mine")
    press("Enter")
    announced(page, "1 image moved to c3, c3 “mine” is new")
    press("Control+z")
    press("Control+Shift+z")
    announced(page, "Redone: 1 image moved to c3, c3 “mine” is new")
    press("e")
    expect(page.locator("#tab-corrections")).to_be_focused()
    expect(page.locator(".steps li")).to_have_count(7)
    outlines = set()
    for _ in range(5):
        press("Tab")
        outlines.add(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)"))
    assert outlines == {2}


def test_marked_images_are_listed_and_removed_ones_are_noise(page, inputs):
    page.get_by_label("Select c2").click()
    page.click("#selection-remove")
    expect(page.locator("#selection-remove")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".composition").nth(0)).to_contain_text("noise")
    page.click("#tab-lists")
    page.select_option("#list", "marked")
    expect(page.locator("#lists .tile[data-mark=remove]")).to_have_count(len(members(inputs, 2)))
    page.click("#tab-selection")
    page.click("#selection-remove")
    page.click("#tab-clusters")
    assert rows(page) == sizes(inputs)


def test_corrections_are_kept_for_this_clustering_alone(page, inputs, file, tmp_path):
    page.get_by_label("Select c2").click()
    page.click("#selection-not_sure")
    open_page(page, file)
    expect(page.locator("#open-corrections")).to_have_text("1 correction, not saved")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    other = replace(inputs["clustering"], names=["a", "b", "c"])
    explorer(**inputs | {"clustering": other}).save(tmp_path)
    open_page(page, tmp_path / "explorer.html")
    expect(page.locator("#open-corrections")).to_be_hidden()
    open_page(page, file)
    expect(page.locator("#open-corrections")).to_be_visible()
    page.keyboard.press("e")
    page.click("#discard")
    expect(page.locator("#open-corrections")).to_be_hidden()
    page.click("#undo")
    expect(page.locator("#open-corrections")).to_be_visible()


def test_a_saved_file_is_loaded_again(browser, inputs, tmp_path):
    """Both parts are fitted, the run corrected names and marks, and the file names the run."""
    pixels, truth = inputs["images"].train, inputs["labels"].train
    marks = np.zeros(300, np.int8)
    marks[5] = 1
    corrected = inputs | {
        "images": Images(pixels[:200], pixels[200:], "all", "both"),
        "labels": replace(inputs["labels"], train=truth[:200], test=truth[200:], split="all"),
        "clustering": replace(inputs["clustering"], names=["", "ones", ""], marks=marks),
    }
    explorer(**corrected).save(tmp_path)
    link_pages(tmp_path, ["explorer"], "12ab")
    edits = [
        {"action": "create", "cluster": 3, "name": "new"},
        {"action": "move", "images": ["train/17", "test/0"], "cluster": 3},
        {"action": "mark", "images": ["train/5"], "mark": "none"},
    ]
    saved = {"version": 1, "clustering": corrected["clustering"].digest, "run_id": "12ab", "edits": edits}
    with opened(browser, tmp_path / "explorer.html") as page:
        page.get_by_label("Select c0").click()
        page.click("#selection-not_sure")
        load_edits(page, saved)
        announced(page, "Loaded mine.json: 3 corrections")
        expect(page.locator(".command")).to_have_text("python -m pipeline stage=edit run=12ab edits=edits.json")
        assert save_edits(page) == saved
        page.click("#tab-clusters")
        assert {"c1 ones", "c3 new"} <= set(rows(page))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "it is not JSON"),
        ({"version": 1}, "it has no list “edits”"),
        ({"version": 2, "edits": []}, "its version is 2; this page reads version 1"),
        ({"version": 1, "clustering": "abc", "edits": []}, "it corrects another clustering (abc; this one is DIGEST)"),
        ([{"action": "move", "images": ["300"], "cluster": 0}], "edit 1: no image here is named “300”"),
        ([{"action": "paint"}], "edit 1: unknown action “paint”"),
        ([{"action": "merge", "clusters": [0, 1]}, {"action": "split", "cluster": 1, "parts": 2}], "edit 2 does not"),
        ([{"action": "create", "cluster": 7, "name": ""}], "edit 1 does not fit"),
        ([{"action": "move", "images": None, "cluster": 0}], "edit 1 does not fit"),
    ],
    ids=range(9),
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(page, inputs, content, message):
    digest = inputs["clustering"].digest
    load_edits(page, {"version": 1, "clustering": digest, "edits": content} if isinstance(content, list) else content)
    expect(page.locator("#load-error")).to_contain_text(
        f"mine.json cannot be used: {message.replace('DIGEST', digest)}"
    )
    expect(page.locator("#open-corrections")).to_be_hidden()


def test_without_storage_the_page_says_so(browser, file):
    with opened(browser, file) as page:
        page.context.add_init_script(
            "Object.defineProperty(window, 'localStorage', { get() { throw new Error('denied'); } });"
        )
        open_page(page, file)
        page.get_by_label("Select c2").click()
        page.click("#selection-new")
        page.click("#open-corrections")
        expect(page.locator("#corrections")).to_contain_text("This browser keeps nothing for this page")
        assert save_edits(page)["edits"][0]["action"] == "create"
        page.click("#tab-clusters")
        assert "c3" in rows(page)


def test_names_of_the_run_are_shown_as_text(browser, tmp_path):
    inputs = explorer_inputs(n=60)
    names = ["<img src=x onerror=alert(1)>", "a\u202eb", "שלום"]
    images = replace(inputs["images"], paths=[f"<b>{i}\u202egnp.exe" for i in range(60)])
    labels = replace(inputs["labels"], names=["a\u202eb", "<i>", "c"])
    clustering = replace(inputs["clustering"], names=names)
    explorer(**inputs | {"clustering": clustering, "images": images, "labels": labels}).save(tmp_path)
    with opened(browser, tmp_path / "explorer.html") as page:
        page.select_option("#colour", "label")
        expect(page.locator("#legend")).to_contain_text(r"a\u202eb")
        find_image(page, "7")
        expect(page.locator("#image")).to_contain_text(r"<b>7\u202egnp.exe")
        page.click("#tab-clusters")
        assert list(rows(page)) == [f"c0 {names[0]}", "c1 ab", "c2 \u2068שלום\u2069"]
        assert page.locator(".clusters img[src=x]").count() == 0
