"""Stage quality: faulty images, and sets whose images are files."""

import shutil

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pipeline.artifacts import Images
from pipeline.data.file_facts import read_file_facts
from pipeline.runtime.observer import SILENT
from pipeline.stages.quality.image_checks import flag_faulty_images, is_low, robust_z_scores
from pipeline.stages.quality.measures import measure_images, measure_sharpness
from tests.stages.quality_inputs import CONFIG, blur, check, draw_pictures, inputs_of

# Faulty images


def faulty_pixels():
    pixels = draw_pictures(80)
    pixels[0] = 128
    pixels[1] = pixels[1] * 0.1
    pixels[2] = 255 - (255 - pixels[2]) * 0.1
    pixels[3, ..., 0] = blur(pixels[3, ..., 0], 3)
    return pixels


def test_each_fault_is_flagged_alone():
    checks = flag_faulty_images(CONFIG, measure_images(Images.from_array(faulty_pixels()), None, 128, SILENT), None)
    flagged = {name: np.flatnonzero(flags).tolist() for name, flags in checks.items()}
    assert flagged == {"blank": [0], "dark": [1], "bright": [2], "blurred": [3], "odd_sized": []}


@pytest.mark.parametrize("scale", [0.25, 1.0])
def test_a_property_of_the_whole_set_is_no_fault(scale):
    """A set of dark or of smooth images is not listed as a whole; floats in [0, 1] are read as 8-bit values are."""
    smooth = np.stack([
        np.asarray(Image.fromarray(picture[..., 0]).filter(ImageFilter.GaussianBlur(3)))
        for picture in draw_pictures(80)
    ])  # fmt: skip
    images = Images.from_array((smooth * np.float32(scale / 255)).astype(np.float32))
    checks = flag_faulty_images(CONFIG, measure_images(images, None, 128, SILENT), None)
    assert sum(int(flags.sum()) for flags in checks.values()) == 0


def test_digits_on_black_are_not_dark(images):
    checks = flag_faulty_images(CONFIG, measure_images(images, None, 128, SILENT), None)
    assert not (checks["dark"] | checks["bright"] | checks["blank"]).any()


def test_sharpness_falls_with_blur_and_does_not_depend_on_contrast():
    sharp = draw_pictures(5)[..., 0] / np.float32(255)
    assert np.abs(measure_sharpness(sharp) - measure_sharpness(0.5 * sharp)).max() < 0.02
    blurred = np.stack(
        [np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(1))) for p in draw_pictures(5)[..., 0]]
    )
    assert (measure_sharpness(blurred / np.float32(255)) < measure_sharpness(sharp) - 1).all()
    assert measure_sharpness(np.zeros((2, 2, 9), np.float32)).tolist() == [0, 0]


def test_robust_scores_ignore_outliers_and_uncounted_values():
    values = np.array([0, 1, 2, 3, 4, 1000, -1000], np.float32)
    counted = np.array([True] * 6 + [False])
    scores = robust_z_scores(values, counted)
    assert scores[5] > 100
    assert scores[6] < -100
    assert np.abs(scores[:5]).max() < 2
    assert not robust_z_scores(values, np.zeros(7, bool)).any()
    assert is_low(np.array([0.1, 0.9, 0.9], np.float32), 0.3).tolist() == [True, False, False]


# Files


@pytest.fixture
def folder(tmp_path):
    """Files of twelve pictures with a copy, the same pixels in another format, a large version, and a wide picture."""
    pictures = draw_pictures(12)[..., 0]
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{index:02d}.png")
    shutil.copy(tmp_path / "00.png", tmp_path / "copy.png")
    Image.fromarray(pictures[1]).save(tmp_path / "other.bmp")
    Image.fromarray(pictures[2]).resize((48, 48), Image.Resampling.NEAREST).save(tmp_path / "zlarge.png")
    Image.fromarray(pictures[3]).resize((96, 24)).save(tmp_path / "zwide.png")
    return tmp_path


def read_folder(folder):
    from pipeline.data.image_folder import read_image_folder

    source = read_image_folder(str(folder), image_size=24)
    return inputs_of(source.train, paths=source.paths, folder=source.folder)


def test_files_are_compared_by_bytes_and_the_largest_original_is_kept(folder):
    table = check(**read_folder(folder)).table.set_index("image")
    assert table.loc["copy.png", ["duplicate_of", "kind"]].tolist() == ["00.png", "bytes"]
    assert table.loc["01.png", ["duplicate_of", "kind"]].tolist() == ["other.bmp", "pixels"]  # the larger file
    assert table.loc["02.png", "duplicate_of"] == "zlarge.png"
    assert table.index[table["odd_sized"]].tolist() == ["zwide.png"]


def test_without_its_files_a_set_is_checked_by_its_pixels(folder, recorder):
    inputs = read_folder(folder)
    (folder / "05.png").unlink()
    result = check(**inputs, observer=recorder)
    assert "05.png" in recorder.notes[0]
    assert "images are checked as the run read them" in recorder.notes[0]
    assert set(result.table["kind"]) == {"", "pixels", "near"}
    assert not result.table["odd_sized"].any()


def test_pages_of_a_file_are_no_copies(tmp_path):
    pages = [Image.fromarray(picture[..., 0]) for picture in draw_pictures(3)]
    for name in ("a.tif", "b.tif"):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
    names = [f"{name}#{page}" for name in ("a.tif", "b.tif") for page in (1, 2, 3)]
    pixels = np.concatenate([draw_pictures(3)] * 2)
    facts = read_file_facts(Images(pixels, pixels[:0], paths=names, folder=str(tmp_path)))
    assert facts.copies.tolist() == [0, 1, 2, 0, 1, 2]
    assert facts.sizes.tolist() == [[24, 24]] * 6
