"""Decoding many images: channels, unreadable images, sizes, and memory."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.runtime.errors import UserError
from tests.data.image_files import encode_png


def encoded(*contents):
    return [EncodedImage(f"{i}.png", content) for i, content in enumerate(contents)]


@pytest.mark.parametrize(
    ("colours", "channels", "expected"),
    [
        ([(9, 9, 9), (80, 80, 80)], None, 1),
        ([(9, 9, 9), (80, 81, 80)], None, 3),
        ([(9, 9, 9)], 3, 3),
        ([(255, 0, 0)], 1, 1),
    ],
)
def test_images_are_grey_if_all_are_or_as_configured(colours, channels, expected):
    images = decode_images(encoded(*map(encode_png, colours)), "here", channels=channels).pixels
    assert images.shape[3] == expected
    if channels == 1:
        assert images[0, 0, 0, 0] == 76  # the luminance of red, as Pillow computes it


def test_unreadable_images_are_skipped_and_named(recorder):
    contents = [encode_png((i, i, i), (40, 40)) for i in range(5)]
    contents[2] = b"nonsense"
    contents[4] = contents[4][: len(contents[4]) // 2]
    decoded = decode_images(encoded(*contents), "here", skip_at_most=2, observer=recorder)
    note = decoded.note
    assert decoded.indices == decoded.pixels[:, 0, 0, 0].tolist() == [0, 1, 3]
    assert note.startswith("skipped 2 of 5 images")
    assert all(name in note for name in ("2.png (not an image, or damaged)", "4.png ("))
    assert recorder.notes == [note]
    assert recorder.steps[-1] == (3, 3)


def test_too_many_unreadable_images_are_an_error_that_names_them():
    images = encoded(encode_png(), b"nonsense", b"", b"text")
    with pytest.raises(UserError, match=r"^data\.skip_at_most = 2: 3 of 4 images in here .*1\.png .*3\.png"):
        decode_images(images, "here", skip_at_most=2)


def test_different_sizes_are_resized_to_one_with_a_note():
    images = encoded(encode_png(size=(8, 12)), encode_png(size=(18, 16)), encode_png(size=(30, 20)))
    chosen = decode_images(images, "here")
    assert chosen.pixels.shape == (3, 16, 16, 3)
    assert chosen.note == (
        "data.image_size: images have 3 sizes from 8×12 to 30×20 pixels; all are resized to 16×16; data.image_size=… "
        "sets another size, and model=pretrained reads photographs at its own; data.resize: 2 of 3 images are "
        "stretched by more than 25 % to 16×16; a run with data.resize=crop or data.resize=pad keeps their proportions"
    )
    assert decode_images(images, "here", (5, 5)).pixels.shape == (3, 5, 5, 3)
    assert decode_images(images, "here", (5, 5), resize="pad").note == ""


def test_more_than_the_free_memory_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=100))
    with pytest.raises(UserError, match=r"^data\.image_size: 1 images of 8×6 need"):
        decode_images(encoded(encode_png(size=(8, 6))), "here")


def test_no_readable_image_is_an_error():
    with pytest.raises(UserError, match=r"^path: here holds no readable image"):
        decode_images(encoded(b"x"), "here", skip_at_most=1)


def encode_values(values, kind="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, kind, **options)
    return buffer.getvalue()


def grey(value, dtype=np.uint16):
    return encode_values(np.full((2, 2), value, dtype))


@pytest.mark.parametrize(
    ("values", "value_range", "expected"),
    [
        ([200, 100], "auto", [200 / 65535, 100 / 65535]),
        ([200, 65535], "auto", [200 / 65535, 1]),
        ([200, 4000], "auto", [200 / 4095, 4000 / 4095]),
        ([200, 4000], "dtype", [200 / 65535, 4000 / 65535]),
        ([200, 4000], (100, 2100), [0.05, 1]),
        ([1, 2], {"16-bit": (0, 4)}, [0.25, 0.5]),
    ],
)
def test_16_bit_images_have_one_range_for_the_whole_set(recorder, values, value_range, expected):
    images = decode_images(encoded(*map(grey, values)), "here", observer=recorder, value_range=value_range)
    assert images.pixels.dtype == np.float32
    assert images.pixels.shape == (2, 2, 2, 1)
    np.testing.assert_allclose(images.pixels[:, 0, 0, 0], expected, rtol=1e-6)
    low, high = images.value_ranges["16-bit"]
    assert (
        f"2 16-bit images have values from {min(values)} to {max(values):,}; {low:,.6g} is read as black" in images.note
    )
    assert f"and {high:,.6g} as white" in images.note
    assert recorder.notes == [images.note]


def test_16_bit_values_stay_distinct():
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    images = decode_images(encoded(encode_values(ramp)), "here", (256, 256))
    np.testing.assert_array_equal(np.round(images.pixels[0, ..., 0] * 65535).astype(int), ramp)


def test_range_has_two_values():
    with pytest.raises(UserError, match=r"^data\.value_range = \[5\]: give two values"):
        decode_images(encoded(grey(1)), "here", value_range={"16-bit": [5]})


@pytest.mark.parametrize("channels", [1, 3])
def test_depths_are_mixed_by_their_ranges(channels):
    images = decode_images(encoded(grey(65535), grey(51, np.uint8)), "here", channels=channels)
    np.testing.assert_allclose(images.pixels[:, 0, 0, -1], [1, 0.2], rtol=1e-6)
    assert images.pixels.shape == (2, 2, 2, channels)


def test_8_bit_images_are_bytes_unless_a_range_is_configured():
    contents = encoded(grey(2, np.uint8), grey(0, np.uint8))
    images = decode_images(contents, "here")
    assert images.pixels.dtype == np.uint8
    assert (images.note, images.pixels[:, 0, 0, 0].tolist()) == ("", [2, 0])
    assert decode_images(contents, "here", value_range=(0, 2)).pixels[:, 0, 0, 0].tolist() == [1, 0]


def test_masks_of_0_and_1_are_black_and_white():
    masks = encoded(grey(1, np.uint8), grey(0, np.uint8))
    images = decode_images(masks, "here")
    assert images.pixels[:, 0, 0, 0].tolist() == [255, 0]
    assert "no value is above 1" in images.note
    alike = decode_images(masks, "here", value_range=images.value_ranges)
    assert alike.pixels[:, 0, 0, 0].tolist() == [1.0, 0.0]
    assert decode_images(masks, "here", value_range="dtype").pixels[:, 0, 0, 0].tolist() == [1, 0]


def test_empty_range_is_refused():
    with pytest.raises(UserError, match=r"^data\.value_range = \[5, 5\]: give two values, the smaller first"):
        decode_images(encoded(grey(1)), "here", value_range=(5, 5))


def png_of_16_bit_colour(size):
    """A PNG of one row whose channels are the 16-bit numbers 0, 1, 2, …; Pillow cannot write one."""
    import struct
    import zlib

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    rows = b"\0" + np.arange(3 * size, dtype=">u2").tobytes()
    header = struct.pack(">IIBBBBB", size, 1, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_colour_of_16_bits_is_read_as_8_bits_with_a_note_without_its_package(monkeypatch):
    monkeypatch.setattr("pipeline.data.encoded_image.can_read_deep_colour", lambda: False)
    images = decode_images(encoded(png_of_16_bit_colour(8)), "here")
    assert images.pixels.shape == (1, 1, 8, 1)  # the upper bits are all 0
    assert images.note == (
        "only the upper 8 bits of 16-bit colour images (1) are read; of PNG and TIFF all bits are read after: "
        "pip install imagecodecs"
    )


def test_colour_of_16_bits_keeps_its_values_and_has_the_range_of_a_sensor():
    images = decode_images(2 * encoded(png_of_16_bit_colour(1000)), "here", (1, 1000))
    assert (images.pixels.dtype, images.pixels.shape) == (np.float32, (2, 1, 1000, 3))
    np.testing.assert_allclose(images.pixels[0].ravel() * 4095, np.arange(3000), atol=1e-3)
    assert images.value_ranges == {"16-bit": (0, 4095)}
