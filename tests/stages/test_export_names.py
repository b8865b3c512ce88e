"""Names of classes, folders and files of an export."""

import numpy as np
import pytest

from pipeline.stages.export.classes import cluster_classes, label_classes
from pipeline.stages.export.file_names import LONGEST, safe_name, stem_names, unique_file_names

CLUSTERS = np.array([0, 1, 2, 3, -1, 0], np.int32)


def test_clusters_of_one_name_are_one_class():
    classes = cluster_classes(CLUSTERS, ["cat", "dog", "cat", ""])
    assert classes.names == ["cat", "dog", "c3"]
    assert classes.of_images.tolist() == [0, 1, 0, 2, -1, 0]
    assert classes.counts() == {"cat": 3, "dog": 1, "c3": 1, "noise": 1}


def test_clusters_without_members_are_no_class():
    assert cluster_classes(np.array([2, 2, 0]), []).names == ["c0", "c2"]
    assert cluster_classes(np.full(3, -1), []).names == []


def test_names_that_mean_something_else_get_a_number():
    classes = cluster_classes(CLUSTERS, ["c1", "", "noise", ""])
    assert classes.names == ["c1", "c1-2", "noise-2", "c3"]
    assert classes.without == "noise"


def test_labels_keep_their_numbers():
    classes = label_classes(np.array([2, -1, 0]), ["a", "unlabelled", "a"].__getitem__, 3)
    assert classes.names == ["a", "unlabelled-2", "a-2"]
    assert classes.of_images.tolist() == [2, -1, 0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("seven", "seven"), ("black  cat\n", "black cat"), ("a/b\\c:d", "a_b_c_d"), ("..", "_"), ("../../x", "_.._x"),
        (".hidden", "hidden"), ("", "_"), ("CON", "_CON"), ("nul.txt", "_nul.txt"), ("-rf", "_-rf"),
        ("名前 é", "名前 é"),
        ("e\u0301", "é"), ("a\x00b\u202e", "a_b_"), ("x" * 300, "x" * LONGEST), ("end.", "end"),
    ],
)  # fmt: skip
def test_a_safe_name(text, name):
    assert safe_name(text) == name


def test_names_differ_without_regard_to_case():
    assert unique_file_names(["Cat", "cat", "CAT", "cat-2"]) == ["Cat", "cat-2", "CAT-3", "cat-2-2"]


def test_files_of_one_name_are_told_apart_by_their_folders():
    paths = [
        "cat/1.jpg",
        "dog/1.png",
        "cat/tom.jpg",
        "scan.tif#1",
        "scan.tif#2",
        "all.parquet[3]",
        "a/x.jpg",
        "a/x.png",
    ]
    names = ["cat_1", "dog_1", "tom", "scan_1", "scan_2", "all.parquet[3]", "a_x", "a_x-2"]
    assert stem_names(paths) == names
