"""New images after the fitted ones of a set: pixels, names, vectors, labels."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.artifacts import Images, Labels
from pipeline.data.appended_images import append_images, append_labels, name_new_images
from pipeline.data.new_images import NewImages, NewLabels
from pipeline.runtime.errors import UserError


def pixels(n, value=0, dtype=np.uint8, side=4):
    return np.full((n, side, side, 1), value, dtype)


def new(n=2, value=9, dtype=np.uint8, side=4, folder=""):
    return NewImages(pixels(n, value, dtype, side), [f"{row}" for row in range(n)], folder)


@pytest.mark.parametrize(
    ("split", "names"),
    [
        ("train", ["0", "1", "2", "x/0", "x/1", "0", "1"]),
        ("test", ["0", "1", "2", "0", "1", "x/0", "x/1"]),
        ("all", ["train/0", "train/1", "train/2", "test/0", "test/1", "x/0", "x/1"]),
    ],
)
def test_new_images_follow_the_fitted_ones(split, names):
    images = Images(pixels(3), pixels(2, 1), split, digest="d")
    added, rows = name_new_images(images, new(), Path("/data/x"))
    assert added == ["x/0", "x/1"]
    assert rows.tolist() == [0, 1]
    extended = append_images(images, NewImages(new().pixels, added))
    assert extended.names("all") == names
    assert extended.names(split)[:-2] == images.names(split)
    assert extended.names(split)[-2:] == added
    assert (extended.fitted[:-2] == images.fitted).all()
    assert (extended.fitted[-2:] == 9).all()
    assert np.array_equal(extended.held_out, images.held_out)
    assert extended.digest != images.digest
    assert len(extended.digest) <= 36  # the limit of MLflow


def test_rows_are_counted_on():
    images = Images(pixels(2), pixels(1), train_rows=np.array([5, 7]), test_rows=np.array([0]))
    extended = append_images(images, new())
    assert extended.train_rows.tolist() == [5, 7, 8, 9]
    assert extended.test_rows.tolist() == [0]


@pytest.mark.parametrize(("first", "second", "value"), [(np.uint8, np.float32, 255), (np.float32, np.uint8, 1)])
def test_new_pixels_take_type_and_size_of_the_set(first, second, value):
    images = Images(pixels(2, 0, first), pixels(0, 0, first))
    white = new(value=1 if second is np.float32 else 255, dtype=second, side=8)
    extended = append_images(images, white)
    assert extended.train.dtype == first
    assert (extended.train[-2:] == value).all()


def test_the_same_source_gets_other_names_the_second_time():
    images = Images(pixels(2), pixels(0))
    for expected in (["more.npz/0", "more.npz/1"], ["more (2).npz/0", "more (2).npz/1"]):
        names, _ = name_new_images(images, new(), Path("/data/more.npz"))
        assert names == expected
        images = append_images(images, NewImages(new().pixels, names))
    assert len(set(images.names("train"))) == 6


def test_files_are_named_from_the_folder_of_the_set_and_only_new_ones_are_taken():
    images = Images(pixels(2), pixels(1), paths=["a.png", "sub/b.png", "c.png"], folder="/data/photos")
    files = NewImages(pixels(3), ["b.png", "d.png", "../../other/e.png"], "/data/photos/sub")
    names, rows = name_new_images(images, files, Path("/data/photos/sub"))
    assert names == ["sub/d.png", "../other/e.png"]
    assert rows.tolist() == [1, 2]
    extended = append_images(images, NewImages(pixels(2), names, files.folder))
    assert extended.paths == ["a.png", "sub/b.png", "sub/d.png", "../other/e.png", "c.png"]
    assert extended.folder == images.folder
    assert append_images(images, NewImages(pixels(2), names)).folder == ""


def test_vectors_get_cards_and_stand_before_those_of_held_out_items():
    vectors = np.arange(12, dtype=np.float32).reshape(4, 3)
    images = Images(pixels(3, side=48)[:, :, :1].repeat(72, axis=2), pixels(1, side=48)[:, :, :1].repeat(72, axis=2),
                    vectors=vectors, has_images=False)  # fmt: skip
    extended = append_images(images, NewImages(np.full((2, 3), 99, np.float32), ["x.npy/0", "x.npy/1"]))
    assert extended.vectors[:, 0].tolist() == [0, 3, 6, 99, 99, 9]
    assert (extended.train[3] != extended.train[4]).any()
    pictured = Images(pixels(4), pixels(0), vectors=vectors)
    with pytest.raises(UserError, match=r"^input: images has vectors with images, .*; use stage=assign"):
        append_images(pictured, NewImages(np.ones((2, 3), np.float32), ["0", "1"]))


def test_labels_are_joined_by_the_names_of_their_classes():
    images = Images(pixels(2), pixels(1))
    labels = Labels(np.array([0, 1], np.int32), np.array([1], np.int32), ["cat", "dog"])
    words = NewLabels(np.array(["dog", "bird", None], object))
    extended = append_labels(labels, words, images, 3)
    assert extended.names == ["cat", "dog", "bird"]
    assert extended.fitted.tolist() == [0, 1, 1, 2, -1]
    assert extended.held_out.tolist() == [1]
    unknown = append_labels(labels, NewLabels(), images, 2)
    assert unknown.fitted.tolist() == [0, 1, -1, -1]
    empty = Labels(np.empty(0, np.int32), np.empty(0, np.int32), split="all")
    numbered = append_labels(empty, NewLabels(np.array([3, 0])), Images(pixels(2), pixels(1), "all"), 2)
    assert numbered.fitted.tolist() == [-1, -1, -1, 3, 0]
    assert numbered.names == ["0", "1", "2", "3"]


def test_files_of_the_set_are_left_out_however_they_are_written(tmp_path):
    pixels = np.zeros((2, 4, 4, 1), np.uint8)
    images = Images(pixels, pixels[:0], paths=[f"{tmp_path}/a.png", "./b.png"], folder=str(tmp_path))
    new = NewImages(pixels[[0, 0, 1]], ["a.png", "b.png", "c.png"], str(tmp_path))
    names, rows = name_new_images(images, new, tmp_path)
    assert (names, rows.tolist()) == (["c.png"], [2])
