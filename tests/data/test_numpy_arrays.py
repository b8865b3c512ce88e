"""NumPy files: the names of the arrays, and files that cannot be read."""

import numpy as np
import pytest

from pipeline.data.numpy_arrays import read_numpy
from pipeline.runtime.errors import UserError


@pytest.mark.parametrize(
    "names",
    [("x", "y", "test", "y_test"), ("x_train", "y_train", "x_test", "y_test"), ("train_images", "train_labels")],
)
def test_npz_arrays_are_found_under_common_names(tmp_path, names):
    arrays = [np.zeros((3, 2, 2), np.uint8), np.arange(3), np.ones((2, 2, 2), np.uint8), np.arange(2)][: len(names)]
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    source = read_numpy(str(tmp_path / "a.npz"))
    parts = (source.train, source.train_labels, source.test, source.test_labels)
    for part, array in zip(parts, arrays, strict=False):
        np.testing.assert_array_equal(part, array)


def test_npy_holds_only_images(tmp_path):
    array = np.linspace(0, 1, 24).reshape(2, 4, 3)
    np.save(tmp_path / "a.npy", array)
    source = read_numpy(str(tmp_path / "a.npy"))
    np.testing.assert_array_equal(source.train, array)
    assert source.test is source.train_labels is None


def test_npz_without_images_is_refused_with_its_array_names(tmp_path):
    np.savez(tmp_path / "a.npz", pictures=np.zeros(3))
    with pytest.raises(UserError, match="has pictures, but no images"):
        read_numpy(str(tmp_path / "a.npz"))


OBJECTS = np.array([{}, None], dtype=object)


def write_truncated(path):
    np.savez(path, images=np.zeros((9, 9)))
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize(
    "write",
    [
        lambda path: np.savez(path.open("wb"), images=OBJECTS),
        lambda path: np.save(path.open("wb"), OBJECTS),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no array"),
        write_truncated,
        lambda path: None,
    ],
    ids=["objects in npz", "objects in npy", "empty", "text", "truncated", "missing"],
)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the files that the cases above leave open
def test_unreadable_file_is_refused_by_name(tmp_path, write):
    write(tmp_path / "a.npz")
    with pytest.raises(UserError, match=r"path: .*a\.npz cannot be read"):
        read_numpy(str(tmp_path / "a.npz"))
