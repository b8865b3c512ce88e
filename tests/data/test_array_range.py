"""The range of pixel values: recognised for the whole data set, scaled exactly, or refused."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from pipeline.data.array_range import (
    ValueFormat,
    conform_values,
    find_limits,
    scale_array,
    scale_parts,
    to_value_format,
)
from pipeline.runtime.errors import UserError

GREY = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
"""Each value of 8 bits once."""


@pytest.mark.parametrize(
    ("dtype", "low", "high", "limits"),
    [
        ("uint8", 0, 255, (0, 255)),
        ("uint8", 3, 16, (0, 255)),
        ("uint8", 0, 1, (0, 1)),
        ("int64", 0, 1, (0, 1)),
        ("bool", 0, 1, (0, 1)),
        ("float32", 0, 1, (0, 1)),
        ("float64", 0, 0.01, (0, 1)),
        ("float32", -1, 1, (-1, 1)),
        ("float64", -0.9, 0.8, (-1, 1)),
        ("int64", 0, 255, (0, 255)),
        ("int16", 10, 200, (0, 255)),
        ("float64", 0, 255, (0, 255)),
        ("uint16", 0, 200, (0, 65_535)),  # a depth of 16 bits, not of the values
        ("uint16", 0, 1000, (0, 1023)),
        ("uint16", 0, 4000, (0, 4095)),
        ("uint16", 0, 16_000, (0, 16_383)),
        ("uint16", 0, 40_000, (0, 65_535)),
        ("int32", 0, 4000, (0, 4095)),
        ("int8", -128, 127, (-128, 127)),
    ],
)
def test_usual_ranges_are_recognised(dtype, low, high, limits):
    assert find_limits(np.dtype(dtype), low, high, "auto") == limits


@pytest.mark.parametrize(
    ("dtype", "low", "high", "suggestion"),
    [
        ("float64", 0, 16, "[0,16]"),
        ("float64", 0, 1.02, "[0,1.02]"),
        ("float32", -0.02, 1, "[-0.02,1]"),  # an overshoot of interpolation, or the range −1 to 1
        ("float32", -2.5, 2.5, "[-2.5,2.5]"),
        ("float64", 0, 65_535, "[0,65535]"),
        ("int16", -1024, 3071, "[-1024,3071]"),
        ("int64", 0, 2**20, "[0,1048576]"),
    ],
)
def test_other_ranges_are_refused_with_the_key_that_settles_them(dtype, low, high, suggestion):
    with pytest.raises(UserError) as error:
        find_limits(np.dtype(dtype), low, high, "auto")
    assert f"data.value_range={suggestion}" in str(error.value)


def test_the_range_of_the_type_does_not_depend_on_the_values():
    assert find_limits(np.dtype("uint16"), 0, 9, "dtype") == (0, 65_535)
    assert find_limits(np.dtype("uint8"), 0, 1, "dtype") == (0, 255)
    assert find_limits(np.dtype("int16"), -5, 9, "dtype") == (-32_768, 32_767)
    with pytest.raises(UserError, match="no usual range"):
        find_limits(np.dtype("float32"), 0, 2, "dtype")


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64", "uint32", ">i4", "float32", ">f8", "float16"])
def test_the_same_grey_values_of_any_type_are_the_same_images(dtype):
    (pixels,) = scale_parts([GREY.astype(dtype)]).parts
    expected = GREY if np.dtype(dtype).kind in "ui" else GREY / np.float32(255)
    assert pixels.dtype == expected.dtype
    np.testing.assert_array_equal(pixels, expected)


def test_ranges_are_scaled_exactly():
    values = np.arange(65_536, dtype=np.uint16).reshape(4, 128, 128, 1)
    (pixels,) = scale_parts([values]).parts
    assert len(np.unique(pixels)) == 65_536, "all 16 bits are distinct"
    np.testing.assert_array_equal(pixels, (values / 65_535).astype(np.float32))
    (centred,) = scale_parts([GREY / 127.5 - 1]).parts
    np.testing.assert_allclose(centred, GREY / 255, atol=1e-7)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
def test_masks_are_black_and_white(dtype):
    mask = (GREY > 99).astype(dtype)
    scaled = scale_parts([mask])
    np.testing.assert_array_equal(scaled.parts[0], (GREY > 99) * np.uint8(255))
    assert bool(scaled.notes) == (dtype != "bool")
    (dark,) = scale_parts([(GREY > 99).astype(np.uint8)], [0, 255]).parts
    assert dark.max() == 1


def test_all_parts_share_one_range():
    bright, dark = GREY.astype(np.int64) * 16, np.ones((3, 8, 8, 1), np.uint16)
    scaled = scale_parts([bright, dark])
    assert scaled.parts[1].max() == np.float32(1 / 4095)
    assert scale_parts([GREY // 200, GREY]).parts[0].max() == 1, "the other part shows that these are no masks"


def test_parts_of_different_kinds_become_floats():
    parts = scale_parts([GREY, GREY / 255]).parts
    assert [part.dtype for part in parts] == [np.float32, np.float32]
    np.testing.assert_allclose(parts[0], parts[1], atol=1e-7)


def test_a_range_that_is_set_cuts_off_other_values_with_a_note():
    scaled = scale_parts([np.array([-1024, 0, 100, 3071], np.int16).reshape(4, 1, 1, 1)], [0, 200])
    assert scaled.parts[0].ravel().tolist() == [0, 0, 0.5, 1]
    assert "values outside 0 to 200 are cut off" in scaled.notes[0]
    assert not scale_parts([GREY], [0, 255]).notes


def test_nearly_black_images_are_noted():
    (note,) = scale_parts([GREY // 16]).notes
    assert "uint8 from 0 to 15 and nearly black" in note
    assert note.endswith("data.value_range=[0,15]")
    assert not scale_parts([GREY]).notes
    assert not scale_parts([GREY / 255]).notes


def test_new_images_have_the_range_of_the_data_set():
    values = np.arange(4096, dtype=np.uint16).reshape(4, 32, 32, 1)
    scaled = scale_parts([values])
    np.testing.assert_array_equal(conform_values(values[:1], scaled.value_format, "new"), scaled.parts[0][:1])
    np.testing.assert_array_equal(conform_values(GREY, scaled.value_format, "new"), GREY)
    np.testing.assert_array_equal(conform_values(GREY / 255, None, "new"), (GREY / 255).astype(np.float32))
    with pytest.raises(UserError, match="new are uint16 from 0 to 4096; give values from 0 to 4095"):
        conform_values(values + np.uint16(1) * (values == 4095), scaled.value_format, "new")
    cut = ValueFormat("uint16", (0.0, 100.0), True)
    assert conform_values(values, cut, "new").max() == 1


def test_a_stored_format_is_restored():
    value_format = scale_parts([GREY.astype(np.uint16) * 16]).value_format
    assert to_value_format(json.loads(json.dumps(asdict(value_format)))) == value_format
    assert to_value_format({}) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value):
    images = np.full((3, 2, 2, 1), 0.5)
    images[1, 1, 1] = value
    with pytest.raises(UserError, match="NaN or infinite"):
        scale_parts([np.zeros((1, 2, 2, 1)), images])


def test_an_empty_part_has_no_say():
    scaled = scale_parts([GREY.astype(int), GREY[:0].astype(int)])
    assert [len(part) for part in scaled.parts] == [4, 0]
    assert scale_array(GREY[:0].astype(int), (0.0, 4095.0)).shape == (0, 8, 8, 1)
