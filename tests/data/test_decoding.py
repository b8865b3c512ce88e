"""Decoding many images: channels, unreadable images, sizes, and memory."""

from types import SimpleNamespace

import pytest

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
    images, _, _ = decode_images(encoded(*map(encode_png, colours)), "here", channels=channels)
    assert images.shape[3] == expected
    if channels == 1:
        assert images[0, 0, 0, 0] == 76  # the luminance of red, as Pillow computes it


def test_unreadable_images_are_skipped_and_named(recorder):
    contents = [encode_png((i, i, i), (40, 40)) for i in range(5)]
    contents[2] = b"nonsense"
    contents[4] = contents[4][: len(contents[4]) // 2]
    images, indices, note = decode_images(encoded(*contents), "here", skip_at_most=2, observer=recorder)
    assert indices == images[:, 0, 0, 0].tolist() == [0, 1, 3]
    assert note.startswith("skipped 2 of 5 images")
    assert all(name in note for name in ("2.png (not an image, or damaged)", "4.png ("))
    assert recorder.notes == [note]
    assert recorder.steps[-1] == (5, 5)


def test_too_many_unreadable_images_are_an_error_that_names_them():
    images = encoded(encode_png(), b"nonsense", b"", b"text")
    with pytest.raises(UserError, match=r"^data\.skip_at_most = 2: 3 of 4 images in here .*1\.png .*3\.png"):
        decode_images(images, "here", skip_at_most=2)


def test_different_sizes_are_listed_and_resized_to_the_configured_size():
    images = encoded(encode_png(size=(8, 6)), encode_png(size=(8, 6)), encode_png(size=(30, 20)))
    with pytest.raises(UserError, match=r"^data\.image_size: .*8×6 \(2, such as 0\.png\), 30×20 \(1, such as 2\.png\)"):
        decode_images(images, "here")
    assert decode_images(images, "here", (5, 5))[0].shape == (3, 5, 5, 3)


def test_more_than_the_free_memory_is_refused_before_decoding(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=100))
    with pytest.raises(UserError, match=r"^data\.image_size: 1 images of 8×6 need"):
        decode_images(encoded(encode_png(size=(8, 6))), "here")


def test_no_readable_image_is_an_error():
    with pytest.raises(UserError, match=r"^path: here holds no readable image"):
        decode_images(encoded(b"x"), "here", skip_at_most=1)
