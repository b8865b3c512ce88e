"""Images: conversion of arrays, the unit range, and names."""

import numpy as np
import pytest

from pipeline.artifacts import Images, to_unit_range


@pytest.mark.parametrize(
    ("array", "shape", "dtype"),
    [
        (np.zeros((5, 4, 3), np.uint8), (4, 3, 1), np.uint8),
        (np.zeros((5, 4, 3, 2)), (4, 3, 2), np.float32),
    ],
)
def test_all_images_of_an_array_are_fitted(array, shape, dtype):
    images = Images.from_array(array)
    assert images.shape == shape
    assert images.fitted.dtype == dtype
    assert (len(images.fitted), len(images.held_out)) == (5, 0)


def test_only_uint8_values_are_divided_by_255():
    np.testing.assert_array_equal(to_unit_range(np.array([0, 51, 255], np.uint8)), np.array([0, 0.2, 1], np.float32))
    np.testing.assert_array_equal(to_unit_range(np.array([0, 0.5, 1])), np.array([0, 0.5, 1], np.float32))


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_rows_of_the_fitted_images_are_those_of_all(split):
    pixels = np.random.default_rng(0).integers(0, 256, (9, 2, 3, 1), np.uint8)
    images = Images(pixels[:5], pixels[5:], split)
    rows = [3, 0, 2] if split != "all" else [8, 0, 4, 5, 0]
    np.testing.assert_array_equal(images.fitted_rows(rows), images.fitted[rows])
    assert images.fitted_rows([]).shape == (0, 2, 3, 1)


PIXELS = np.zeros((3, 2, 2, 1), np.uint8)


@pytest.mark.parametrize(
    ("fields", "train", "every"),
    [
        ({}, ["0", "1"], ["train/0", "train/1", "test/0"]),
        ({"train_rows": np.array([4, 9])}, ["4", "9"], ["train/4", "train/9", "test/0"]),
        ({"paths": ["a.png", "b.png", "c.png"]}, ["a.png", "b.png"], ["a.png", "b.png", "c.png"]),
    ],
)
def test_images_are_named_by_path_or_by_index_in_the_source(fields, train, every):
    images = Images(PIXELS[:2], PIXELS[2:], **fields)
    assert images.names("train") == train
    assert images.names("all") == every
