"""Pixels of a request to a served model: the range is recognised by the type, and nothing ambiguous is read."""

import json

import numpy as np
import pytest

from pipeline.data.request_pixels import read_request_pixels
from pipeline.runtime.errors import UserError

SHAPE = (2, 2, 1)


def request(*values):
    """One image (1, 2, 2, 1) as MLflow makes it from JSON."""
    return np.array(json.loads(json.dumps(values))).reshape(1, *SHAPE)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ((0, 255, 2, 1), np.uint8, [0, 255, 2, 1]),
        ((0, 1, 1, 2), np.uint8, [0, 1, 1, 2]),
        ((0, 0, 0, 0), np.uint8, [0, 0, 0, 0]),
        ((0, 1, 0.5, 1), np.float32, [0, 1, 0.5, 1]),
        ((0.0, 1, 1, 0), np.float32, [0, 1, 1, 0]),
        ((1.0, 1.0, 0.0, 0.0), np.float32, [1, 1, 0, 0]),
        ((False, True, True, False), np.float32, [0, 1, 1, 0]),
    ],
)
def test_numbers_of_json_are_read_by_their_type(values, kind, expected):
    pixels = read_request_pixels(request(*values), SHAPE)
    assert pixels.dtype == kind
    assert pixels.ravel().tolist() == expected


def test_uint8_is_from_0_to_255_whatever_its_values():
    image = np.array([0, 1, 1, 0], np.uint8).reshape(1, *SHAPE)
    assert read_request_pixels(image, SHAPE) is image


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (request(0, 1, 1, 0), "images are integers from 0 to 1, where 1 may mean white or almost black; give uint8"),
        (request(0, 256, 1, 0), "images are integers from 0 to 256; give integers from 0 to 255, or floats"),
        (request(-1, 255, 1, 0), "images are integers from -1 to 255"),
        (request(0.0, 255.0, 1.0, 0.0), "images are float64 from 0 to 255; floats must be in [0, 1]: divide by the"),
        (request(0, 1.5, 1, 0), "images are float64 from 0 to 1.5"),
        (request(-0.5, 1, 1, 0), "images are float64 from -0.5 to 1"),
        (request(0.5, float("nan"), 1, 0), "images are float64 from nan to nan"),
        (request(0.5, float("inf"), 1, 0), "images are float64 from 0 to inf"),
        (request(0, 9, 1, 0).astype(np.uint16), "images are uint16; give uint8 pixels from 0 to 255, or floats"),
        (request("0", "1", "1", "0"), "images are <U1"),
        (request(0, 9, 1, 0).reshape(1, 4), "images have shape (1, 4); give (n, 2, 2, 1)"),
        (request(0, 9, 1, 0).reshape(1, 1, 4, 1), "images have shape (1, 1, 4, 1); the model was fitted on (n, 2, 2"),
        (np.zeros((0, 2, 2, 3)), "images have shape (0, 2, 2, 3); the model was fitted on (n, 2, 2, 1)"),
        ({"image": [0, 9]}, "images are object"),
    ],
)
def test_other_values_types_and_shapes_are_refused(images, message):
    with pytest.raises(UserError) as error:
        read_request_pixels(images, SHAPE)
    assert str(error.value).startswith(f"inputs: {message}")


def test_a_model_without_a_stored_shape_checks_the_range():
    assert read_request_pixels(np.full((1, 3, 3), 0.5), None).shape == (1, 3, 3, 1)
    with pytest.raises(UserError, match=r"^inputs: images have shape \(4,\); give \(n, height, width, channels\)"):
        read_request_pixels(np.zeros(4), None)


def test_integers_are_refused_where_the_fitted_images_are_not_of_8_bits():
    with pytest.raises(
        UserError, match=r"^inputs: images are integers, and the model was fitted on images that are not"
    ):
        read_request_pixels(request(0, 200, 1, 0), SHAPE, is_8_bit=False)
    assert read_request_pixels(request(0, 0.5, 1, 0), SHAPE, is_8_bit=False).max() == 1
    assert read_request_pixels(request(0, 200, 1, 0).astype(np.uint8), SHAPE, is_8_bit=False).max() == 200
