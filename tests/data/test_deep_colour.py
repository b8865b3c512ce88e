"""Colour of 16 bits a channel: values, opacity, orientation, size."""

import numpy as np
import pytest
from PIL import Image

from pipeline.data.deep_colour import read_deep_colour
from pipeline.data.encoded_image import EncodedImage, decode_image, read_header
from tests.data.test_encoded_image import TURNS

imagecodecs = pytest.importorskip("imagecodecs")

VALUES = np.random.default_rng(0).integers(0, 65_536, (4, 6, 4), np.uint16)


def encode(values, kind, **options):
    values = np.ascontiguousarray(values)
    content = imagecodecs.png_encode(values) if kind == "PNG" else imagecodecs.tiff_encode(values, **options)
    return EncodedImage(f"a.{kind}", content)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colour_keeps_its_values(kind):
    image = encode(VALUES[..., :3], kind, photometric="rgb")
    header = read_header(image)
    assert (header.size, header.depth, header.channels, header.is_reduced) == ((4, 6), "16-bit", 3, False)
    decoded = decode_image(image)
    np.testing.assert_array_equal(decoded.pixels, VALUES[..., :3])
    assert (decoded.low, decoded.high) == (VALUES[..., :3].min(), VALUES[..., :3].max())


@pytest.mark.parametrize(("background", "value"), [("white", 65_535), ("black", 0)])
@pytest.mark.parametrize("channels", [2, 4])
def test_transparent_parts_get_the_background(channels, background, value):
    values = VALUES[..., :channels].copy()
    values[..., -1] = 0
    values[0, 0, -1] = 65_535
    image = encode(values, "PNG")
    assert read_header(image).has_alpha
    pixels = decode_image(image, background=background).pixels
    np.testing.assert_array_equal(pixels[0, 0], np.broadcast_to(values[0, 0, :-1], 3))
    assert (pixels[1:] == value).all()


@pytest.mark.parametrize("orientation", TURNS)
def test_orientation_is_that_of_8_bits(orientation):
    content = encode(VALUES[..., :3], "PNG").content
    pixels = read_deep_colour(content, "PNG", 0, orientation, "white")
    expected = [TURNS[orientation](VALUES[..., channel]) for channel in range(3)]
    np.testing.assert_array_equal(pixels, np.stack(expected, axis=2))


def test_size_is_changed_as_that_of_8_bits_is():
    grey = np.repeat(VALUES[..., :1] // 257, 3, axis=2).astype(np.uint16)
    small = decode_image(encode(grey * 257, "PNG"), (2, 3)).pixels / 257
    expected = np.asarray(Image.fromarray(grey.astype(np.uint8)).resize((3, 2), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(small, expected, atol=0.51)


def test_planes_of_a_tiff_are_channels():
    planes = np.ascontiguousarray(VALUES[..., :3].transpose(2, 0, 1))
    content = imagecodecs.tiff_encode(planes, planarconfig="separate", photometric="rgb")
    np.testing.assert_array_equal(read_deep_colour(content, "TIFF", 0, 1, "white"), VALUES[..., :3])
