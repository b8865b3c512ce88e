"""Stage export: images as files, and that nothing is overwritten or lost."""

import errno
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipeline.artifacts import Images, Labels
from pipeline.config import Export
from pipeline.data.image_folder import read_image_folder
from pipeline.runtime.errors import UserError
from pipeline.stages.export import export
from pipeline.stages.export.formats import FORMATS
from tests.helpers import compose
from tests.stages.export.run_parts import files_below, labels_of, run_parts


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
        export(Export(), **photos, path=folder / "cat" / "new", source=folder)
    assert export(Export(format="csv"), **photos, path=folder / "cat" / "new", source=folder).images > 0, "no images"


@pytest.mark.parametrize("length", [240, 300])
def test_a_long_name_is_written_if_the_disk_takes_it_and_else_refused(photos, tmp_path, length):
    path = tmp_path / ("x" * length)
    if length <= 255:
        assert export(Export(format="csv"), **photos, path=path).images > 0
    else:
        with pytest.raises(
            UserError, match=r"^export\.path: .* cannot be written \(File name too long\); give another"
        ):
            export(Export(format="csv"), **photos, path=path)


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
