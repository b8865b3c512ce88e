"""Decoding one image: formats, colour modes, rotation, and resizing."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.data.encoded_image import EncodedImage, decode_image, read_image_size


def encode(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return EncodedImage("some", buffer.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP", "GIF"])
def test_common_formats_are_decoded(kind):
    image = encode(Image.new("RGB", (8, 6), (200, 30, 30)), kind)
    assert read_image_size(image) == (6, 8)
    pixels = decode_image(image)
    assert pixels.shape == (6, 8, 3)
    assert np.abs(pixels[3, 3].astype(int) - [200, 30, 30]).max() <= 12  # JPEG, WebP and GIF are lossy


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGBA", (4, 4), (0, 0, 0, 0)),
        Image.fromarray(np.full((4, 4), 65535, np.uint16)),
        Image.new("1", (4, 4), 1),
    ],
    ids=["transparent", "16 bits", "1 bit"],
)
def test_transparent_16_bit_and_1_bit_white_are_decoded_as_white(image):
    assert (decode_image(encode(image)) == 255).all()


def test_image_is_rotated_as_its_exif_data_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = encode(Image.new("RGB", (8, 6)), "JPEG", exif=exif)
    assert read_image_size(image) == (8, 6)
    assert decode_image(image).shape == (8, 6, 3)


def test_image_is_resized_to_height_and_width():
    assert decode_image(encode(Image.new("RGB", (30, 20)), "JPEG"), (5, 7)).shape == (5, 7, 3)
