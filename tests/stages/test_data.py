"""The data stage: labels, subsets, splits, sizes, and the digest of the images."""

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from pipeline.config import Data
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.data.image_files import encode_png, save_image


@pytest.fixture
def write_npz(tmp_path):
    """A function that writes an .npz of 60 + 20 images; arguments replace its arrays, and None omits one."""

    def write(**changes):
        rng = np.random.default_rng(0)
        arrays = {
            "images": rng.integers(0, 256, (60, 6, 5), np.uint8),
            "labels": np.repeat([0, 1, 2], [30, 20, 10]),
            "test_images": rng.integers(0, 256, (20, 6, 5), np.uint8),
            "test_labels": np.repeat([0, 1, 2], [10, 7, 3]),
        } | changes
        np.savez(tmp_path / "images.npz", **{name: array for name, array in arrays.items() if array is not None})
        return tmp_path / "images.npz"

    return write


def read(path, reader="numpy_arrays.read_numpy", **settings):
    return data(Data(name="some", target=f"pipeline.data.{reader}", path=str(path), **settings))


# Readers


def test_bundled_set_is_read_with_a_subset_of_every_class():
    images, labels = data(Data(name="mnist", target="pipeline.data.mnist.read_mnist", train_size=50, test_size=20))
    assert (images.train.shape, images.test.shape) == ((50, 28, 28, 1), (20, 28, 28, 1))
    assert labels.names == [str(digit) for digit in range(10)]
    assert set(labels.train) == set(range(10))


def test_set_without_test_part_has_no_held_out_images():
    images, labels = data(Data(name="digits", target="pipeline.data.digits.read_digits"))
    assert images.fitted.shape == (1797, 8, 8, 1)
    assert images.held_out.shape == (0, 8, 8, 1)
    assert len(labels.fitted) == 1797


def test_reader_gets_its_keys_the_common_keys_it_names_and_the_observer(tmp_path, recorder):
    for i in range(3):
        save_image(tmp_path / f"{'ab'[i % 2]}/{i}.png", colour=(i, 9, 9))
    settings = Data(
        name="own", target="pipeline.data.image_folder.read_image_folder", path=str(tmp_path), image_size=5,
        labels_from="folder", channels=3,
    )  # fmt: skip
    images, labels = data(settings, recorder)
    assert images.train.shape == (3, 5, 5, 3)
    assert labels.names == ["a", "b"]
    assert recorder.steps[-1] == (3, 3)


def test_subset_keeps_images_and_paths_together(tmp_path):
    for i in range(9):
        save_image(tmp_path / f"{i}.png", colour=(i, i, i))
    images, _ = read(tmp_path, "image_folder.read_image_folder", train_size=4)
    assert images.names("train") == [f"{shade}.png" for shade in images.train[:, 0, 0, 0]]


def test_ranges_of_image_files_are_stored_with_the_images(tmp_path):
    for i in range(3):
        Image.fromarray(np.full((4, 4), 1000 * i, np.uint16)).save(tmp_path / f"{i}.png")
    images, _ = read(tmp_path, "image_folder.read_image_folder")
    np.testing.assert_allclose(images.train[:, 0, 0, 0], np.array([0, 1000, 2000]) / 4095, rtol=1e-6)
    images.save(tmp_path / "stored")
    assert type(images).load(tmp_path / "stored").value_ranges == {"16-bit": [0, 4095]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test_images": np.zeros((20, 5, 5), np.uint8)}, "they must agree"),
        ({"labels": np.zeros(59, int)}, "59 labels for 60 images"),
    ],
)
def test_parts_of_different_shapes_are_refused(write_npz, changes, reason):
    with pytest.raises(UserError, match=reason):
        read(write_npz(**changes))


# Layout


def test_channels_first_arrays_are_read_as_their_transpose(write_npz, recorder):
    rng = np.random.default_rng(1)
    last = {name: rng.integers(0, 256, (n, 9, 8, 3), np.uint8) for name, n in (("images", 60), ("test_images", 20))}
    expected, _ = read(write_npz(**last))
    path = write_npz(**{name: np.moveaxis(array, -1, 1) for name, array in last.items()})
    settings = Data(name="some", target="pipeline.data.numpy_arrays.read_numpy", path=str(path))
    images, _ = data(settings, recorder)
    np.testing.assert_array_equal(images.train, expected.train)
    np.testing.assert_array_equal(images.test, expected.test)
    assert images.digest == expected.digest
    assert [note.partition(":")[0] for note in recorder.notes] == ["data.layout"]
    assert read(path, layout="channels_last")[0].shape == (3, 9, 8)
    assert read(path, layout="channels_first")[0].shape == (9, 8, 3)


# Range


def test_range_is_that_of_the_whole_set_before_the_subset(write_npz, recorder):
    values = np.zeros((60, 6, 5), np.uint16)
    values[0, 0, 0] = 3000
    values[1:, 0, 0] = np.arange(59) * 9
    path = write_npz(images=values, test_images=values[:20])
    images, _ = read(path, train_size=20, test_size=5)
    rows = images.train_rows
    np.testing.assert_array_equal(images.train[..., 0], (values[rows] / 4095).astype(np.float32))
    assert images.value_format == {"dtype": "uint16", "limits": (0, 4095), "is_cut": False}
    settings = Data(name="some", target="pipeline.data.numpy_arrays.read_numpy", path=str(path), value_range=[0, 3000])
    images, _ = data(settings, recorder)
    assert images.train.max() == 1
    assert not any(note.startswith("data.value_range") for note in recorder.notes)


def test_masks_are_read_as_black_and_white(write_npz, recorder):
    masks = np.random.default_rng(0).integers(0, 2, (60, 6, 5))
    settings = Data(
        name="some", target="pipeline.data.numpy_arrays.read_numpy",
        path=str(write_npz(images=masks.astype(np.uint8), test_images=None, test_labels=None)),
    )  # fmt: skip
    images, _ = data(settings, recorder)
    np.testing.assert_array_equal(images.train[..., 0], masks * 255)
    assert "from 0 to 1; 0 is read as black and 1 as white" in recorder.notes[0]


def test_masks_in_image_files_are_black_and_white(tmp_path):
    for i in range(4):
        save_image(tmp_path / f"{i}.png", colour=(i % 2,) * 3)
    images, _ = read(tmp_path, "image_folder.read_image_folder")
    assert images.train[:, 0, 0, 0].tolist() == [0, 255, 0, 255]


# Labels


def test_words_are_numbered_in_alphabetical_order(write_npz):
    path = write_npz(labels=np.array(["cat", "ant", "bee"] * 20), test_labels=np.array(["ant"] * 19 + ["yak"]))
    _, labels = read(path)
    assert labels.names == ["ant", "bee", "cat", "yak"]
    assert labels.train[:4].tolist() == [2, 0, 1, 2]
    assert labels.test.tolist() == [0] * 19 + [3]  # only the test part has a yak


def test_unknown_labels_are_noted(write_npz, recorder):
    path = write_npz(labels=np.where(np.arange(60) < 7, np.nan, np.arange(60) % 2), test_labels=None)
    _, labels = data(Data(name="some", target="pipeline.data.numpy_arrays.read_numpy", path=str(path)), recorder)
    assert labels.names == ["0", "1"]
    assert (labels.train == -1).sum() == 7
    assert recorder.notes == ["7 of 60 labels are read as unknown: NaN (7)"]


@pytest.mark.parametrize(
    ("column", "names", "indices"),
    [
        ([0.0, float("nan"), 2.0, None], ["0", "1", "2"], [0, -1, 2, -1]),
        (["b", None, "a", "b"], ["a", "b"], [1, -1, 0, 1]),
        ([4, None, -1, 1], ["0", "1", "2", "3", "4"], [4, -1, -1, 1]),
        ([None] * 4, [], [-1] * 4),
    ],
)
def test_labels_of_a_table_may_be_missing(tmp_path, column, names, indices):
    cells = [encode_png((i, i, i)) for i in range(4)]
    parquet.write_table(pa.table({"image": cells, "label": column}), tmp_path / "a.parquet")
    _, labels = read(tmp_path / "a.parquet", "parquet.read_parquet")
    assert (labels.names, labels.train.tolist()) == (names, indices)


def test_integer_labels_are_named_by_their_numbers(write_npz):
    _, labels = read(write_npz(labels=np.tile([4, -1], 30), test_labels=None))
    assert labels.names == ["0", "1", "2", "3", "4"]
    assert labels.train[:2].tolist() == [4, -1]


def test_images_without_labels_are_unlabelled(write_npz):
    images, labels = read(write_npz(labels=None, test_labels=None), train_size=10)
    assert not labels.has_labels
    assert (labels.train == -1).all()
    assert len(images.train) == len(labels.train) == 10


# Subsets and splits


@pytest.mark.parametrize("size", [2, 7, 10, 30, 59, 60])
def test_subset_has_the_exact_size_and_each_class_its_share(write_npz, size):
    images, labels = read(write_npz(), train_size=size)
    assert len(images.train) == len(labels.train) == size
    share = size * np.array([30, 20, 10]) / 60
    assert (np.abs(np.bincount(labels.train, minlength=3) - share) < 1).all()


def test_subset_keeps_images_and_labels_together(write_npz):
    path = write_npz(labels=np.arange(60) % 3)
    all_images, all_labels = read(path)
    images, labels = read(path, train_size=20, test_size=5)
    np.testing.assert_array_equal(images.train, all_images.train[images.train_rows])
    np.testing.assert_array_equal(labels.train, all_labels.train[images.train_rows])
    np.testing.assert_array_equal(images.test, all_images.test[images.test_rows])
    np.testing.assert_array_equal(labels.test, all_labels.test[images.test_rows])


def test_subset_depends_on_the_seed(write_npz):
    path = write_npz()
    rows = [read(path, train_size=20, seed=seed)[0].train_rows.tolist() for seed in (0, 0, 1)]
    assert rows[0] == rows[1] != rows[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train_size": 61}, r"data\.train_size = 61: there are only 60"),
        ({"test_size": 21}, r"data\.test_size = 21: there are only 20"),
        ({"split": "test", "test_size": 0}, r"data\.split = 'test': .* has 0 images"),
    ],
)
def test_sizes_beyond_the_number_of_images_are_refused(write_npz, settings, message):
    with pytest.raises(UserError, match=message):
        read(write_npz(), **settings)


@pytest.mark.parametrize(("split", "fitted", "held_out"), [("train", 60, 20), ("test", 20, 0), ("all", 80, 0)])
def test_each_split_has_its_fitted_and_held_out_images(write_npz, split, fitted, held_out):
    images, labels = read(write_npz(), split=split)
    assert (len(images.fitted), len(images.held_out)) == (fitted, held_out)
    assert (len(labels.fitted), len(labels.held_out)) == (fitted, held_out)
    assert images.metrics() == {"data/fitted_images": fitted, "data/held_out_images": held_out}
    parts = {"train": images.train, "test": images.test, "all": np.concatenate([images.train, images.test])}
    np.testing.assert_array_equal(images.fitted, parts[split])
    label_parts = {"train": labels.train, "test": labels.test, "all": np.concatenate([labels.train, labels.test])}
    np.testing.assert_array_equal(labels.fitted, label_parts[split])


def test_images_are_resized_after_the_subset_is_taken(write_npz):
    images, _ = read(write_npz(), train_size=10, image_size=12)
    assert images.train.shape == (10, 12, 12, 1)
    assert images.test.shape == (20, 12, 12, 1)


# Digest


def test_digest_changes_only_with_the_pixels_and_the_split(write_npz):
    path = write_npz()
    digest = read(path)[0].digest
    assert read(path, seed=9)[0].digest == digest
    assert read(write_npz(labels=None))[0].digest == digest
    pixels = np.load(path)["images"].copy()
    pixels[-1, -1, -1] ^= 1
    others = [
        read(path, split="all")[0].digest,
        read(path, train_size=59)[0].digest,
        read(path, test_size=19)[0].digest,
        read(write_npz(images=pixels))[0].digest,
    ]
    assert len({digest, *others}) == 5
