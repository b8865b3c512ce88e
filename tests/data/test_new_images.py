"""Images for a finished run: brought to the shape of its images, or refused."""

import gzip

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from pipeline.artifacts.images import Images
from pipeline.data.new_images import ReadingRules, read_labelled_images, read_new_images
from pipeline.runtime.errors import UserError
from tests.data.image_files import encode_png, save_image
from tests.data.test_idx import idx_bytes


def test_image_files_and_arrays_get_the_shape_of_the_run(tmp_path):
    save_image(tmp_path / "sub/a.jpg", (30, 20))
    save_image(tmp_path / "b.png", (4, 4))
    np.save(tmp_path / "c.npy", np.zeros((5, 9, 9), np.uint8))
    parquet.write_table(pa.table({"image": [encode_png()]}), tmp_path / "d.parquet")
    grey = read_new_images(str(tmp_path / "sub"), (6, 8, 1))
    assert (grey.pixels.shape, grey.names) == ((1, 6, 8, 1), ["a.jpg"])
    colour = read_new_images(str(tmp_path / "b.png"), (6, 8, 3))
    assert (colour.pixels.shape, colour.names) == ((1, 6, 8, 3), ["b.png"])
    array = read_new_images(str(tmp_path / "c.npy"), (6, 8, 1))
    assert (array.pixels.shape, array.names) == ((5, 6, 8, 1), ["0", "1", "2", "3", "4"])
    cells = read_new_images(str(tmp_path / "d.parquet"), (6, 8, 3))
    assert (cells.pixels.shape, cells.names) == ((1, 6, 8, 3), ["d.parquet[0]"])


def test_train_and_test_parts_are_both_read(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 6, 8), np.uint8), test_images=np.ones((2, 6, 8), np.uint8))
    assert read_new_images(str(tmp_path / "a.npz"), (6, 8, 1)).pixels[:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1]


def test_arrays_are_read_with_the_channels_of_the_run(tmp_path):
    last = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), np.uint8)
    np.save(tmp_path / "last.npy", last)
    np.save(tmp_path / "first.npy", np.moveaxis(last, -1, 1))
    for name in ("last", "first"):
        np.testing.assert_array_equal(read_new_images(str(tmp_path / f"{name}.npy"), (6, 8, 3)).pixels, last)
    np.save(tmp_path / "flat.npy", last[..., 0].reshape(5, -1))
    np.testing.assert_array_equal(read_new_images(str(tmp_path / "flat.npy"), (6, 8, 1)).pixels, last[..., :1])
    np.save(tmp_path / "grey.npy", last[:, None, :, :, 0])
    np.testing.assert_array_equal(read_new_images(str(tmp_path / "grey.npy"), (6, 8, 1)).pixels, last[..., :1])


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("nowhere", (6, 8, 1), "does not exist"),
        ("notes.txt", (6, 8, 1), r"ends in '\.txt'"),
        ("c.npy", (6, 8, 3), "have 1 channel; the run's have 3"),
        ("b.png", (6, 8, 4), "have 4 channels and image files have 1 or 3"),
        ("empty", (6, 8, 1), "empty holds no image"),
    ],
)
def test_unsuitable_input_is_refused(tmp_path, name, shape, message):
    save_image(tmp_path / "b.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("x")
    np.save(tmp_path / "c.npy", np.zeros((5, 9, 9), np.uint8))
    with pytest.raises(UserError, match=f"^input: .*{message}"):
        read_new_images(str(tmp_path / name), shape)


def test_new_images_are_read_by_the_ranges_of_the_run(tmp_path):
    Image.fromarray(np.full((6, 8), 819, np.uint16)).save(tmp_path / "dark.png")
    run = Images(np.zeros((2, 6, 8, 1), np.uint8), np.zeros((0, 6, 8, 1), np.uint8), value_ranges={"16-bit": [0, 4095]})
    for path in (tmp_path, tmp_path / "dark.png"):
        alike = read_new_images(str(path), (6, 8, 1), rules=ReadingRules.of_run(run))
        np.testing.assert_allclose(alike.pixels, 0.2)
        full = read_new_images(str(path), (6, 8, 1))
        np.testing.assert_allclose(full.pixels, 819 / 65535)


@pytest.mark.parametrize("labels", [[[1], [2]], [2**40, 3], [b"x", b"y"]], ids=["lists", "beyond int32", "bytes"])
@pytest.mark.parametrize("name", ["d.parquet", "."], ids=["file", "folder"])
def test_parquet_files_are_read_by_the_column_of_the_run_and_without_labels(tmp_path, name, labels):
    table = pa.table({"img": [encode_png()] * 2, "image": [1, 2], "label": labels})
    parquet.write_table(table, tmp_path / "d.parquet")
    images = read_new_images(str(tmp_path / name), (6, 8, 1), rules=ReadingRules(image_column="img"))
    assert images.names == ["d.parquet[0]", "d.parquet[1]"]
    with pytest.raises(
        UserError, match=r"^input: data\.image_column = 'pic': .* it has img, image, label; new images are"
    ):
        read_new_images(str(tmp_path / name), (6, 8, 1), rules=ReadingRules(image_column="pic"))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "scans"])
def test_an_idx_file_is_read_under_any_name(tmp_path, name, pack):
    array = np.random.default_rng(0).integers(0, 256, (5, 6, 8), np.uint8)
    (tmp_path / name).write_bytes(pack(idx_bytes(array, 0x08)))
    images = read_new_images(str(tmp_path / name), (6, 8, 1))
    np.testing.assert_array_equal(images.pixels[..., 0], array)
    assert images.names == [f"{name}[{row}]" for row in range(5)]
    assert read_new_images(str(tmp_path / name), (3, 4, 1)).pixels.shape == (5, 3, 4, 1)


@pytest.mark.parametrize(
    "names",
    [
        ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"],
        ["train-images.idx3-ubyte", "t10k-images.idx3-ubyte"],
        ["emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-test-images-idx3-ubyte.gz"],
        ["t10k-images-idx3-ubyte"],
    ],
)
def test_the_idx_files_of_a_folder_are_read_without_their_labels(tmp_path, names, recorder):
    arrays = [np.full((rows, 6, 8), rows, np.uint8) for rows in (3, 2)][-len(names) :]
    for name, array in zip(names, arrays, strict=True):
        pack = gzip.compress if name.endswith(".gz") else bytes
        (tmp_path / name).write_bytes(pack(idx_bytes(array, 0x08)))
        (tmp_path / name.replace("images", "labels").replace("idx3", "idx1")).write_bytes(b"not read")
    images = read_new_images(str(tmp_path), (6, 8, 1), observer=recorder)
    np.testing.assert_array_equal(images.pixels[..., 0], np.concatenate(arrays))
    assert images.names[0] == f"{names[0]}[0]"
    assert images.names[-1] == f"{names[-1]}[1]"
    assert recorder.notes == [f"input: {tmp_path}: read the IDX files {', '.join(names)}"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx_bytes(np.zeros((2, 6, 8), np.uint8), 0x08)[:-1], "truncated or damaged"),
        (gzip.compress(idx_bytes(np.zeros((2, 6, 8), np.uint8), 0x08))[:-9], "damaged gzip file"),
        (idx_bytes(np.arange(9), 0x08), r"have shape \(9,\)"),
    ],
    ids=["truncated", "damaged gzip", "labels"],  # a gzip file has the time in it
)
def test_damaged_idx_files_and_labels_are_refused(tmp_path, content, message):
    (tmp_path / "x-ubyte.gz").write_bytes(content)
    with pytest.raises(UserError, match=f"x-ubyte.gz.*{message}"):
        read_new_images(str(tmp_path / "x-ubyte.gz"), (6, 8, 1))


def test_csv_and_idx_files_are_read_as_the_run_read_its_own(tmp_path):
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "emnist-letters-test-images-idx3-ubyte").write_bytes(idx_bytes(pixels, 0x08))
    turned = pixels.swapaxes(1, 2)[..., None]
    np.testing.assert_array_equal(read_new_images(str(tmp_path), (4, 3, 1)).pixels, turned)
    rules = ReadingRules(transpose=False)
    np.testing.assert_array_equal(read_new_images(str(tmp_path), (3, 4, 1), rules=rules).pixels, pixels[..., None])
    names = ",".join(f"pixel{number}" for number in range(12))
    np.savetxt(tmp_path / "a.csv", pixels.reshape(2, 12), "%d", ",", header=names, comments="")
    np.testing.assert_array_equal(read_new_images(str(tmp_path / "a.csv"), (3, 4, 1)).pixels, pixels[..., None])
    np.savetxt(tmp_path / "b.csv", np.column_stack([pixels.reshape(2, 12), [7, 8]]), "%d", ",")
    labelled = read_labelled_images(str(tmp_path / "b.csv"), (3, 4, 1), rules=ReadingRules(label_column=12))
    np.testing.assert_array_equal(labelled[0].pixels, pixels[..., None])
    assert labelled[1].values.tolist() == [7, 8]
    np.savetxt(tmp_path / "c.csv", np.zeros((2, 6)), "%d", ",")
    with pytest.raises(UserError, match=r"^input: image_shape = null: images of .*c\.csv have 6 pixels, which are no"):
        read_new_images(str(tmp_path / "c.csv"), (3, 4, 1))


def test_an_archive_is_read_by_the_array_and_the_shape_of_the_run(tmp_path):
    """Where it has no array of this name, the usual names are sought."""
    cells = np.random.default_rng(0).integers(0, 256, (5, 6, 8, 3), np.uint8)
    rules = ReadingRules(images_array="cells", image_shape=[6, 8, 3])
    np.savez(tmp_path / "cells.npz", images=np.zeros_like(cells), cells=cells.reshape(5, -1))
    np.savez(tmp_path / "images.npz", images=cells)
    np.save(tmp_path / "array.npy", cells)
    for name in ("cells.npz", "images.npz", "array.npy"):
        np.testing.assert_array_equal(read_new_images(str(tmp_path / name), (6, 8, 3), rules=rules).pixels, cells)


def test_an_array_without_images_is_refused(tmp_path):
    np.save(tmp_path / "empty.npy", np.zeros((0, 6, 8), np.uint8))
    with pytest.raises(UserError, match=r"^input: .*empty\.npy holds no images$"):
        read_new_images(str(tmp_path / "empty.npy"), (6, 8, 1))


def test_parts_of_different_types_have_one_range(tmp_path):
    pixels = np.full((2, 4, 4), 204, np.uint8)
    np.savez(tmp_path / "a.npz", x_train=pixels, x_test=np.full((1, 4, 4), 0.5, np.float32))
    images = read_new_images(str(tmp_path / "a.npz"), (4, 4, 1)).pixels
    np.testing.assert_allclose(images[:, 0, 0, 0], [0.8, 0.8, 0.5], rtol=1e-6)


def test_parquet_files_in_sub_folders_are_read_unless_there_are_images(tmp_path):
    (tmp_path / "data").mkdir()
    table = pa.table({"image": [encode_png((9, 9, 9))]})
    parquet.write_table(table, tmp_path / "data" / "train-0.parquet")
    assert len(read_new_images(str(tmp_path), (4, 4, 1)).pixels) == 1
    save_image(tmp_path / "b.png", size=(4, 4))
    assert read_new_images(str(tmp_path), (4, 4, 1)).names == ["b.png"]


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (1, r"^input: 1 of 1 images in .*bad\.png cannot be read: bad\.png \(.*\); repair or remove them$"),
        (4, r"^input: 4 of 5 images in .* cannot be read: .*; repair or remove them; at most 2 are skipped$"),
    ],
)
def test_unreadable_images_are_refused_without_naming_a_key_of_the_data_set(tmp_path, count, message):
    for index in range(count):
        (tmp_path / f"bad{index or ''}.png").write_bytes(encode_png()[:40])
    save_image(tmp_path / "good.png", (6, 8))
    with pytest.raises(UserError, match=message):
        read_new_images(str(tmp_path / "bad.png" if count == 1 else tmp_path), (6, 8, 1), skip_at_most=2)


@pytest.mark.parametrize("size", [(300, 64), (6, 8)])
def test_arrays_of_another_rank_are_told_the_shape_of_the_run(tmp_path, size):
    np.save(tmp_path / "v.npy", np.zeros(size, np.uint8))
    with pytest.raises(
        UserError, match=r"^input: images in .*v\.npy have shape .*the run's images have shape \(n, 6, 8, 1\)$"
    ):
        read_new_images(str(tmp_path / "v.npy"), (6, 8, 1))
