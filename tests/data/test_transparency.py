"""The background behind transparent parts: chosen by the content, for the whole data set."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.artifacts.images import Images
from pipeline.data.decoding import decode_images
from pipeline.data.encoded_image import EncodedImage
from pipeline.data.new_images import ReadingRules, read_new_images
from pipeline.data.transparency import Transparency, choose_background, measure_transparency


def stroke(shade, mode="RGBA", kind="PNG"):
    """A vertical line of a shade on transparency, in 4x4 pixels."""
    pixels = np.zeros((4, 4, 4), np.uint8)
    pixels[..., :3] = 255 - shade  # the colour of transparent pixels must not count
    pixels[:, 1] = (shade, shade, shade, 255)
    image = Image.fromarray(pixels)
    if mode == "P":
        image = image.quantize()
    buffer = io.BytesIO()
    image.convert(mode).save(buffer, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return buffer.getvalue()


def encoded(*contents):
    return [EncodedImage(f"{i}.png", content) for i, content in enumerate(contents)]


@pytest.mark.parametrize(
    ("shade", "background", "expected"),
    [
        (255, "auto", 0),
        (128, "auto", 0),
        (127, "auto", 255),
        (0, "auto", 255),
        (255, "white", 255),
        (0, "black", 0),
    ],
)
def test_light_content_is_on_black_and_dark_content_on_white(recorder, shade, background, expected):
    images = decode_images(encoded(stroke(shade)), "here", observer=recorder, background=background)
    assert images.pixels[0, 0, :, 0].tolist() == [expected, shade, expected, expected]
    assert images.background == ("black" if expected == 0 else "white")
    if background == "auto":
        kind, other = ("light", "white") if expected == 0 else ("dark", "black")
        assert images.note == (
            f"data.background: 1 image has transparent parts; their visible pixels are mostly {kind}, so the "
            f"background of all is {images.background}; data.background={other} changes it"
        )
        assert recorder.notes == [images.note]
    else:
        assert images.note == ""


@pytest.mark.parametrize(("mode", "kind"), [("LA", "PNG"), ("P", "PNG"), ("RGBA", "WEBP"), ("RGBA", "GIF")])
def test_transparency_of_all_modes_counts(mode, kind):
    images = decode_images(encoded(stroke(255, mode, kind)), "here")
    assert images.pixels[0, 0, :, 0].tolist() == [0, 255, 0, 0]


def test_one_background_holds_for_the_whole_set():
    images = decode_images(encoded(stroke(255), stroke(255), stroke(0)), "here")
    assert images.pixels[:, 0, 0, 0].tolist() == [0, 0, 0]


def test_opaque_images_have_no_vote_and_no_note():
    buffer = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 255, 255, 255)).save(buffer, "PNG")
    images = decode_images(encoded(buffer.getvalue()), "here")
    assert (images.note, images.background) == ("", "")
    assert decode_images(encoded(buffer.getvalue(), stroke(0)), "here").background == "white"


def test_pixels_count_by_their_opacity_and_images_equally():
    pixels = np.full((1, 3, 4), 255, np.uint8)
    pixels[0, 1:] = (0, 0, 0, 64)
    assert measure_transparency(Image.fromarray(pixels)) == Transparency(True, 255 / (255 + 128))
    votes = [Transparency(True, 0.9), Transparency(True, 0.2), Transparency(True, None), Transparency(False, None)]
    assert choose_background(votes, "auto")[0] == "black"
    assert "nothing is visible, so the background of all is white" in choose_background(votes[2:], "auto")[1]


def test_new_images_have_the_background_of_the_run(tmp_path):
    (tmp_path / "a.png").write_bytes(stroke(255))
    pixels = np.zeros((2, 4, 4, 1), np.uint8)
    for colour, expected in (("white", 255), ("black", 0), ("", 0)):
        rules = ReadingRules.of_run(Images(pixels, pixels[:0], background=colour))
        for path in (tmp_path, tmp_path / "a.png"):
            assert read_new_images(str(path), (4, 4, 1), rules=rules).pixels[0, 0, 0, 0] == expected
