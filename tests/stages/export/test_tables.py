"""Stage export: tables and data sets of other tools, as their readers see them."""

import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipeline.artifacts import Images, Labels
from pipeline.config import Export
from pipeline.data.parquet import read_parquet
from pipeline.data.vectors import read_vectors
from pipeline.runtime.observer import SILENT
from pipeline.stages.export import export
from pipeline.stages.export.exported_set import exported_set
from tests.stages.export.run_parts import files_below, labels_of, run_parts

# Tables


def test_tables_have_all_that_is_known_of_each_image(exported, parts, labels):
    table = pd.read_parquet(exported("parquet").path / "images.parquet")
    assert list(table) == [
        "id", "file", "split", "part", "cluster", "name", "confidence", "label", "misfit", "outlier", "mark", "x", "y",
        "neighbors",
    ]  # fmt: skip
    clustering = parts["clustering"]
    assert table["cluster"].tolist() == [*clustering.fitted[1:], *clustering.held_out]
    assert table["confidence"].tolist() == [*clustering.confidence[1:], *clustering.held_confidence]
    assert table["label"].tolist() == [str(label) for label in labels_of(labels)[1:]]
    assert (table["part"] == "held out").sum() == 32
    assert table["file"].iloc[[0, -1]].tolist() == ["train/1", "test/31"]
    assert table["mark"].dropna().to_dict() == {6: "not sure"}
    assert table["misfit"].notna().tolist() == [True] * 95 + [False] * 32
    assert table.loc[3, "x"] == parts["map"].fitted[4, 0]


def test_neighbours_are_rows_of_the_table(exported, parts):
    """Also where an image was removed; all lists have one length, which embedding-atlas needs."""
    table = pd.read_parquet(exported("parquet", vectors=True).path / "images.parquet")
    vectors = np.stack(table["vector"])
    assert np.array_equal(vectors[0], parts["latents"].fitted[1])
    indices = np.stack([row["ids"] for row in table["neighbors"]])
    distances = np.stack([row["distances"] for row in table["neighbors"]])
    expected = np.linalg.norm(vectors[:, None] - vectors[indices], axis=2)
    assert distances == pytest.approx(expected, rel=1e-3)
    assert not (indices == np.arange(127)[:, None]).any()
    assert (table["part"].to_numpy()[indices] == "fitted").all()


def test_csv_has_the_same_rows(exported):
    table = pd.read_csv(exported("csv").path / "images.csv", dtype={"label": str})
    parquet = pd.read_parquet(exported("parquet").path / "images.parquet")
    assert table["file"].tolist() == parquet["file"].tolist()
    assert table["cluster"].tolist() == parquet["cluster"].tolist()
    assert [int(word) for word in table["neighbors"][0].split()] == parquet["neighbors"][0]["ids"].tolist()


def test_exported_vectors_are_read_again(exported, parts):
    source = read_vectors(str(exported("parquet", vectors=True).path / "images.parquet"))
    assert np.array_equal(source.vectors[:95], parts["latents"].fitted[1:])


def test_exact_copies_have_a_number(labels, tmp_path):
    """Also across the parts; in Hugging Face's files it is an integer that may be missing."""
    pixels = np.random.default_rng(0).integers(0, 255, (12, 6, 6, 1), np.uint8)
    pixels[[7, 11]] = pixels[2]
    run = run_parts(Images(pixels[:8], pixels[8:]), Labels(np.full(8, -1, np.int32), np.full(4, -1, np.int32)))
    table = pd.read_parquet(export(Export(format="parquet"), **run, path=tmp_path / "a").path / "images.parquet")
    assert table["copies"].dropna().to_dict() == {2: 0, 7: 0, 11: 0}
    folder = export(Export(format="huggingface"), **run, path=tmp_path / "b").path / "data"
    column = pq.read_table(folder / "train-00000-of-00001.parquet")["copies"]
    assert column.to_pylist() == [None, None, 0, None, None, None, None, 0]


def test_a_run_without_map_labels_and_names_has_no_such_columns(parts, tmp_path):
    unknown = Labels(np.full(96, -1, np.int32), np.full(32, -1, np.int32))
    clustering = replace(parts["clustering"], names=[], marks=None)
    bare = parts | {"labels": unknown, "map": None, "clustering": clustering}
    result = export(Export(format="parquet"), **bare, path=tmp_path / "out")
    table = pd.read_parquet(result.path / "images.parquet")
    assert len(table) == 128
    assert not {"x", "y", "label", "name", "mark", "path"} & set(table)


# Data sets of other tools


def test_hugging_face_finds_images_and_class_names(exported, parts, images):
    """Column types as `datasets` documents them: it opens these files as Image and ClassLabel."""
    folder = exported("huggingface").path
    assert files_below(folder) == ["data/test-00000-of-00001.parquet", "data/train-00000-of-00001.parquet"]
    table = pq.read_table(folder / "data" / "train-00000-of-00001.parquet")
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names
    assert features["image"] == {"_type": "Image"}
    assert features["label"] == {"_type": "ClassLabel", "names": ["seven", "c1", "a/b"]}
    assert table["label"].to_pylist()[:4] == [-1, 0, 2, 0]
    cell = table["image"][1].as_py()
    assert cell["path"] == "train_00002.png"
    assert np.array_equal(np.asarray(Image.open(BytesIO(cell["bytes"]))), images.fitted[2][..., 0])
    assert table.num_rows == 95


def test_the_package_datasets_opens_images_and_class_names(exported, images, tmp_path):
    datasets = pytest.importorskip("datasets", reason="datasets is not installed: pip install datasets")
    folder = exported("huggingface", vectors=True).path / "data"
    files = {part: str(folder / f"{part}-*") for part in ("train", "test")}
    opened = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    features = opened["train"].features
    assert isinstance(features["image"], datasets.Image)
    assert features["label"] == datasets.ClassLabel(names=["seven", "c1", "a/b"])
    assert opened["train"]["label"][:4] == [-1, 0, 2, 0]
    pixels = {part: np.stack([np.asarray(image) for image in opened[part]["image"]]) for part in files}
    assert np.array_equal(pixels["train"], images.fitted[1:, ..., 0])  # the first is marked for removal
    assert np.array_equal(pixels["test"], images.held_out[..., 0])


def test_hugging_face_files_are_read_again(exported, parts):
    source = read_parquet(str(exported("huggingface").path))
    assert (len(source.train), len(source.test)) == (95, 32)
    assert source.names == ["seven", "c1", "a/b"]
    assert source.train_labels[:3].tolist() == [-1, 0, 2]


def test_coco_has_a_box_around_each_image(photos, tmp_path):
    result = export(Export(format="coco"), **photos, path=tmp_path / "out")
    content = json.loads((result.path / "annotations.json").read_text(encoding="utf-8"))
    assert [category["name"] for category in content["categories"]] == ["c0", "c1", "c2", "c3"]
    assert len(content["images"]) == 6
    images = {row["id"]: row for row in content["images"]}
    assert len(content["annotations"]) == 4  # noise has none
    for row in content["annotations"]:
        image = images[row["image_id"]]
        with Image.open(result.path / "images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"]) == tuple(row["bbox"][2:])
            assert row["area"] == picture.width * picture.height


def test_files_with_absolute_names_keep_their_paths(photos):
    images = replace(photos["images"], paths=["/other/a.png", *photos["images"].paths[1:]])
    paths = exported_set(**photos | {"images": images}, observer=SILENT).table()["path"].tolist()
    assert paths[:2] == ["/other/a.png", f"{images.folder}/cat/tom.PNG"]


def test_fiftyone_finds_a_label_for_each_file(exported):
    folder = exported("fiftyone").path
    content = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    assert content["classes"] == ["seven", "c1", "a/b"]
    assert set(content["labels"]) == {file.stem for file in (folder / "data").iterdir()}
    assert content["labels"]["train_00001"] is None
    label = content["labels"]["train_00004"]
    assert content["classes"][label["label"]] == "seven"
    assert label["attributes"] == {"cluster": 0, "part": "fitted", "true_label": "4"}
