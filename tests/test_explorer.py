"""The explorer's files: the page is whole and needs nothing else, the table opens as pictures, the images come back."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from pipeline import misfits
from pipeline.artifacts import ExplorerPage
from pipeline.config import Explorer
from pipeline.exploring import Facts, fitting, png, pngs
from pipeline.figures.style import DARK_PALETTE
from pipeline.fingerprint import page_digests
from pipeline.stages.explorer import explorer
from tests.explorers import parts, without_clusters


def known(html):
    """What the page's script is told, arrays unpacked."""
    told = json.loads(re.search(r'id="known">(.*?)</script>', html, re.DOTALL)[1])
    kinds = {"Float32Array": np.float32, "Int32Array": np.int32, "Uint16Array": np.uint16, "Uint8Array": np.uint8}
    arrays = {name: np.frombuffer(b64decode(a["data"]), kinds[a["kind"]]) for name, a in told["arrays"].items()}
    return told | arrays


def image_files(html):
    """The images as the page's script cuts them out of their sheets."""
    told = known(html)
    sheets = re.findall(r'id="sheet-\d+">(.*?)</script>', html, re.DOTALL)
    found = []
    for number, sheet in enumerate(sheets):
        lengths = told["lengths"][number * told["sheet"] : (number + 1) * told["sheet"]]
        ends = np.concatenate([[0], np.cumsum(lengths)])
        found += [b64decode(sheet.strip()[a:b]) for a, b in pairwise(ends)]
    return found


def pixels_of(file):
    with Image.open(BytesIO(file)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def inputs():
    return parts(noise=5)


@pytest.fixture(scope="module")
def made(inputs):
    return explorer(**inputs | {"config": Explorer(neighbors=6, parquet=True)})


# The page


def test_the_page_loads_nothing_and_says_so_to_the_browser(made):
    assert not re.findall(r"""(?:src|href|url|import|fetch)\s*[=(]\s*["']?(?:https?:)?//""", made.html)
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', made.html)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'; img-src data: blob:;")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        allowed = re.search(rf"{tag}-src (.*?)(?:;|$)", policy)[1].split()
        texts = re.findall(rf"<{tag}>(.*?)</{tag}>", made.html, re.DOTALL)
        digests = [sha256(text.encode()).digest() for text in texts]
        assert [b64decode(name.strip("'").removeprefix("sha256-")) for name in allowed] == digests


def test_names_cannot_become_elements(made):
    assert "<b>" not in made.html.partition("<h1>")[2].partition("</h1>")[0]
    assert "or <i>" not in made.html


def test_the_page_knows_every_image(inputs, made):
    told, clusters = known(made.html), inputs["clustering"].fitted
    np.testing.assert_array_equal(told["cluster"], clusters)
    np.testing.assert_array_equal(told["label"], inputs["labels"].fitted)
    np.testing.assert_array_equal(told["x"], inputs["map"].fitted[:, 0])
    np.testing.assert_array_equal(told["neighbours"].reshape(-1, 6), inputs["graph"].indices[:, :6])
    np.testing.assert_array_equal(told["misfit"], misfits.misfit(clusters, inputs["graph"].indices))
    assert told["majority"] == inputs["labels"].names
    assert {spot["name"] for spot in told["spots"]["cluster"]} == {"c0", "c1", "c2"}


def test_the_page_holds_every_image_as_it_is(inputs, made):
    found = [pixels_of(file) for file in image_files(made.html)]
    np.testing.assert_array_equal(np.stack(found), inputs["images"].fitted[..., 0])


@pytest.mark.parametrize("change", [{"labelled": False}, {"k": 12}, {"shape": (6, 9, 3)}, {"dtype": np.float32}])
def test_any_data_makes_a_page(change):
    inputs = parts(**{"n": 60, "noise": 2} | change)
    told = known(explorer(**inputs).html)
    assert len(told["x"]) == 60
    assert ("surprise" in told) == bool(told["labels"]) == inputs["labels"].known


def test_no_cluster_and_no_neighbour_shown_still_make_a_page():
    told = known(explorer(**without_clusters(parts(n=40)) | {"config": Explorer(neighbors=0)}).html)
    assert (told["k"], len(told["neighbours"])) == (0, 0)


def test_rows_of_a_subset_are_those_of_its_data_set(inputs):
    rows = np.arange(300) * 2
    subset = inputs | {"images": replace(inputs["images"], train_rows=rows)}
    np.testing.assert_array_equal(known(explorer(**subset).html)["row"], rows)
    everything = inputs | {"images": replace(inputs["images"], train_rows=np.arange(300))}
    assert "row" not in known(explorer(**everything).html)


def test_the_same_inputs_make_the_same_files(inputs, made):
    again = explorer(**inputs | {"config": Explorer(neighbors=6, parquet=True)})
    assert again == made


def test_the_files_come_back_from_disk(made, tmp_path):
    made.save(tmp_path)
    assert ExplorerPage.load(tmp_path) == made
    assert made.metrics() == {
        "explorer/page_mb": (tmp_path / "explorer.html").stat().st_size / 1e6,
        "explorer/parquet_mb": (tmp_path / "images.parquet").stat().st_size / 1e6,
    }
    ExplorerPage("x").save(tmp_path / "page")
    assert not (tmp_path / "page" / "images.parquet").exists()


def test_a_changed_script_makes_another_page():
    names = page_digests("pipeline.exploring.page")
    assert {"exploring/explorer.html.j2", "exploring/explorer.css", "exploring/js/main.js"} <= set(names)
    assert "report.html.j2" in page_digests("pipeline.reporting.render")


# Images


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_a_png_is_what_it_was_made_of(shape):
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    np.testing.assert_array_equal(pixels_of(png(picture)), picture)


@pytest.mark.parametrize(
    ("channels", "expected"), [(1, [51]), (2, [102]), (3, [51, 153, 255]), (4, [204, 229, 255])], ids=str
)
def test_other_channels_become_grey_or_colour(channels, expected):
    image = np.full((1, 2, 2, channels), [51, 153, 255, 64][:channels], np.uint8)
    shown = pixels_of(pngs(image)[0])[0, 0]
    np.testing.assert_allclose(np.atleast_1d(shown), expected, atol=1)


def test_floats_are_rounded_to_bytes():
    image = np.full((1, 1, 1, 1), 0.5, np.float32)
    assert pixels_of(pngs(image)[0])[0, 0] == 128


def test_images_that_do_not_fit_are_shrunk_and_a_note_says_so(module_recorder):
    images = np.random.default_rng(0).integers(0, 256, (200, 48, 64, 3)).astype(np.uint8)
    whole, media, note = fitting(images, 10_000_000)
    assert (media, note) == ("image/png", "")
    files, media, note = fitting(images, 200_000)
    assert media == "image/webp"
    assert sum(map(len, files)) <= 200_000 < sum(map(len, whole))
    side = max(pixels_of(files[0]).shape)
    assert f"lossy and {side} pixels a side" in note
    assert side < 64
    smallest, _, _ = fitting(images, 0)
    assert pixels_of(smallest[0]).shape == (9, 12, 3)


def test_a_page_keeps_to_its_size(recorder):
    inputs = parts(n=200, shape=(64, 64, 3), wrong=0)
    page = explorer(**inputs | {"config": Explorer(megabytes=1.0)}, observer=recorder)
    assert len(page.html) <= 1e6
    assert len(recorder.notes) == 1
    assert recorder.notes[0] in page.html
    assert known(page.html)["media"] == "image/webp"


# The table


def test_the_table_has_a_row_an_image(inputs, made):
    table = pq.read_table(BytesIO(made.parquet))
    facts = Facts(**{name: inputs[name] for name in ("images", "labels", "graph", "clustering", "map")})
    assert table.num_rows == facts.n
    for name, values in {
        "id": np.arange(facts.n),
        "x": facts.points[:, 0],
        "y": facts.points[:, 1],
        "cluster": facts.clusters,
        "confidence": facts.confidence,
        "misfit": facts.misfit,
        "outlier": facts.outlier,
        "label": facts.truth,
    }.items():
        np.testing.assert_array_equal(table[name].to_numpy(), values, err_msg=name)
    assert table["label_name"][7].as_py() == inputs["labels"].names[facts.truth[7]]
    near = table["neighbors"][7].as_py()
    assert near["ids"] == inputs["graph"].indices[7].tolist()
    np.testing.assert_allclose(near["distances"], inputs["graph"].distances[7])


def test_the_tables_images_open_as_pictures(inputs, made):
    table = pq.read_table(BytesIO(made.parquet))
    assert {field.name for field in table.schema.field("image").type} == {"bytes", "path"}
    cell = table["image"][3].as_py()
    np.testing.assert_array_equal(pixels_of(cell["bytes"]), inputs["images"].fitted[3, ..., 0])
    assert cell["path"] == "3.png"
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names
    assert features["image"] == {"_type": "Image"}


def test_images_that_are_files_keep_their_paths():
    inputs = parts(n=40)
    paths = [f"folder/{i}.jpg" for i in range(40)]
    files = inputs | {"images": replace(inputs["images"], paths=paths), "config": Explorer(parquet=True)}
    made = explorer(**files)
    assert [cell["path"] for cell in pq.read_table(BytesIO(made.parquet))["image"].to_pylist()] == paths
    assert known(made.html)["files"] == paths


def test_what_is_not_known_is_empty_in_the_table():
    inputs = parts(n=40, noise=3, wrong=0)
    truth = inputs["labels"].train.copy()
    truth[0] = -1
    inputs["labels"] = replace(inputs["labels"], train=truth)
    table = pq.read_table(BytesIO(explorer(**inputs | {"config": Explorer(parquet=True)}).parquet))
    assert table["label"][0].as_py() is None
    assert table["label_name"][0].as_py() is None
    assert None in table["rival"].to_pylist()
    bare = explorer(**parts(n=40, labelled=False) | {"config": Explorer(parquet=True)}).parquet
    assert not {"label", "label_name"} & set(pq.read_table(BytesIO(bare)).column_names)


# Colours


def test_the_dark_hues_are_bright_enough_for_the_dark_map():
    """Contrast as WCAG counts it, 3 being what it asks for; how far apart they are is tested with the figures."""
    colours = np.array([to_rgb(colour) for colour in (*DARK_PALETTE, "#161920")])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    bright = linear @ [0.2126, 0.7152, 0.0722] + 0.05
    assert (bright[:-1] / bright[-1]).min() >= 3
