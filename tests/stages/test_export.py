"""Stage export: every format as its readers see it, what is left out, and that nothing is overwritten."""

import errno
import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipeline.artifacts import Clustering, Images, Labels, Latents, Map
from pipeline.config import Export
from pipeline.data.image_folder import read_image_folder
from pipeline.data.parquet import read_parquet
from pipeline.data.vectors import read_vectors
from pipeline.embedding.neighbors import exact
from pipeline.runtime.errors import UserError
from pipeline.stages.export import export
from pipeline.stages.export.formats import FORMATS
from tests.helpers import compose

NAMES = ["seven", "", "seven", "a/b"]
"""Clusters 0 and 2 have one name, cluster 1 has none."""


def run_parts(images, labels, names=(), marks=None):
    """The artifacts of a run with four clusters, the first two fitted images noise."""
    pixels = [
        np.asarray(part, np.float32).reshape(len(part), np.prod(images.shape))
        for part in (images.fitted, images.held_out)
    ]
    latents = Latents(*pixels, [pixels[0].shape[1]])
    clusters = [(np.arange(len(part)) % 4).astype(np.int32) for part in pixels]
    clusters[0][:2] = -1
    confidence = [np.linspace(0.5, 1, len(part), dtype=np.float32) for part in pixels]
    clustering = Clustering(
        *clusters, *confidence, np.zeros((4, 2), np.float32), "kmeans", names=list(names), marks=marks
    )
    return {
        "images": images,
        "labels": labels,
        "latents": latents,
        "graph": exact(latents, 5),
        "clustering": clustering,
        "map": Map(pixels[0][:, 20:22], pixels[1][:, 20:22], "pca"),
    }


@pytest.fixture(scope="module")
def parts(images, labels):
    """128 digits, one of them to remove and one not sure."""
    marks = np.zeros(96, np.int8)
    marks[[0, 7]] = 2, 1
    return run_parts(images, labels, NAMES, marks)


@pytest.fixture(scope="module")
def exported(parts, tmp_path_factory):
    """A function that exports the digits in a format once, and returns the result."""
    results = {}

    def once(name, **settings):
        key = (name, *settings.items())
        if key not in results:
            path = tmp_path_factory.mktemp("export") / name
            results[key] = export(Export(format=name, **settings), **parts, path=path)
        return results[key]

    return once


@pytest.fixture
def photos(tmp_path):
    """A run of six image files, of which two have the same name and one is a page of another."""
    folder = tmp_path / "photos"
    names = ["cat/1.jpg", "cat/tom.PNG", "dog/1.jpg", "dog/é 2.png", "scan.tif#1", "scan.tif#2"]
    rng = np.random.default_rng(0)
    for name in names[:4]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (30, 40, 3), np.uint8)).save(folder / name)
    pages = [Image.fromarray(rng.integers(0, 255, (20, 10), np.uint8)) for _ in range(2)]
    pages[0].save(folder / "scan.tif", save_all=True, append_images=pages[1:])
    pixels = rng.integers(0, 255, (6, 8, 8, 1), np.uint8)
    images = Images(pixels, pixels[:0], name="photos", paths=names, folder=str(folder.resolve()), background="white")
    return run_parts(images, Labels(np.full(6, -1, np.int32), np.zeros(0, np.int32)))


def files_below(folder):
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir())


def test_the_configuration_lists_the_formats():
    assert tuple(FORMATS) == Export.model_fields["format"].annotation.__args__


# Images as files


def test_a_folder_for_each_cluster(exported, parts, images):
    result = exported("folders")
    assert result.counts == {"seven": 63, "c1": 31, "a/b": 32, "noise": 1}
    assert {path.name for path in result.path.iterdir()} == {"seven", "c1", "a_b", "noise"}
    source = read_image_folder(str(result.path), labels_from="folder", channels=1)
    assert len(source.train) == 127
    file = result.path / "a_b" / "train_00003.png"
    assert np.array_equal(np.asarray(Image.open(file)), images.fitted[3][..., 0])
    assert (result.path / "seven" / "test_00000.png").is_file()


def test_a_folder_for_each_label(exported, labels):
    result = exported("folders", by="label")
    assert result.counts == {str(label): count for label, count in enumerate(np.bincount(labels_of(labels)[1:]))}
    assert {path.name for path in result.path.iterdir()} == set("0123456789")


def labels_of(labels):
    return np.concatenate([labels.train, labels.test])


def test_unknown_labels_are_unlabelled(parts, labels, tmp_path):
    unknown = replace(labels, train=np.where(labels.train == 3, -1, labels.train).astype(np.int32))
    result = export(Export(by="label"), **parts | {"labels": unknown}, path=tmp_path / "out")
    assert result.counts["unlabelled"] == len(list((tmp_path / "out" / "unlabelled").iterdir())) > 0


def test_original_files_are_copied(photos, tmp_path, recorder):
    result = export(Export(), **photos, path=tmp_path / "out", observer=recorder)
    files = files_below(result.path)
    assert files == ["c0/scan_1.png", "c1/scan_2.png", "c2/dog_1.jpg", "c3/é 2.png", "noise/cat_1.jpg", "noise/tom.png"]
    folder = Path(photos["images"].folder)
    assert (result.path / "c2" / "dog_1.jpg").read_bytes() == (folder / "dog" / "1.jpg").read_bytes()
    assert not (result.path / "c2" / "dog_1.jpg").is_symlink()
    with Image.open(folder / "scan.tif") as scan:
        scan.seek(1)
        assert np.array_equal(np.asarray(Image.open(result.path / "c1" / "scan_2.png").convert("L")), np.asarray(scan))
    assert recorder.notes == ["2 images are written as PNG files"]
    assert recorder.steps[-1] == (6, 6)


@pytest.mark.parametrize("link", ["hard", "symbolic"])
def test_links_to_original_files(photos, tmp_path, link):
    result = export(Export(link=link), **photos, path=tmp_path / "out")
    original, linked = Path(photos["images"].folder) / "dog" / "1.jpg", result.path / "c2" / "dog_1.jpg"
    assert linked.is_symlink() == (link == "symbolic")
    assert linked.samefile(original)


def test_images_as_the_run_read_them(photos, tmp_path):
    result = export(Export(originals=False), **photos, path=tmp_path / "out")
    assert {Path(name).suffix for name in files_below(result.path)} == {".png"}
    image = np.asarray(Image.open(result.path / "c3" / "é 2.png"))
    assert np.array_equal(image, photos["images"].fitted[3][..., 0])


def test_floats_become_pngs_of_8_bits_with_a_note(tmp_path, recorder):
    images = Images.from_array(np.random.default_rng(0).random((20, 6, 6)))
    labels = Labels(np.full(20, -1, np.int32), np.zeros(0, np.int32))
    result = export(Export(), **run_parts(images, labels), path=tmp_path / "out", observer=recorder)
    assert result.images == 20
    assert recorder.notes == ["PNG files have 8 bits; the images of the run are floats"]


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


def test_fiftyone_finds_a_label_for_each_file(exported):
    folder = exported("fiftyone").path
    content = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    assert content["classes"] == ["seven", "c1", "a/b"]
    assert set(content["labels"]) == {file.stem for file in (folder / "data").iterdir()}
    assert content["labels"]["train_00001"] is None
    label = content["labels"]["train_00004"]
    assert content["classes"][label["label"]] == "seven"
    assert label["attributes"] == {"cluster": 0, "part": "fitted", "true_label": "4"}


# Nothing is lost


def test_removed_images_are_left_out_and_counted(exported):
    result = exported("folders")
    assert (result.images, result.removed) == (127, 1)
    assert not list(result.path.rglob("train_00000.png"))
    assert result.summary_lines()[1] == "left out 1 image that is marked for removal"


def test_the_result_says_where_and_how_many(exported, tmp_path):
    result = exported("folders")
    assert result.summary_lines()[0] == "exported 127 images: seven 63, a/b 32, c1 31, noise 1"
    assert result.save(tmp_path) == ["export.json"]
    content = json.loads((tmp_path / "export.json").read_text(encoding="utf-8"))
    assert (content["path"], content["images"]) == (str(result.path.resolve()), 127)
    assert result.metrics() == {"export/images": 127, "export/removed": 1, "export/classes": 4}


def test_a_folder_with_files_is_refused(parts, tmp_path):
    (tmp_path / "out").mkdir()
    export(Export(format="csv"), **parts, path=tmp_path / "out")
    before = (tmp_path / "out" / "images.csv").read_bytes()
    with pytest.raises(UserError, match=r"^export\.path: .*out holds files, and nothing is overwritten; give a new"):
        export(Export(format="csv"), **parts, path=tmp_path / "out")
    assert (tmp_path / "out" / "images.csv").read_bytes() == before
    with pytest.raises(UserError, match=r"^export\.path: .*images\.csv is a file"):
        export(Export(format="csv"), **parts, path=tmp_path / "out" / "images.csv")


@pytest.mark.parametrize("name", ["folders", "huggingface"])
def test_a_full_disk_leaves_nothing_that_looks_complete(parts, tmp_path, monkeypatch, name):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(UserError, match=r"^export\.path: the disk of .*out is full, and nothing was kept; give a"):
        export(Export(format=name), **parts, path=tmp_path / "new" / "out")
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"by": "label"}, r"^export\.by = 'label': photos has no labels; give export\.by=cluster"),
        ({"link": "hard", "originals": False}, r"^export\.link = 'hard': the images of photos are no files, or"),
    ],
)
def test_what_a_run_does_not_have_is_refused(photos, tmp_path, settings, message):
    with pytest.raises(UserError, match=message):
        export(Export(**settings), **photos, path=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_named(photos, tmp_path):
    file = Path(photos["images"].folder) / "dog" / "1.jpg"
    file.unlink()
    with pytest.raises(UserError, match=r"^data\.path: .*1\.jpg was read before and is gone; restore it, or"):
        export(Export(), **photos, path=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_among_the_images_is_refused(photos):
    folder = Path(photos["images"].folder)
    with pytest.raises(UserError, match="lies among the images in"):
        export(Export(), **photos, path=folder / "cat" / "new")


def test_vectors_without_images_have_tables_only(parts, images, tmp_path):
    pixels = np.concatenate([parts["latents"].fitted, parts["latents"].held_out])
    vectors = parts | {"images": replace(images, vectors=pixels, has_images=False)}
    with pytest.raises(UserError, match=r"^export\.format = 'coco': digits has vectors and no images; give export"):
        export(Export(format="coco"), **vectors, path=tmp_path / "out")
    assert export(Export(format="csv"), **vectors, path=tmp_path / "out").images == 127


def test_a_run_whose_images_are_all_removed_is_refused(parts, tmp_path):
    clustering = replace(parts["clustering"], marks=np.full(96, 2, np.int8))
    with pytest.raises(UserError, match="0 images are left to export"):
        export(Export(), **parts | {"clustering": clustering}, path=tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["export.format=coc"], "export.format = 'coc': input should be 'folders', 'csv', 'parquet', 'huggingface', "),
        (["export.format=csv", "export.link=hard"], "export.link = 'hard': csv has no image files; give export.format"),
        (["export.vectors=true"], "export.vectors = true: folders has no vectors; give export.format=parquet or"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path, words, message):
    with pytest.raises(UserError) as caught:
        compose("stage=export", *words, outputs=tmp_path)
    assert message in str(caught.value)
