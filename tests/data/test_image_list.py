"""Image files that a CSV table lists."""

from __future__ import annotations

import gzip
import os

import numpy as np
import pytest

from pipeline.config.compose import compose_config
from pipeline.data.image_folder import read_image_folder
from pipeline.data.image_list import read_image_list
from pipeline.data.new_images import ReadingRules, read_labelled_images, read_new_images
from pipeline.data.source import source_digest
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.data.image_files import save_image

SHADES = {"a.png": 10, "b.png": 20, "c.png": 30, "d.png": 40}


@pytest.fixture
def write_list(tmp_path):
    """A function that writes a table beside four grey images, of one shade each, in the folder `images`."""
    for name, shade in SHADES.items():
        save_image(tmp_path / "images" / name, colour=(shade,) * 3)

    def write(text, name="list.csv"):
        content = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return str(tmp_path / name)

    return write


def shades(images):
    return images[:, 0, 0, 0].tolist()


def test_files_labels_and_parts_are_read_in_the_order_of_the_table(write_list, recorder):
    table = write_list(
        "label,file,split\ncat,images/c.png,train\ndog,images/a.png,test\n,images/b.png,val\ncat,images/d.png,train\n"
    )
    source = read_image_list(table, observer=recorder)
    assert shades(source.train) == [30, 20, 40]
    assert shades(source.test) == [10]
    assert (source.train_labels.tolist(), source.test_labels.tolist()) == (["cat", None, "cat"], ["dog"])
    assert source.paths == ["images/c.png", "images/b.png", "images/d.png"]
    assert source.test_paths == ["images/a.png"]
    assert "train part: 3 images of train and val; test part: 1 of test" in recorder.notes


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("images/a.png,3\nimages/b.png,4\n", "list.csv"),
        ("3;images/a.png\n4;images/b.png\n", "list.csv"),
        ("File\tClass\nimages/a.png\t3\nimages/b.png\t4\n", "list.tsv"),
        ('﻿"path", "y"\r\n"images/a.png", 3\r\n"images/b.png", 4\r\n', "list.csv"),
        ("id,label,n\nimages/a.png,3,1\nimages/b.png,4.0,1\n", "list.csv.gz"),
    ],
    ids=["without-header", "labels-first", "tabs", "byte-order-mark", "gzip"],
)
def test_usual_forms_of_tables_are_read(write_list, text, name):
    source = read_image_list(write_list(text, name))
    assert shades(source.train) == [10, 20]
    assert source.train_labels.tolist() == [3, 4]
    assert not len(source.test)


def test_a_folder_and_a_suffix_complete_the_names(write_list, tmp_path):
    source = read_image_list(
        write_list("id_code,diagnosis\na,1\nd,0\n"), "id_code", folder=tmp_path / "images", suffix=".png"
    )
    assert shades(source.train) == [10, 40]
    assert source.train_labels is None, "diagnosis is not a usual name"
    assert (source.paths, source.folder) == (["a.png", "d.png"], str(tmp_path / "images"))


def test_absolute_paths_are_read(write_list, tmp_path):
    source = read_image_list(write_list(f"path\n{tmp_path / 'images' / 'c.png'}\n"))
    assert shades(source.train) == [30]


def test_a_column_of_words_that_are_no_parts_is_none(write_list):
    source = read_image_list(write_list("path,set\nimages/a.png,train\nimages/b.png,other\n"))
    assert len(source.train) == 2


def test_missing_files_are_skipped_and_their_labels_with_them(write_list):
    table = write_list("path,label\nimages/a.png,1\nimages/gone.png,2\n,2\nimages/c.png,3\n")
    source = read_image_list(table)
    assert shades(source.train) == [10, 30]
    assert source.train_labels.tolist() == [1, 3]
    assert source.skipped == 1
    assert "images/gone.png (No such file or directory)" in source.note


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("a,b\n1,2\n", {}, r"list\.csv has no column of image files among a, b; set data\.file_column"),
        (
            "path\nx.png\ny.png\n",
            {},
            r"none of the 2 files in .*list\.csv exists, such as .*x\.png; set data\.file_column",
        ),
        ("path,label\n", {}, r"list\.csv has no rows below its header"),
        ("", {}, r"list\.csv cannot be read as CSV: its first line is empty"),
        ("path\nimages/a.png\n", {"file_column": "f"}, r"^file_column = 'f': no such column in .*; it has path"),
        ("path\nimages/a.png\n", {"label_column": "f"}, r"^label_column = 'f': no such column in .*; it has path|no"),
        (
            "path,p\nimages/a.png,train\nimages/b.png,x\n",
            {"part_column": "p"},
            r"^part_column = 'p': .* has 'x' there; give train, test or val",
        ),
    ],
)
def test_tables_that_list_no_images_are_refused(write_list, text, settings, message):
    with pytest.raises(UserError, match=message):
        read_image_list(write_list(text), **settings)


def test_a_changed_image_and_a_changed_table_change_the_digest(write_list, tmp_path):
    table = write_list("path\nimages/a.png\nimages/gone.png\n")
    digests = [source_digest(read_image_list, {"path": table}) for _ in range(2)]
    assert digests[0] == digests[1]
    os.utime(tmp_path / "images" / "b.png", ns=(1, 1))
    assert source_digest(read_image_list, {"path": table}) == digests[0], "it is not listed"
    os.utime(tmp_path / "images" / "a.png", ns=(1, 1))
    digests.append(source_digest(read_image_list, {"path": table}))
    write_list("path\nimages/a.png\nimages/c.png\n")
    digests.append(source_digest(read_image_list, {"path": table}))
    assert len(set(digests)) == 3


def test_the_stage_reads_a_list_and_new_images_are_listed_alike(write_list):
    table = write_list("path,label\nimages/a.png,x\nimages/b.png,y\nimages/c.png,x\n")
    images, labels = data(compose_config("data=image_list", f"data.path={table}").data)
    assert images.shape == (6, 8, 1)
    assert [labels.names[label] for label in labels.train] == ["x", "y", "x"]
    new, new_labels = read_labelled_images(write_list("file,label\nimages/d.png,y\n", "new.csv"), images.shape)
    assert (shades(new.pixels), new.names, new_labels.values.tolist()) == ([40], ["images/d.png"], ["y"])


def test_new_images_may_be_in_the_folder_of_the_run(write_list, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    table = write_list("code\na\nd\n", "elsewhere/new.csv")
    rules = ReadingRules(folder=str(tmp_path / "images"), suffix=".png")
    assert shades(read_new_images(table, (6, 8, 1), rules=rules).pixels) == [10, 40]
    beside = write_list("code\nb\n", "images/new.csv")
    assert shades(read_new_images(beside, (6, 8, 1), rules=rules).pixels) == [20]
    with pytest.raises(
        UserError, match=r"^input: .*new\.csv has no columns of pixels .* among code; data=image_list reads a list"
    ):
        read_new_images(table, (6, 8, 1))


def test_order_within_parts_and_labels_belong_together(write_list):
    rows = [("d", "test"), ("b", "train"), ("a", "test"), ("c", "train")]
    table = write_list("path,label,split\n" + "".join(f"images/{name}.png,{name},{part}\n" for name, part in rows))
    source = read_image_list(table)
    np.testing.assert_array_equal([f"images/{label}.png" for label in source.train_labels], source.paths)
    assert source.test_paths == ["images/d.png", "images/a.png"]


def test_a_file_is_read_once_however_it_is_written(write_list, tmp_path, recorder):
    absolute = tmp_path / "images" / "a.png"
    source = read_image_list(
        write_list(f"path\nimages/a.png\n./images/a.png\n{absolute}\n\nimages\\\\b.png\n"), observer=recorder
    )
    assert source.paths == ["images/a.png", "images/b.png"]
    assert "2 rows repeat files of earlier rows and are left out" in recorder.notes


def test_parts_are_counted_without_repeated_rows(write_list, recorder):
    rows = "images/a.png,1,train\nimages/b.png,2,test\nimages/a.png,1.0,training\nimages/c.png,1,train\n"
    source = read_image_list(write_list(f"path,label,split\n{rows}"), observer=recorder)
    assert (source.paths, source.test_paths) == (["images/a.png", "images/c.png"], ["images/b.png"])
    assert "1 row repeats a file of an earlier row and is left out" in recorder.notes
    assert "train part: 2 images of train; test part: 1 of test" in recorder.notes


@pytest.mark.parametrize(
    ("first", "second", "columns"),
    [
        ("other,test", "a,train", "label 'other', part 'test' and with label 'a', part 'train'"),
        ("a,test", "a,train", "label 'a', part 'test' and with label 'a', part 'train'"),
        ("a,train", ",train", "label 'a', part 'train' and with label '', part 'train'"),
    ],
)
def test_a_file_with_different_labels_or_parts_is_refused(write_list, first, second, columns):
    table = write_list(f"path,label,split\nimages/a.png,{first}\nimages/b.png,a,test\n./images/a.png,{second}\n")
    with pytest.raises(
        UserError, match=rf"^path: .*list\.csv lists images/a\.png with {columns}; keep one of these rows$"
    ):
        read_image_list(table)


def test_spaces_and_blank_rows_do_not_count(write_list, recorder):
    source = read_image_list(
        write_list(" path , label , split\n images/a.png , x ,train\n,,\nimages/b.png,,test\n"), observer=recorder
    )
    assert (source.train_labels.tolist(), source.test_labels.tolist()) == (["x"], [None])
    assert "1 row without a file is left out" in recorder.notes


def test_a_list_without_header_may_need_a_suffix(write_list, tmp_path):
    table = write_list("a,0\nb,1\n")
    source = read_image_list(table, folder=str(tmp_path / "images"), suffix="png")
    assert (source.paths, source.train_labels.tolist()) == (["a.png", "b.png"], [0, 1])
    assert (
        read_image_list(table, folder=str(tmp_path / "images"), suffix=".png", label_column=1).train_labels is not None
    )


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("path,split\nimages/a.png,test\nimages/b.png,odd\n", "'split' is not read as parts, because it has 'odd'"),
        ("path,split\nimages/a.png,test\nimages/b.png,test\n", "all rows are test; they are read as one part"),
        ("path,Klasse\nimages/a.png,x\nimages/b.png,y\n", "columns that are not read: Klasse; data.label_column=NAME"),
    ],
)
def test_columns_that_are_not_used_are_noted(write_list, recorder, text, note):
    source = read_image_list(write_list(text), observer=recorder)
    assert len(source.train) == 2
    assert any(note in line for line in recorder.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"path,label,label\nimages/a.png,1,2\n", r"has several columns named 'label'; give each a name of its own"),
        (b"path\nimages/a.png\nimages/b.png,3\n", r"line 3 has 2 cells, those before it 1; put texts with separators"),
        ("path\nimages/ä.png\n".encode("latin-1"), r"it is not UTF-8 .*; save a table as UTF-8"),
        (b"path,label\n,1\n", r"t\.csv has no rows with a file"),
    ],
)
def test_damaged_tables_are_explained(write_list, tmp_path, text, message):
    (tmp_path / "t.csv").write_bytes(text)
    with pytest.raises(UserError, match=message):
        read_image_list(str(tmp_path / "t.csv"))


def test_a_folder_is_no_table_and_a_table_no_folder(write_list, tmp_path):
    with pytest.raises(
        UserError, match=r"^path: .* is a folder; give a table, or read the folder by data=image_folder"
    ):
        read_image_list(str(tmp_path))
    with pytest.raises(UserError, match=r"^path: .*list\.csv is a text table; .*data=image_list one of image files"):
        read_image_folder(write_list("path\nimages/a.png\n"))


def test_files_beside_a_new_table_come_before_those_of_the_run(write_list, tmp_path, recorder):
    save_image(tmp_path / "new" / "a.png", colour=(99,) * 3)
    table = write_list("path,x1,x2\na.png,0,1\n", "new/boxes.csv")
    rules = ReadingRules(folder=str(tmp_path / "images"), file_column="file", label_column="class")
    assert shades(read_new_images(table, (6, 8, 1), rules=rules).pixels) == [99]
    elsewhere = write_list("b.png\n", "new/list.txt")
    assert shades(read_new_images(elsewhere, (6, 8, 1), rules=rules, observer=recorder).pixels) == [20]
    assert any("are read from the folder of the run's images" in note for note in recorder.notes)


def test_labels_of_new_images_follow_the_run(write_list):
    table = write_list("path,diagnosis,label\nimages/a.png,x,1\n")
    labels = [
        read_labelled_images(table, (6, 8, 1), rules=ReadingRules(label_column=name))[1].values
        for name in ("diagnosis", None, "missing")
    ]
    assert (labels[0].tolist(), labels[1], labels[2].tolist()) == (["x"], None, [1])
