"""Files dropped on the page or chosen: pictures, tables of stage=search, corrections, and all others."""

import json
from dataclasses import replace

import numpy as np
import pytest

from pipeline.artifacts import Latents
from pipeline.config import Search
from pipeline.data.new_images import NewImages
from pipeline.embedding.neighbors import exact
from pipeline.models.baselines import PixelModel
from pipeline.pages.thumbnails import encode_png
from pipeline.stages.explorer.stage import explorer
from pipeline.stages.search import search
from pipeline.workflow.page_links import link_pages
from tests.stages.explorer_page.gestures import expect, members, opened, thumbnail_pixels, tile_images

pytestmark = pytest.mark.slow

HEADER = "query,rank,image,cluster,name,distance"


def drop(page, **files):
    """Drop files, given by name as text or bytes, on the map; the overlay must show before and be hidden after."""
    contents = [[name, list(data.encode() if isinstance(data, str) else data)] for name, data in files.items()]
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
            return transfer;
        }""",
        contents,
    )
    page.dispatch_event("#overlay", "dragenter", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_visible()
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    expect(page.locator("#drop")).to_be_hidden()


@pytest.fixture(scope="module")
def table(inputs):
    """search.csv of two queries, the first of which is image 17, and its rows."""
    images = inputs["images"]
    model = PixelModel(images.shape)
    latents = Latents(model.encode(images.fitted), model.encode(images.held_out), [64])
    queries = NewImages(images.fitted[[17, 60]], ['in/a "b", c.png', "60.png"])
    clustering = replace(inputs["clustering"], names=["", "ones", ""])
    return search(Search(k=20), queries, images, model, latents, exact(latents, 10), clustering).table


def test_a_picture_is_shown_with_the_command_that_searches_for_it(browser, inputs, tmp_path):
    explorer(**inputs).save(tmp_path)
    link_pages(tmp_path, ["explorer"], "12ab")
    pixels = inputs["images"].fitted[17, ..., 0]
    with opened(browser, tmp_path / "explorer.html", permissions=["clipboard-write", "clipboard-read"]) as page:
        page.keyboard.press("f")
        expect(page.locator("#choose-files")).to_be_focused()
        files = [{"name": "it's.PNG", "mimeType": "", "buffer": encode_png(pixels)}]
        page.set_input_files("#files", files)
        np.testing.assert_array_equal(thumbnail_pixels(page.locator(".query .thumbnail")), pixels)
        page.click("#copy-search-command")
        command = r"python -m pipeline stage=search input='it'\''s.PNG' run=12ab search.k=50"
        assert page.evaluate("navigator.clipboard.readText()") == command
        page.set_input_files("#files", files * 2)
        expect(page.locator(".command")).to_contain_text("input=FOLDER")


def test_a_table_of_a_search_becomes_a_ranked_list_and_the_selection(page, inputs, table):
    page.click("#hide-all")
    drop(page, **{"search (1).csv": table.to_csv(index=False)})
    tiles = page.locator("#similar .tile")
    nearest = table.drop_duplicates("image")
    expect(page.locator("#similar h2")).to_have_text(f"{len(nearest)} similar images")
    clusters = set(inputs["clustering"].fitted[nearest["image"].astype(int)].tolist())
    expect(page.locator("#status")).to_contain_text(f"{len(members(inputs, *clusters))} of 300 images shown")
    page.select_option("#search-query", label='in/a "b", c.png')
    first = table[:20]
    assert tile_images(tiles) == first["image"].astype(int).tolist()
    assert [text.split(" · ")[0] for text in tiles.all_text_contents()] == [str(rank) for rank in range(1, 21)]
    assert float(tiles.nth(19).text_content().split(" · ")[1]) == pytest.approx(first["distance"].iloc[-1], rel=0.01)
    expect(page.locator("#status")).to_contain_text("20 selected")
    page.keyboard.press("x")
    expect(page.locator("#similar .tile[data-mark=not_sure]")).to_have_count(20)


def test_images_that_are_not_on_the_page_are_left_out(page, table):
    changed = table.head(20).copy()
    changed.loc[changed.index[3:5], "image"] = ["1000", "1001"]
    changed.loc[changed.index[6], "cluster"] = 7
    drop(page, **{"search.csv": changed.to_csv(index=False)})
    expect(page.locator("#similar .tile")).to_have_count(18)
    expect(page.locator("#similar .unexpected")).to_have_text(
        [
            "Not on this page and left out: 2 of its 20 images.",
            "In another cluster on this page: 1 of its 20 images. The table is not of this run.",
        ]
    )


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.csv": f"{HEADER}\nq,1,1000,0,,0.5"}, "a.csv cannot be used: 0 of its 1 image are on this page"),
        ({"a.csv": f"{HEADER}\nq,1,17,9,,0.5"}, "a.csv cannot be used: 1 of its 1 image are in another cluster"),
        ({"a.csv": f"{HEADER}\r\nq,1,17,0,,\r\n"}, "a.csv cannot be used: row 1 has no rank or distance"),
        ({"a.csv": HEADER}, "a.csv cannot be used: it has no rows"),
        ({"a.csv": "index,image\n0,17"}, "a.csv cannot be used: drop a picture, search.csv or edits.json"),
        ({"notes.txt": "x"}, "notes.txt cannot be used: drop a picture, search.csv or edits.json"),
        ({"a.png": "", "a.csv": ""}, "Drop one file at a time, or several pictures"),
    ],
    ids=range(7),
)
def test_other_files_are_refused_in_one_line(page, files, message):
    drop(page, **files)
    expect(page.locator("#file-error")).to_contain_text(message)
    expect(page.locator("#similar .tile")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("300 images")


def test_corrections_are_dropped_too(page, inputs):
    edits = [{"action": "rename", "cluster": 1, "name": "ones"}]
    drop(
        page,
        **{"mine.json": json.dumps({"version": 1, "clustering": inputs["clustering"].digest, "edits": edits})},
    )
    expect(page.locator(".steps li")).to_contain_text("ones")


def test_the_overlay_is_for_files_from_outside(page):
    text = page.evaluate_handle("() => { const t = new DataTransfer(); t.setData('text/plain', 'x'); return t; }")
    page.dispatch_event("#overlay", "dragenter", {"dataTransfer": text})
    expect(page.locator("#drop")).to_be_hidden()
    file = page.evaluate_handle("() => { const t = new DataTransfer(); t.items.add(new File([], 'a.png')); return t; }")
    page.dispatch_event("#overlay", "dragenter", {"dataTransfer": file})
    expect(page.locator("#drop")).to_contain_text("search.csv")
    page.dispatch_event("#drop", "dragleave")
    expect(page.locator("#drop")).to_be_hidden()
    page.dispatch_event(".thumbnail >> nth=0", "dragstart")
    page.dispatch_event("#overlay", "dragenter", {"dataTransfer": file})
    expect(page.locator("#drop")).to_be_hidden()
