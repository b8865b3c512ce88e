"""The explorer: the data and thumbnails in its page, and the table of images."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO

import numpy as np
import pyarrow.parquet as pq
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from pipeline.artifacts import ExplorerPage
from pipeline.clustering import misfits
from pipeline.config import Explorer
from pipeline.pages.figures.style import DARK_PALETTE
from pipeline.pages.thumbnails import encode_pngs
from pipeline.stages.explorer import explorer
from pipeline.stages.explorer.facts import ImageFacts
from pipeline.stages.explorer.sprite_sheets import pack_sprite_sheets, z_order
from pipeline.workflow.fingerprint import page_digests
from tests.explorers import explorer_inputs, without_clusters
from tests.policies import check_policy, read_policy


def read_data(html):
    """The data of the page's script, with its arrays as NumPy arrays."""
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', html, re.DOTALL)[1])
    dtypes = {"Float32Array": np.float32, "Int32Array": np.int32, "Uint16Array": np.uint16, "Uint8Array": np.uint8}
    arrays = {name: np.frombuffer(b64decode(a["data"]), dtypes[a["type"]]) for name, a in data["columns"].items()}
    return data | {"columns": arrays}


def cut_thumbnails(html):
    """The images as the page's script cuts them from the sheets, in the order of the data set."""
    data = read_data(html)
    sheets = [pixels_of(b64decode(text)) for text in re.findall(r'id="sheet-\d+">(.*?)</script>', html, re.DOTALL)]
    (cell_height, cell_width), (height, width) = data["sheets"]["cell"], data["sheets"]["thumbnail"]
    rows, columns = data["sheets"]["rows"], data["sheets"]["columns"]
    thumbnails = []
    for slot in data["columns"]["slot"]:
        sheet, cell = divmod(int(slot), rows * columns)
        row, column = divmod(cell, columns)
        top, left = row * cell_height, column * cell_width
        thumbnails.append(sheets[sheet][top : top + height, left : left + width])
    return np.stack(thumbnails)


def pixels_of(file):
    with Image.open(BytesIO(file)) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def inputs():
    return explorer_inputs(noise=5)


@pytest.fixture(scope="module")
def page(inputs):
    return explorer(**inputs | {"config": Explorer(neighbors=6, parquet=True)})


# The page


def test_content_security_policy_allows_only_the_pages_own_code(page):
    check_policy(page.html)
    assert len(read_policy(page.html)["script-src"]) == 2


def test_names_cannot_become_elements(page):
    assert "<b>" not in page.html.partition("<h1>")[2].partition("</h1>")[0]
    assert "or <i>" not in page.html


def test_the_page_has_the_properties_of_every_image(inputs, page):
    data, clusters = read_data(page.html), inputs["clustering"].fitted
    columns = data["columns"]
    np.testing.assert_array_equal(columns["cluster"], clusters)
    np.testing.assert_array_equal(columns["label"], inputs["labels"].fitted)
    np.testing.assert_array_equal(columns["x"], inputs["map"].fitted[:, 0])
    np.testing.assert_array_equal(columns["neighbours"].reshape(-1, 6), inputs["graph"].indices[:, :6])
    np.testing.assert_array_equal(columns["misfit"], misfits.misfit_scores(clusters, inputs["graph"].indices))
    assert data["clustering"] == inputs["clustering"].digest


def test_exact_duplicates_and_blank_images_are_listed(inputs, page):
    assert not {"copies", "blank"} & set(read_data(page.html)["columns"])
    pixels = inputs["images"].train.copy()
    pixels[7], pixels[9], pixels[4] = pixels[5], pixels[5], 128
    columns = read_data(explorer(**inputs | {"images": replace(inputs["images"], train=pixels)}).html)["columns"]
    assert np.flatnonzero(columns["copies"] == 0).tolist() == [5, 7, 9]
    assert (columns["copies"] < 1).all()
    assert np.flatnonzero(columns["blank"]).tolist() == [4]


def test_the_page_has_the_merges_of_the_clusters(page):
    merges = read_data(page.html)["merges"]
    assert len(merges) == 2
    assert sorted(other for _, other in merges) == [1, 2]
    assert merges[-1][0] == 0
    assert 'id="merge-clusters"' in page.html
    assert 'id="merge-clusters"' not in explorer(**explorer_inputs(n=40, k=2)).html


def test_thumbnails_equal_the_images(inputs, page):
    thumbnails = cut_thumbnails(page.html)
    grey = thumbnails if thumbnails.ndim == 3 else thumbnails[..., 0]
    np.testing.assert_array_equal(grey, inputs["images"].fitted[..., 0])


@pytest.mark.parametrize("change", [{"labelled": False}, {"k": 12}, {"shape": (6, 9, 3)}, {"dtype": np.float32}])
def test_page_for_various_data(change):
    inputs = explorer_inputs(**{"n": 60, "noise": 2} | change)
    data = read_data(explorer(**inputs).html)
    assert len(data["columns"]["x"]) == 60
    assert bool(data["labels"]) == inputs["labels"].has_labels


def test_page_without_clusters_and_neighbours():
    data = read_data(explorer(**without_clusters(explorer_inputs(n=40)) | {"config": Explorer(neighbors=0)}).html)
    assert (data["k"], len(data["columns"]["neighbours"])) == (0, 0)


def test_rows_of_a_subset_refer_to_the_data_set(inputs):
    rows = np.arange(300) * 2
    subset = inputs | {"images": replace(inputs["images"], train_rows=rows)}
    np.testing.assert_array_equal(read_data(explorer(**subset).html)["columns"]["row"], rows)
    everything = inputs | {"images": replace(inputs["images"], train_rows=np.arange(300))}
    assert "row" not in read_data(explorer(**everything).html)["columns"]


def test_names_and_marks_of_a_corrected_run_are_on_the_page(inputs, page):
    assert "mark" not in read_data(page.html)["columns"]
    marks = (np.arange(300) % 3).astype(np.int8)
    corrected = replace(inputs["clustering"], names=["<i>", "", "twos"], marks=marks)
    html = explorer(**inputs | {"clustering": corrected}).html
    assert "<i>" not in html
    data = read_data(html)
    assert data["cluster_names"] == ["<i>", "", "twos"]
    np.testing.assert_array_equal(data["columns"]["mark"], marks)


def test_rows_of_both_parts_start_at_zero(inputs):
    pixels, truth = inputs["images"].train, inputs["labels"].train
    data = read_data(
        explorer(
            **inputs
            | {
                "images": replace(inputs["images"], train=pixels[:200], test=pixels[200:], split="all"),
                "labels": replace(inputs["labels"], train=truth[:200], test=truth[200:], split="all"),
            }
        ).html
    )
    assert data["n_train"] == 200
    assert data["columns"]["row"].tolist() == [*range(200), *range(100)]


def test_equal_inputs_give_equal_files(inputs, page):
    again = explorer(**inputs | {"config": Explorer(neighbors=6, parquet=True)})
    assert again == page


def test_files_are_saved_and_loaded(page, tmp_path):
    page.save(tmp_path)
    assert ExplorerPage.load(tmp_path) == page
    assert page.metrics() == {
        "explorer/page_mb": (tmp_path / "explorer.html").stat().st_size / 1e6,
        "explorer/parquet_mb": (tmp_path / "images.parquet").stat().st_size / 1e6,
    }
    ExplorerPage(b"x").save(tmp_path / "page")
    assert not (tmp_path / "page" / "images.parquet").exists()


def test_scripts_and_styles_count_in_the_fingerprint():
    names = page_digests("pipeline.stages.explorer.page")
    assert {f"stages/explorer/{name}" for name in ("explorer.html.j2", "explorer.css", "js/main.js")} <= set(names)
    assert "stages/report/report.html.j2" in page_digests("pipeline.stages.report.page")


# Images


@pytest.mark.parametrize(
    ("channels", "expected"), [(1, [51]), (2, [102]), (3, [51, 153, 255]), (4, [204, 229, 255])], ids=str
)
def test_channels_are_converted_to_grey_or_colour(channels, expected):
    image = np.full((1, 2, 2, channels), [51, 153, 255, 64][:channels], np.uint8)
    shown = pixels_of(encode_pngs(image)[0])[0, 0]
    np.testing.assert_allclose(np.atleast_1d(shown), expected, atol=1)


def test_floats_are_rounded():
    image = np.full((1, 1, 1, 1), 0.5, np.float32)
    assert pixels_of(encode_pngs(image)[0])[0, 0] == 128


def test_thumbnails_that_do_not_fit_are_smaller_and_lossy():
    images = np.random.default_rng(0).integers(0, 256, (200, 48, 64, 3)).astype(np.uint8)
    order = np.arange(200, dtype=np.int32)
    whole = pack_sprite_sheets(images, order, 10_000_000)
    assert whole.note == ""
    assert whole.thumbnail == (48, 64)
    small = pack_sprite_sheets(images, order, 200_000)
    assert small.size <= 200_000 < whole.size
    assert f"lossy thumbnails of at most {max(small.thumbnail)} pixels" in small.note
    assert max(small.thumbnail) < 64
    assert pack_sprite_sheets(images, order, 0).thumbnail == (9, 12)


def test_neighbours_on_the_map_are_near_in_the_order_of_the_sheets():
    points = np.random.default_rng(0).random((4000, 2)).astype(np.float32)
    order = z_order(points)
    assert sorted(order) == list(range(4000))
    steps = np.linalg.norm(np.diff(points[order], axis=0), axis=1)
    assert np.median(steps) < 0.1 * np.median(np.linalg.norm(np.diff(points, axis=0), axis=1))


def test_a_page_keeps_to_its_size(recorder):
    inputs = explorer_inputs(n=200, shape=(64, 64, 3), wrong=0)
    page = explorer(**inputs | {"config": Explorer(megabytes=1.0)}, observer=recorder)
    assert len(page.html) <= 1e6
    assert len(recorder.notes) == 1
    assert recorder.notes[0] in page.html


# The table


def test_table_has_a_row_per_image(inputs, page):
    table = pq.read_table(BytesIO(page.parquet))
    facts = ImageFacts(**{name: value for name, value in inputs.items() if name != "config"}, digest="")
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


def test_images_of_the_table_open(inputs, page):
    table = pq.read_table(BytesIO(page.parquet))
    assert {field.name for field in table.schema.field("image").type} == {"bytes", "path"}
    cell = table["image"][3].as_py()
    np.testing.assert_array_equal(pixels_of(cell["bytes"]), inputs["images"].fitted[3, ..., 0])
    assert cell["path"] == "3.png"
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names
    assert features["image"] == {"_type": "Image"}


def test_file_paths_are_kept():
    inputs = explorer_inputs(n=40)
    paths = [f"folder/{i}.jpg" for i in range(40)]
    files = inputs | {"images": replace(inputs["images"], paths=paths), "config": Explorer(parquet=True)}
    page = explorer(**files)
    assert [cell["path"] for cell in pq.read_table(BytesIO(page.parquet))["image"].to_pylist()] == paths
    assert read_data(page.html)["paths"] == paths


def test_unknown_values_are_null_in_the_table():
    inputs = explorer_inputs(n=40, noise=3, wrong=0)
    truth = inputs["labels"].train.copy()
    truth[0] = -1
    inputs["labels"] = replace(inputs["labels"], train=truth)
    table = pq.read_table(BytesIO(explorer(**inputs | {"config": Explorer(parquet=True)}).parquet))
    assert table["label"][0].as_py() is None
    assert table["label_name"][0].as_py() is None
    assert None in table["rival"].to_pylist()
    bare = explorer(**explorer_inputs(n=40, labelled=False) | {"config": Explorer(parquet=True)}).parquet
    assert not {"label", "label_name"} & set(pq.read_table(BytesIO(bare)).column_names)


# Colours


def test_dark_palette_has_sufficient_contrast():
    """Contrast as WCAG counts it, 3 being what it asks for; how far apart they are is tested with the figures."""
    colours = np.array([to_rgb(colour) for colour in (*DARK_PALETTE, "#161920")])
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    bright = linear @ [0.2126, 0.7152, 0.0722] + 0.05
    assert (bright[:-1] / bright[-1]).min() >= 3
