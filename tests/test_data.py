"""Readers, the bundled MNIST, and the stage that takes subsets and puts the labels aside."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Data
from pipeline.data import mnist
from pipeline.data.readers import read_digits, read_numpy
from pipeline.data.source import source_digest
from pipeline.errors import UserError
from pipeline.stages.data import data

READ_NUMPY = "pipeline.data.readers.read_numpy"


@pytest.fixture(scope="module")
def bundled():
    return mnist.read()


@pytest.fixture
def file(tmp_path):
    """A function that writes an .npz of 60 + 20 images, with what is given in place of its arrays."""

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


def read(path, **settings):
    return data(Data(name="some", source={"_target_": READ_NUMPY, "path": str(path)}, **settings))


# The bundled MNIST


def test_mnist_is_what_was_published(bundled):
    assert bundled.train.shape == (60000, 28, 28)
    assert bundled.test.shape == (10000, 28, 28)
    assert bundled.train.dtype == np.uint8
    # Class sizes and mean pixel as everyone reports them.
    assert np.bincount(bundled.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(bundled.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert bundled.train.mean() / 255 == pytest.approx(0.1307, abs=0.0001)
    assert bundled.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_a_damaged_copy_of_mnist_is_refused_by_name(tmp_path):
    name = "t10k-labels-idx1-ubyte.gz"
    copy = shutil.copy(mnist.FOLDER / name, tmp_path / name)
    assert len(mnist.read_file(name, tmp_path)) == 10000
    raw = bytearray(copy.read_bytes())
    raw[-1] ^= 1
    copy.write_bytes(raw)
    with pytest.raises(UserError, match=rf"{name}: its SHA-256"):
        mnist.read_file(name, tmp_path)


def test_a_missing_file_of_mnist_is_named(tmp_path):
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte\.gz: missing"):
        mnist.read_file("t10k-images-idx3-ubyte.gz", tmp_path)


def test_mnist_through_the_stage():
    images, labels = data(
        Data(name="mnist", source={"_target_": "pipeline.data.mnist.read"}, train_size=50, test_size=20)
    )
    assert images.train.shape == (50, 28, 28, 1)
    assert images.test.shape == (20, 28, 28, 1)
    assert labels.names == [str(digit) for digit in range(10)]
    assert set(labels.train) == set(range(10))


# NumPy files


@pytest.mark.parametrize(
    "names",
    [("x", "y", "test", "y_test"), ("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels")],
)
def test_npz_under_the_usual_names(tmp_path, names):
    arrays = [np.zeros((3, 2, 2), np.uint8), np.arange(3), np.ones((2, 2, 2), np.uint8), np.arange(2)][: len(names)]
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    source = read_numpy(str(tmp_path / "a.npz"))
    found = (source.train, source.train_labels, source.test, source.test_labels)
    for read_back, array in zip(found, arrays, strict=False):
        np.testing.assert_array_equal(read_back, array)


def test_npy_holds_images_alone(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(0, 1, 24).reshape(2, 4, 3))
    images, labels = read(tmp_path / "a.npy")
    assert images.train.shape == (2, 4, 3, 1)
    assert images.train.dtype == np.float32
    assert not labels.known


def test_an_npz_without_images_lists_what_it_has(tmp_path):
    np.savez(tmp_path / "a.npz", pictures=np.zeros(3))
    with pytest.raises(UserError, match="has pictures, but no images"):
        read_numpy(str(tmp_path / "a.npz"))


OBJECTS = np.array([{}, None], dtype=object)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: np.savez(path.open("wb"), images=OBJECTS),
        lambda path: np.save(path.open("wb"), OBJECTS),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no array"),
        lambda path: (np.savez(path, images=np.zeros((9, 9))), path.write_bytes(path.read_bytes()[:-30])),
        lambda path: None,
    ],
    ids=["objects in npz", "objects in npy", "empty", "text", "truncated", "missing"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the files that the cases above leave open
def test_an_unreadable_numpy_file_is_refused_by_name(tmp_path, write):
    write(tmp_path / "a.npz")
    with pytest.raises(UserError, match=r"path: .*a\.npz cannot be read"):
        read_numpy(str(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    "images",
    [
        np.full((3, 4, 4), 1.5),
        np.full((3, 4, 4), -0.1),
        np.full((3, 4, 4), np.nan),
        np.arange(48).reshape(3, 4, 4),
        np.zeros((3, 16)),
    ],
    ids=["above 1", "below 0", "NaN", "integers", "flat"],
)
def test_images_of_another_range_or_rank_are_refused(file, images):
    with pytest.raises(UserError, match="data: train images"):
        read(file(images=images, labels=None))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"test_images": np.zeros((20, 5, 5), np.uint8)}, "they must agree"),
        ({"labels": np.zeros(59, int)}, "59 labels for 60 images"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(file, changes, reason):
    with pytest.raises(UserError, match=reason):
        read(file(**changes))


# Digits


def test_the_digits_are_a_whole_without_a_held_out_part():
    images, labels = data(Data(name="digits", source={"_target_": "pipeline.data.readers.read_digits"}))
    assert images.fitted.shape == (1797, 8, 8, 1)
    assert images.held_out.shape == (0, 8, 8, 1)
    assert (images.fitted.min(), images.fitted.max()) == (0, 255)
    assert len(np.unique(read_digits().train)) == 17
    assert len(labels.fitted) == 1797


# Labels


def test_words_become_numbers_in_the_order_of_the_alphabet(file):
    _, labels = read(file(labels=np.array(["cat", "ant", "bee"] * 20), test_labels=np.array(["ant"] * 19 + ["yak"])))
    assert labels.names == ["ant", "bee", "cat"]
    assert labels.train[:4].tolist() == [2, 0, 1, 2]
    assert labels.test.tolist() == [0] * 19 + [-1]  # the train part has no yak


def test_without_labels_nothing_is_known(file):
    images, labels = read(file(labels=None, test_labels=None), train_size=10)
    assert not labels.known
    assert (labels.train == -1).all()
    assert len(images.train) == len(labels.train) == 10


# Subsets and splits


@pytest.mark.parametrize("size", [2, 7, 10, 30, 59, 60])
def test_a_subset_has_the_exact_size_and_each_class_its_share(file, size):
    images, labels = read(file(), train_size=size)
    assert len(images.train) == len(labels.train) == size
    share = size * np.array([30, 20, 10]) / 60
    assert (np.abs(np.bincount(labels.train, minlength=3) - share) < 1).all()


@given(st.lists(st.integers(-1, 4), min_size=2, max_size=40), st.data())
def test_a_subset_of_any_labels_is_exact_and_takes_no_image_twice(classes, draw):
    from pipeline.stages.data import _subset

    size = draw.draw(st.integers(0, len(classes)))
    rows = _subset(np.array(classes, np.int32), size, np.random.default_rng(0), "key")
    assert len(rows) == size
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(range(len(classes)))


def test_a_subset_keeps_images_and_labels_together(file):
    path = file(labels=np.arange(60) % 3)
    whole, known = read(path)
    images, labels = read(path, train_size=20, test_size=5)
    np.testing.assert_array_equal(images.train, whole.train[images.train_rows])
    np.testing.assert_array_equal(labels.train, known.train[images.train_rows])
    np.testing.assert_array_equal(images.test, whole.test[images.test_rows])
    np.testing.assert_array_equal(labels.test, known.test[images.test_rows])


def test_a_subset_is_seeded(file):
    path = file()
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
def test_more_than_there_is_cannot_be_had(file, settings, message):
    with pytest.raises(UserError, match=message):
        read(file(), **settings)


@pytest.mark.parametrize(("split", "fitted", "held"), [("train", 60, 20), ("test", 20, 0), ("all", 80, 0)])
def test_what_each_split_fits_and_holds_out(file, split, fitted, held):
    images, labels = read(file(), split=split)
    assert (len(images.fitted), len(images.held_out)) == (len(labels.fitted), len(labels.held_out)) == (fitted, held)
    assert images.metrics() == {"data/fitted_images": fitted, "data/held_out_images": held}
    parts = {"train": images.train, "test": images.test, "all": np.concatenate([images.train, images.test])}
    np.testing.assert_array_equal(images.fitted, parts[split])
    known = {"train": labels.train, "test": labels.test, "all": np.concatenate([labels.train, labels.test])}
    np.testing.assert_array_equal(labels.fitted, known[split])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_resized_images_keep_type_range_and_mean(file, dtype):
    smooth = np.linspace(0, 1, 30).reshape(1, 5, 6, 1).repeat(3, axis=3).repeat(60, axis=0)
    smooth = (smooth * 255).astype(np.uint8) if dtype == np.uint8 else smooth.astype(dtype)
    smooth[0] = smooth[1] / 2
    images, _ = read(file(images=smooth, test_images=None, test_labels=None), image_size=12)
    assert images.train.shape == (60, 12, 12, 3)
    assert images.train.dtype == dtype
    assert images.train.mean() == pytest.approx(smooth.mean(), rel=0.02)
    assert images.train.max() <= smooth.max()
    unchanged, _ = read(file(images=smooth[:, :, :5], test_images=None, test_labels=None), image_size=5)
    np.testing.assert_array_equal(unchanged.train, smooth[:, :, :5])


def test_shrinking_averages_and_does_not_drop_pixels(file):
    chequered = np.indices((60, 8, 8)).sum(axis=0) % 2 * np.float32(1)
    images, _ = read(file(images=chequered, test_images=None, test_labels=None), image_size=4)
    np.testing.assert_allclose(images.train, 0.5, atol=0.15)


# What identifies the data


def test_the_digest_changes_with_the_pixels_and_the_split_alone(file):
    path = file()
    first = read(path)[0].digest
    assert read(path, seed=9)[0].digest == first
    assert read(file(labels=None))[0].digest == first
    pixels = np.load(path)["images"].copy()
    pixels[-1, -1, -1] ^= 1
    others = [
        read(path, split="all")[0].digest,
        read(path, train_size=59)[0].digest,
        read(path, test_size=19)[0].digest,
        read(file(images=pixels))[0].digest,
    ]
    assert len({first, *others}) == 5


def test_a_source_is_identified_by_its_files(tmp_path):
    spec = {"_target_": READ_NUMPY, "path": str(tmp_path)}
    (tmp_path / "a").write_text("1")
    first = source_digest(spec)
    assert source_digest(spec) == first
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b").write_text("")
    assert source_digest(spec) != first
    assert source_digest({"_target_": "pipeline.data.readers.read_digits"}) == "bundled"
    with pytest.raises(UserError, match=r"data\.path: .*nowhere does not exist"):
        source_digest({"path": str(tmp_path / "nowhere")})
