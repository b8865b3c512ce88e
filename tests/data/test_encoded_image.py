"""Decoding one image: formats, colour modes, rotation, and resizing."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.data.encoded_image import EncodedImage, decode_image, read_header


def encode(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return EncodedImage("some", buffer.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "GIF"])
def test_common_formats_are_decoded(kind):
    image = encode(Image.new("RGB", (8, 6), (200, 30, 30)), kind)
    assert read_header(image).size == (6, 8)
    pixels = decode_image(image).pixels
    assert pixels.shape == (6, 8, 3)
    assert np.abs(pixels[3, 3].astype(int) - [200, 30, 30]).max() <= 12  # JPEG, WebP and GIF are lossy


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (0, 0, 0, 0)),
        Image.new("1", (4, 4), 1),
    ],
    ids=["transparent", "1 bit"],
)
def test_transparent_and_1_bit_white_are_decoded_as_white(image):
    assert (decode_image(encode(image)).pixels == 255).all()


def test_image_is_rotated_as_its_exif_data_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = encode(Image.new("RGB", (8, 6)), "JPEG", exif=exif)
    assert read_header(image).size == (8, 6)
    assert decode_image(image).pixels.shape == (8, 6, 3)


TURNS = {
    1: lambda pixels: pixels,
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).T,
    8: np.rot90,
}
"""What each EXIF orientation does to an array of rows and columns."""


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["PNG"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_header_and_pixels_agree_on_the_orientation(orientation, kind, dtype):
    values = np.arange(24).reshape(4, 6).astype(dtype)
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = encode(Image.fromarray(values), kind, exif=exif)
    expected = TURNS[orientation](values)
    assert read_header(image).size == expected.shape
    np.testing.assert_array_equal(decode_image(image).pixels[..., 0], expected)


def test_image_is_resized_to_height_and_width():
    assert decode_image(encode(Image.new("RGB", (30, 20)), "JPEG"), (5, 7)).pixels.shape == (5, 7, 3)


@pytest.mark.parametrize(
    ("dtype", "kind", "depth"),
    [
        (np.uint8, "PNG", "8-bit"),
        (np.uint16, "PNG", "16-bit"),
    ],
)
@pytest.mark.parametrize("size", [None, (4, 6)])
def test_depth_follows_from_the_mode_and_deep_grey_keeps_its_values(dtype, kind, depth, size):
    values = np.arange(24).reshape(4, 6).astype(dtype)
    image = encode(Image.fromarray(values), kind)
    assert read_header(image).depth == depth
    decoded = decode_image(image, size)
    assert decoded.depth == depth
    np.testing.assert_array_equal(decoded.pixels[..., 0], values)
    assert (decoded.low, decoded.high) == ((0, 255) if depth == "8-bit" else (0, 23))


def test_low_and_high_are_those_before_resizing():
    decoded = decode_image(encode(Image.fromarray(np.array([[0, 1000]], np.uint16))), (1, 1))
    assert (decoded.low, decoded.high) == (0, 1000)
    assert decoded.pixels.item() == 500
