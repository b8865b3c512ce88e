"""Decoding one image: formats, colour modes, rotation, and resizing."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipeline.data.encoded_image import EncodedImage, decode_image, read_header


def encode(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return EncodedImage("some", buffer.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM", "AVIF", "JPEG2000"])
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
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
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
        (np.uint8, "TIFF", "8-bit"),
        (np.uint16, "TIFF", "16-bit"),
        (np.int32, "TIFF", "32-bit"),
        (np.float32, "TIFF", "float"),
        (np.uint8, "PPM", "8-bit"),
        (np.uint16, "PPM", "16-bit"),
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


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP", "PNG"])
def test_first_of_several_pages_is_read(kind):
    pages = [Image.new("L", (4, 4), shade) for shade in (10, 200)]
    image = encode(
        pages[0], kind, save_all=True, append_images=pages[1:], **({"lossless": True} if kind == "WEBP" else {})
    )
    assert read_header(image).has_pages
    assert (decode_image(image).pixels == 10).all()
    assert not read_header(encode(pages[0], kind)).has_pages


def test_pgm_is_scaled_by_its_largest_value():
    image = EncodedImage("a.pgm", b"P5\n2 1\n4095\n" + np.array([0, 4095], ">u2").tobytes())
    assert decode_image(image).pixels.ravel().tolist() == [0, 65535]


def test_colour_of_more_than_8_bits_is_recognised():
    deep = EncodedImage("a.ppm", b"P6\n1 1\n65535\n" + np.array([0, 256, 65535], ">u2").tobytes())
    assert read_header(deep).is_reduced
    assert decode_image(deep).pixels.tolist() == [[[0, 1, 255]]]
    assert not read_header(encode(Image.new("RGB", (1, 1)), "PPM")).is_reduced


def test_tiff_in_which_0_is_white_is_inverted():
    image = encode(Image.fromarray(np.array([[0, 200]], np.uint16)), "TIFF", tiffinfo={262: 0})
    assert decode_image(image).pixels.ravel().tolist() == [65535, 65335]


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        decode_image(encode(Image.fromarray(np.array([[0, np.nan]], np.float32)), "TIFF"))


HEIC = EncodedImage("a.heic", b"\0\0\0\x18ftypheic" + b"\0" * 40)


def test_heic_names_the_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ValueError, match="pip install pillow-heif"):
        read_header(HEIC)


def test_heic_is_read_by_its_package(monkeypatch):
    def register():
        Image.register_open("HEIF", lambda *_: Image.new("RGB", (3, 2), "red"), lambda head: head[4:12] == b"ftypheic")

    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    monkeypatch.setitem(sys.modules, "pillow_heif", SimpleNamespace(register_heif_opener=register))
    assert read_header(HEIC).size == (2, 3)
    assert decode_image(HEIC).pixels[0, 0].tolist() == [255, 0, 0]
