"""Labels of any form as indices: numbers, words, unknown ones, and the classes of all parts together."""

import numpy as np
import pytest

from pipeline.data.class_labels import index_labels
from pipeline.runtime.errors import UserError


def index(labels, *names):
    """The indices, names and notes of a single part."""
    (indices,), all_names, notes = index_labels([np.asarray(labels)], [len(labels)], names)
    return indices.tolist(), all_names, notes


@pytest.mark.parametrize(
    ("labels", "indices", "names"),
    [
        ([2, 0, 1], [2, 0, 1], ["0", "1", "2"]),
        (np.array([2, 0, 1], ">u2"), [2, 0, 1], ["0", "1", "2"]),
        ([2.0, 0.0, 1.0], [2, 0, 1], ["0", "1", "2"]),
        (["b", "a", "b"], [1, 0, 1], ["a", "b"]),
        ([b"cls1", b"cls0", "caf\xe9".encode()], [2, 1, 0], ["café", "cls0", "cls1"]),
        ([10**9, 5, 10**9], [1, 0, 1], ["5", "1000000000"]),
        (["10", "9", "x"], [1, 0, 2], ["9", "10", "x"]),
        ([True, False, True], [1, 0, 1], ["False", "True"]),
        ([[2], [0], [1]], [2, 0, 1], ["0", "1", "2"]),
        ([["b"], ["a"]], [1, 0], ["a", "b"]),
        (np.array([np.int64(1), 0], object), [1, 0], ["0", "1"]),
    ],
)
def test_classes_are_named_as_they_were_given(labels, indices, names):
    assert index(labels) == (indices, names, [])


@pytest.mark.parametrize(
    ("labels", "indices", "names", "note"),
    [
        ([np.nan, 0.0, 1.0, 1.0], [-1, 0, 1, 1], ["0", "1"], "1 of 4 labels are read as unknown: NaN (1)"),
        ([-1, 0, -1, 1], [-1, 0, -1, 1], ["0", "1"], "2 of 4 labels are read as unknown: -1 (2)"),
        ([-5, -1, 0, 1], [-1, -1, 0, 1], ["0", "1"], "2 of 4 labels are read as unknown: -5 (1), -1 (1)"),
        (["a", "", "b", "nan"], [0, -1, 1, -1], ["a", "b"], "2 of 4 labels are read as unknown: empty (1), 'nan' (1)"),
        (np.array(["a", None, "b", np.nan], object), [0, -1, 1, -1], ["a", "b"], "empty (1), NaN (1)"),
        ([-1.0, np.nan, 3.0], [-1, -1, 3], ["0", "1", "2", "3"], "2 of 3 labels are read as unknown"),
        ([-3, 10**6, 10**7], [-1, 0, 1], ["1000000", "10000000"], "-3 (1)"),
        ([0.5, 1.0, 1.5], [0, 1, 2], ["0.5", "1", "1.5"], "each of the 3 different values is a class"),
    ],
)
def test_unknown_labels_are_no_classes_and_are_noted(labels, indices, names, note):
    result = index(labels)
    assert result[:2] == (indices, names)
    assert len(result[2]) == 1
    assert note in result[2][0]


def test_one_hot_rows_are_read_as_their_columns():
    for dtype in (float, int, bool):
        indices, names, notes = index(np.eye(3, dtype=dtype)[[2, 0, 1, 1]])
        assert (indices, names) == ([2, 0, 1, 1], ["0", "1", "2"])
        assert "one-hot" in notes[0]


def test_classes_of_all_parts_are_classes():
    parts, names, notes = index_labels([np.array(["b", "a"]), np.array(["c", "a"])], [2, 2])
    assert [part.tolist() for part in parts] == [[1, 0], [2, 0]]
    assert (names, notes) == (["a", "b", "c"], [])
    parts, names, _ = index_labels([np.array([0, 1]), np.array([7.0, np.nan])], [2, 2])
    assert [part.tolist() for part in parts] == [[0, 1], [7, -1]]
    assert names == [str(i) for i in range(8)]
    parts, names, _ = index_labels([np.array([1, 2]), np.array([70_000, 2])], [2, 2])
    assert ([part.tolist() for part in parts], names) == ([[0, 1], [2, 1]], ["1", "2", "70000"])


def test_names_of_the_reader_come_first():
    assert index([0, 2], "cat", "dog")[1] == ["cat", "dog", "2"]
    assert index(["dog", "ant"], "cat", "dog")[:2] == ([1, 2], ["cat", "dog", "ant"])


def test_a_part_without_labels_is_unknown():
    parts, names, notes = index_labels([None, np.array([1])], [3, 1])
    assert [part.tolist() for part in parts] == [[-1, -1, -1], [1]]
    assert (names, notes) == (["0", "1"], [])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros((3, 4)), r"labels have shape \(3, 4\)"),
        (np.array([[1, 1], [1, 0], [0, 1]]), r"labels have shape \(3, 2\)"),
        (np.full((3, 2), 0.5), r"labels have shape \(3, 2\)"),
        (np.zeros((3, 1, 1)), r"labels have shape \(3, 1, 1\)"),
        (np.zeros(4), "4 labels for 3 images"),
        (np.array(5), "1 labels for 3 images"),
        (np.array([1, np.inf, 0]), "infinite"),
        (np.array([1j, 0, 1]), "labels are complex128"),
        (np.array([{}, 1, 2], object), "labels hold dict"),
    ],
)
def test_what_is_no_label_is_refused(labels, message):
    with pytest.raises(UserError, match=message):
        index_labels([labels], [3])
