"""Files that are decoded again at another size."""

import numpy as np
import pytest
from PIL import Image

from pipeline.config import Data
from pipeline.data.image_files import open_image_files
from pipeline.data.image_folder import read_image_folder
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.data.image_files import save_image


def read_set(folder, **keys):
    """The image set of a folder."""
    reader = "pipeline.data.image_folder.read_image_folder"
    settings = {"image_size": 8, "skip_at_most": 20, "labels_from": "none"} | keys
    return data(Data.model_validate({"name": "set", "_target_": reader, "path": str(folder), **settings}))[0]


def noise(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def test_files_are_read_as_the_set_at_another_size(tmp_path):
    for index in range(5):
        part = "train" if index < 3 else "test"
        (tmp_path / part).mkdir(exist_ok=True)
        Image.fromarray(noise(index, 32, 32, 3)).save(tmp_path / part / f"{index}.png")
    images = read_set(tmp_path)
    expected = read_image_folder(str(tmp_path), image_size=16)
    fitted, held_out = open_image_files(images, "fitted", (16, 16)), open_image_files(images, "held_out", (16, 16))
    np.testing.assert_array_equal(fitted[:], expected.train)
    np.testing.assert_array_equal(held_out[np.array([1, 0])], expected.test[::-1])
    assert (len(fitted), len(held_out), len(open_image_files(images, "all", (16, 16)))) == (3, 2, 5)
    assert images.shape == (8, 8, 3), "pages show the small images"


def test_grey_pages_of_16_bits_keep_their_range(tmp_path):
    pages = [Image.fromarray(noise(index, 20, 20).astype(np.uint16) * 16) for index in range(3)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    images = read_set(tmp_path, pages="all")
    expected = read_image_folder(str(tmp_path), image_size=12, pages="all")
    read = open_image_files(images, "fitted", (12, 12))[:]
    assert (read.shape, read.dtype) == ((3, 12, 12, 1), np.float32)
    low, high = expected.value_ranges["16-bit"]
    assert (low, high) == (0, 4095)
    np.testing.assert_allclose(read, expected.train, atol=1e-6)


def test_masks_are_black_and_white_at_every_size(tmp_path):
    for index in range(2):
        Image.fromarray(noise(index, 8, 8) % 2).save(tmp_path / f"{index}.png")
    read = open_image_files(read_set(tmp_path), "fitted", (8, 8))[:]
    assert set(np.unique(read)) == {0, 255}


def test_colour_is_read_as_grey_if_the_set_is(tmp_path):
    for index in range(2):
        save_image(tmp_path / f"{index}.png", (16, 16), (255, index, 0))
    read = open_image_files(read_set(tmp_path, channels=1), "fitted", (4, 4))[:]
    assert read.shape == (2, 4, 4, 1)
    assert set(np.unique(read)) == {76, 77}


def test_a_file_that_is_gone_is_one_line(tmp_path):
    for index in range(3):
        save_image(tmp_path / f"{index}.png", (16, 16), (index, 0, 0))
    images = read_set(tmp_path)
    (tmp_path / "1.png").unlink()
    with pytest.raises(
        UserError, match=r"^data\.path: .*1\.png was read before and cannot be read now: .*; restore it"
    ):
        open_image_files(images, "fitted", (4, 4))[:]


def test_arrays_are_used_as_they_are(images):
    assert open_image_files(images, "fitted", (4, 4)) is images.train
    assert open_image_files(images, "held_out", (4, 4)) is images.test
