"""Other aspect ratios: stretched, cropped or padded, in every format, at every size, and for new images alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline.data.aspect_ratio import match_aspect_ratio
from pipeline.data.image_files import open_image_files
from pipeline.data.image_folder import read_image_folder
from pipeline.data.new_images import ReadingRules, read_new_images
from tests.data.test_image_files import read_set

SIDES = st.integers(1, 40)


@given(height=SIDES, width=SIDES, size=st.tuples(SIDES, SIDES), channels=st.sampled_from([(), (1,), (3,)]))
def test_crop_and_pad_have_the_aspect_ratio_and_keep_the_centre(height, width, size, channels):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, *channels), np.uint8)
    assert match_aspect_ratio(pixels, size, "stretch") is pixels
    for resize, is_smaller in (("crop", True), ("pad", False)):
        matched = match_aspect_ratio(pixels, size, resize)
        sides = matched.shape[:2]
        assert matched.shape[2:] == channels
        assert (sides[0] == height) or (sides[1] == width)
        assert all(
            (new <= old) if is_smaller else (new >= old) for new, old in zip(sides, (height, width), strict=True)
        )
        assert abs(sides[0] * size[1] - sides[1] * size[0]) <= max(size), "a side is a whole number of pixels"
        inner, outer = (matched, pixels) if is_smaller else (pixels, matched)
        top, left = ((b - a) // 2 for a, b in zip(inner.shape[:2], outer.shape[:2], strict=True))
        np.testing.assert_array_equal(outer[top : top + inner.shape[0], left : left + inner.shape[1]], inner)


def test_margins_have_the_median_colour_of_the_border():
    pixels = np.zeros((5, 3, 3), np.uint8)
    pixels[1:-1, 1:-1] = 255
    pixels[0] = pixels[-1] = pixels[:, 0] = pixels[:, -1] = (10, 20, 30)
    pixels[0, 0] = 255
    padded = match_aspect_ratio(pixels, (5, 5), "pad")
    assert padded.shape == (5, 5, 3)
    assert (padded[:, [0, -1]] == (10, 20, 30)).all()


@pytest.fixture
def letters(tmp_path):
    """A tall bar, black on white, as 8-bit and as 16-bit grey, and its mirror image lying on its side."""
    values = np.full((40, 20), 255, np.uint8)
    values[5:35, 8:12] = 0
    Image.fromarray(values).save(tmp_path / "a.png")
    Image.fromarray(values.T).save(tmp_path / "b.png")
    return tmp_path


@pytest.mark.parametrize(("resize", "bar"), [("stretch", (30, 8)), ("pad", (30, 4)), ("crop", (40, 8))])
def test_files_keep_their_proportions(letters, resize, bar, recorder):
    """At 40×40, the bar of 30×4 pixels in 40×20 is as wide as the rule says, and as high."""
    images = read_image_folder(str(letters), image_size=40, resize=resize, observer=recorder)
    dark = images.train[0, ..., 0] < 128
    assert (dark.any(axis=1).sum(), dark.any(axis=0).sum()) == bar
    np.testing.assert_array_equal(images.train[1], images.train[0].swapaxes(0, 1))
    assert images.resize == resize
    notes = [note for note in recorder.notes if note.startswith("data.resize: 2 of 2 images are stretched by more")]
    assert bool(notes) == (resize == "stretch")


def test_deep_grey_is_padded_too(letters):
    for file in letters.glob("*.png"):
        Image.fromarray(np.asarray(Image.open(file)).astype(np.uint16) * 257).save(file)
    deep = read_image_folder(str(letters), image_size=40, resize="pad")
    assert deep.train.dtype == np.float32
    assert (deep.train[0, :, 0] == 1).all()


def test_new_images_and_other_sizes_follow_the_rule_of_the_run(letters):
    images = read_set(letters, resize="pad", image_size=20)
    assert images.resize == "pad"
    new = read_new_images(str(letters), (20, 20, 1), rules=ReadingRules.of_run(images))
    one = read_new_images(str(letters / "a.png"), (20, 20, 1), rules=ReadingRules.of_run(images))
    np.testing.assert_array_equal(new.pixels, images.train)
    np.testing.assert_array_equal(one.pixels, images.train[:1])
    expected = read_image_folder(str(letters), image_size=40, resize="pad")
    np.testing.assert_array_equal(open_image_files(images, "fitted", (40, 40))[:], expected.train)
