"""Parquet files of images: columns, cells, labels, and parts."""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.data.parquet import read_parquet
from pipeline.data.source import source_digest
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.data.image_files import encode_png
from tests.helpers import compose


def write_table(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return str(path)


def test_cells_are_bytes_or_structures_of_bytes(tmp_path):
    files = [encode_png((i, i, i)) for i in range(3)]
    plain = read_parquet(write_table(tmp_path / "plain.parquet", image=files, label=["b", None, "a"]))
    assert plain.train[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert plain.train_labels.tolist() == ["b", None, "a"]
    cells = [{"bytes": file, "path": "x.png"} for file in files]
    nested = read_parquet(write_table(tmp_path / "nested.parquet", photo=cells), image_column="photo")
    np.testing.assert_array_equal(nested.train, plain.train)
    assert nested.train_labels is None


def test_files_of_a_folder_that_begin_with_test_are_the_test_part(tmp_path):
    write_table(tmp_path / "test-0.parquet", image=[encode_png()], label=[4])
    write_table(tmp_path / "train-0.parquet", image=[encode_png(), encode_png()], label=[7, 8])
    source = read_parquet(str(tmp_path))
    assert source.train_labels.tolist() == [7, 8]
    assert source.test_labels.tolist() == [4]
    assert source.test_paths == ["test-0.parquet[0]"]


@pytest.mark.parametrize(
    ("files", "test"),
    [
        (["default/train/0.parquet", "default/test/0.parquet"], ["default/test/0.parquet[0]"]),
        (["data/train-0.parquet", "data/validation-0.parquet"], ["data/validation-0.parquet[0]"]),
        (["train-0.parquet", "validation-0.parquet", "test-0.parquet"], ["test-0.parquet[0]"]),
        (["a/0.parquet", "b/0.parquet"], []),
        (["my-test-lines.parquet"], []),
    ],
)
def test_parts_are_recognised_by_names_of_files_and_folders(tmp_path, recorder, files, test):
    for number, name in enumerate(files):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_table(tmp_path / name, image=[encode_png((number + 5, 0, 0))], label=[number])
    source = read_parquet(str(tmp_path), observer=recorder)
    assert source.test_paths == test
    assert [note.startswith("parts by file names: ") for note in recorder.notes] == [True] * bool(test)
    names = source.paths + source.test_paths
    shades = [*source.train[:, 0, 0, 0], *source.test[:, 0, 0, 0]]
    assert [f"{files[shade - 5]}[0]" for shade in shades] == names


# Columns


def hugging_face(**features):
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def test_columns_are_those_of_hugging_face_metadata(tmp_path, recorder):
    table = pa.table({"preview": [encode_png((9, 9, 9))] * 3, "photo": [encode_png()] * 3, "kind": [1, 0, -1]})
    classes = {"_type": "ClassLabel", "names": ["cat", "dog"]}
    table = table.replace_schema_metadata(hugging_face(photo={"_type": "Image"}, kind=classes))
    parquet.write_table(table, tmp_path / "a.parquet")
    source = read_parquet(str(tmp_path / "a.parquet"), observer=recorder)
    assert source.train[0, 0, 0].tolist() == [1, 2, 3]
    assert (source.train_labels.tolist(), source.names) == ([1, 0, -1], ["cat", "dog"])
    assert not recorder.notes


def test_files_whose_metadata_name_classes_differently_have_the_names_as_labels(tmp_path):
    for file, names in (("a", ["cat", "dog"]), ("b", ["dog", "cat"])):
        table = pa.table({"image": [encode_png()] * 2, "label": [0, 1]})
        table = table.replace_schema_metadata(hugging_face(label={"_type": "ClassLabel", "names": names}))
        parquet.write_table(table, tmp_path / f"{file}.parquet")
    source = read_parquet(str(tmp_path))
    assert source.train_labels.tolist() == ["cat", "dog", "dog", "cat"]
    assert source.names == []


@pytest.mark.parametrize("metadata", [b"{", b"[]", b'{"info": null}', b'{"info": {"features": {"label": 3}}}'])
def test_damaged_metadata_are_ignored(tmp_path, metadata):
    table = pa.table({"image": [encode_png()], "label": [7]}).replace_schema_metadata({b"huggingface": metadata})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert read_parquet(str(tmp_path / "a.parquet")).train_labels.tolist() == [7]


@pytest.mark.parametrize(
    "cells",
    [
        [encode_png((5, 5, 5))] * 2,
        [{"bytes": encode_png((5, 5, 5)), "path": None}] * 2,
        [[[5] * 4] * 4] * 2,
        [[5] * 16] * 2,
        ["files/x.png"] * 2,
    ],
    ids=["bytes", "structures", "nested lists", "flat lists", "paths"],
)
def test_the_only_column_that_may_hold_images_is_read_whatever_its_name(tmp_path, recorder, cells):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "x.png").write_bytes(encode_png((5, 5, 5)))
    file = write_table(tmp_path / "a.parquet", id=[1, 2], scan=cells, title=["x", "y.z"])
    source = read_parquet(file, label_column=None, observer=recorder)
    assert source.train.shape[:3] == (2, 4, 4)
    assert np.unique(source.train).tolist() == [5]
    assert recorder.notes[0] == "data.image_column: 'scan' is the only column that may hold images, and is read as such"


def test_encoded_images_are_preferred_to_lists_and_paths(tmp_path):
    file = write_table(tmp_path / "a.parquet", box=[[1, 2, 3, 4]], file=["x.png"], scan=[encode_png((5, 5, 5))])
    assert np.unique(read_parquet(file).train).tolist() == [5]


def test_flat_lists_of_a_square_need_no_shape(tmp_path, recorder):
    file = write_table(tmp_path / "a.parquet", pixels=np.arange(18).reshape(2, 9).tolist())
    assert (
        read_parquet(file, label_column=None, observer=recorder).train.tolist()
        == np.arange(18).reshape(2, 3, 3).tolist()
    )
    assert recorder.notes == [
        "data.image_shape: lists of 9 pixels are read as images of 3×3; data.image_shape=[HEIGHT,WIDTH] sets another "
        "shape"
    ]
    assert read_parquet(file, image_shape=[9, 1]).train.shape == (2, 9, 1)
    with pytest.raises(
        UserError, match=r"^data: train images have shape \(2, 8\); .*; set data\.image_shape=\[HEIGHT,WID"
    ):
        data(
            compose(
                "data=parquet",
                f"data.path={write_table(tmp_path / 'b.parquet', pixels=[[1] * 8] * 2)}",
                outputs=tmp_path,
            ).data
        )


def test_columns_that_do_not_exist_are_refused(tmp_path):
    file = write_table(tmp_path / "a.parquet", image=[encode_png()], digit=[3])
    with pytest.raises(UserError, match=r"^data\.image_column = 'img': .*a\.parquet has no such column; it has image"):
        read_parquet(file, image_column="img")
    with pytest.raises(UserError, match=r"^data\.label_column = 'lable': no such column in .*; it has image, digit"):
        read_parquet(file, label_column="lable")
    other = write_table(tmp_path / "b.parquet", a=[encode_png()], b=[encode_png()])
    with pytest.raises(UserError, match=r"^data\.image_column: .* no column named image or img and 2 that .* a, b$"):
        read_parquet(other)


def test_images_without_a_column_of_labels_are_unlabelled_with_a_note(tmp_path, recorder):
    file = write_table(tmp_path / "a.parquet", image=[encode_png()], digit=[3])
    assert read_parquet(file, observer=recorder).train_labels is None
    assert recorder.notes == [
        "no column of labels (label, labels, class, target, targets, y, character) among image, digit: the images are "
        "unlabelled; data.label_column=NAME reads another column"
    ]
    assert read_parquet(file, label_column="digit").train_labels.tolist() == [3]
    assert read_parquet(file, label_column=None, observer=recorder).train_labels is None
    assert len(recorder.notes) == 1


def test_files_without_the_column_of_labels_are_unlabelled(tmp_path, recorder):
    write_table(tmp_path / "train.parquet", image=[encode_png()], label=["a"])
    write_table(tmp_path / "test.parquet", image=[encode_png()])
    source = read_parquet(str(tmp_path), observer=recorder)
    assert (source.train_labels.tolist(), source.test_labels.tolist()) == (["a"], [None])
    assert recorder.notes[-1] == "data.label_column = 'label': images of test.parquet have no such column and no labels"


def test_text_tables_are_refused_with_their_readers(tmp_path):
    (tmp_path / "a.csv").write_text("image,label\n")
    with pytest.raises(
        UserError, match=r"^path: .*a\.csv is a text table; data=csv reads one with .*, data=image_list one of "
    ):
        read_parquet(str(tmp_path / "a.csv"))


# Cells


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int8(), pa.binary())])
def test_bytes_may_have_any_binary_type(tmp_path, kind):
    file = write_table(tmp_path / "a.parquet", image=pa.array([encode_png((5, 5, 5))] * 2, pa.binary()).cast(kind))
    assert read_parquet(file).train.ravel().tolist() == [5] * 32


@pytest.mark.parametrize("as_structure", [False, True])
def test_cells_may_be_paths_relative_to_the_file(tmp_path, as_structure):
    (tmp_path / "files").mkdir()
    Path(tmp_path / "files" / "x.png").write_bytes(encode_png((5, 5, 5)))
    paths = ["files/x.png", str(tmp_path / "files" / "x.png"), "files/gone.png"]
    cells = [{"bytes": None, "path": path} for path in paths] if as_structure else paths
    source = read_parquet(write_table(tmp_path / "a.parquet", image=cells))
    assert source.train.ravel().tolist() == [5] * 32
    assert source.paths == ["a.parquet[0]", "a.parquet[1]"]
    assert "skipped 1 of 3 images" in source.note
    assert "No such file" in source.note


PIXELS = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)


@pytest.mark.parametrize(
    ("cells", "image_shape", "expected"),
    [
        (PIXELS.tolist(), None, PIXELS),
        (PIXELS[..., 0].tolist(), None, PIXELS[..., 0]),
        (PIXELS[..., 0].reshape(2, -1).tolist(), [3, 4], PIXELS[..., 0]),
        (pa.FixedSizeListArray.from_arrays(PIXELS.ravel(), 36), [3, 4, 3], PIXELS),
        ((PIXELS / 255).tolist(), None, PIXELS / 255),
    ],
    ids=["colour", "grey", "flat", "fixed size", "floats"],
)
def test_lists_of_pixels_are_arrays(tmp_path, cells, image_shape, expected):
    file = write_table(tmp_path / "a.parquet", pixels=cells, label=["b", "a"])
    source = read_parquet(file, image_column="pixels", image_shape=image_shape)
    np.testing.assert_array_equal(source.train, expected)
    assert source.train_labels.tolist() == ["b", "a"]
    assert source.paths == ["a.parquet[0]", "a.parquet[1]"]
    assert source.test.shape == (0, *expected.shape[1:])


def test_a_changed_image_changes_the_digest_of_a_column_of_paths(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / "images" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "images" / name).write_bytes(encode_png())
    arguments = {"path": write_table(tmp_path / "t.parquet", photo=["images/a.png", "gone.png", None])}
    digest = source_digest(read_parquet, arguments)
    os.utime(tmp_path / "images" / "b.png", ns=(1, 1))
    assert source_digest(read_parquet, arguments) == digest, "it is not listed"
    os.utime(tmp_path / "images" / "a.png", ns=(1, 1))
    assert source_digest(read_parquet, arguments) != digest


def test_lists_of_pixels_are_scaled_as_arrays_are(tmp_path):
    masks = write_table(tmp_path / "a.parquet", image=[[[0, 1], [1, 0]], [[1, 1], [1, 0]]])
    images, _ = data(compose("data=parquet", f"data.path={masks}", outputs=tmp_path).data)
    assert images.fitted[0].ravel().tolist() == [0, 255, 255, 0]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([[[1, 2], [3]], [[1, 2], [3, 4]]], "lists of pixels must have the same length, and theirs are 2, 1"),
        ([[1, 2], None], "lists of pixels must have the same length, and theirs are 2, empty"),
        ([[1, None]], "lists of pixels must hold numbers, and hold missing numbers"),
        ([["a"]], "lists of pixels must hold numbers, and hold string"),
        ([1, 2], "holds int64; it must hold encoded images, paths of images, or lists of pixels"),
    ],
)
def test_cells_that_are_no_images_are_refused(tmp_path, cells, message):
    file = write_table(tmp_path / "a.parquet", image=cells)
    with pytest.raises(UserError, match=rf"^data\.image_column = 'image': .*a\.parquet:? {message}"):
        read_parquet(file)


def test_files_must_hold_images_of_one_form(tmp_path):
    write_table(tmp_path / "a.parquet", image=[[[1, 2]]])
    write_table(tmp_path / "b.parquet", image=[[[1, 2, 3]]])
    with pytest.raises(UserError, match=r"^data\.image_column: .*b\.parquet .* differ: \(1, 3\) and \(1, 2\)"):
        read_parquet(str(tmp_path))
    write_table(tmp_path / "b.parquet", image=[encode_png()])
    with pytest.raises(UserError, match=r"^data\.image_column: .*b\.parquet holds encoded images, other files lists"):
        read_parquet(str(tmp_path))


# Labels


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ([[3], [4], None], ["3", "4", None]),
        ([[0, 1], [1, 0], [0, 1]], ["1", "0", "1"]),
        ([2**40, 2**33, None], [str(2**40), str(2**33), None]),
        (pa.array(["b", "a", "b"]).dictionary_encode(), ["b", "a", "b"]),
        ([True, False, None], ["True", "False", None]),
        ([b"b", b"a", b"b"], ["b", "a", "b"]),
    ],
    ids=["lists", "one-hot", "beyond int32", "dictionary", "booleans", "bytes"],
)
def test_labels_may_have_any_usual_type(tmp_path, cells, names):
    images = [encode_png((shade, 0, 0)) for shade in range(3)]
    file = write_table(tmp_path / "a.parquet", image=images, label=cells)
    _, labels = data(compose("data=parquet", f"data.path={file}", outputs=tmp_path).data)
    assert [labels.names[label] if label >= 0 else None for label in labels.fitted] == names


def test_folders_of_hive_are_columns(tmp_path):
    for number, folder in enumerate(["label=3", "label=10", "label=a%20b", "label=__HIVE_DEFAULT_PARTITION__"]):
        (tmp_path / folder).mkdir()
        write_table(tmp_path / folder / "0.parquet", image=[encode_png((number, 0, 0))])
    source = read_parquet(str(tmp_path))
    labels = dict(zip(source.paths, source.train_labels.tolist(), strict=True))
    assert labels["label=3/0.parquet[0]"] == 3
    assert labels["label=a%20b/0.parquet[0]"] == "a b"
    assert labels["label=__HIVE_DEFAULT_PARTITION__/0.parquet[0]"] is None


def test_lists_of_several_labels_are_refused(tmp_path):
    file = write_table(tmp_path / "a.parquet", image=[encode_png()] * 2, label=[[1, 2], [3]])
    with pytest.raises(UserError, match=r"^data\.label_column = 'label': .* lists of labels have 1, 2 items; give one"):
        read_parquet(file)


def test_damaged_files_are_refused(tmp_path):
    (tmp_path / "b.parquet").write_bytes(b"nonsense")
    with pytest.raises(UserError, match=r"^path: .*b\.parquet cannot be read as Parquet"):
        read_parquet(str(tmp_path / "b.parquet"))
