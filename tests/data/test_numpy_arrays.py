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


@pytest.mark.parametrize(
    "names",
    [
        ("X_train", "y_train", "X_test", "y_test"),
        ("Train_Images", "TRAIN_LABELS", "test-images", "test labels"),
        ("data", "target", "test_data", "test_target"),
        ("xtrain", "ytrain", "xtest", "ytest"),
        ("images_train", "labels_train", "images_test", "labels_test"),
        ("train", "train_y", "test", "test_y"),
        ("Images", "Labels", "Test_Images", "Test_Labels"),
        ("X", "Y", "X_test", "Y_test"),
    ],
)
def test_names_of_other_libraries_are_recognised(tmp_path, names, recorder):
    arrays = [np.zeros((3, 2, 2), np.uint8), np.arange(3), np.ones((2, 2, 2), np.uint8), np.arange(2)]
    np.savez(tmp_path / "a.npz", **dict(zip(names, arrays, strict=True)))
    source = read_numpy(str(tmp_path / "a.npz"), observer=recorder)
    parts = (source.train, source.train_labels, source.test, source.test_labels)
    for part, array in zip(parts, arrays, strict=True):
        np.testing.assert_array_equal(part, array)
    assert not recorder.notes


IMAGES, LABELS = np.arange(20, dtype=np.uint8).reshape(5, 2, 2), np.arange(5)


def read_archive(folder, *arrays, observer=None, keys=None, **named):
    np.savez(folder / "a.npz", *arrays, **named)
    keys = (keys or {}) | ({} if observer is None else {"observer": observer})
    return read_numpy(str(folder / "a.npz"), **keys)


@pytest.mark.parametrize(
    ("order", "has_test", "has_labels"),
    [
        ((IMAGES, LABELS), False, True),
        ((IMAGES, LABELS[:, None]), False, True),
        ((IMAGES, np.eye(5)), False, True),
        ((IMAGES, LABELS, IMAGES[:3], LABELS[:3]), True, True),
        ((IMAGES, IMAGES[:3], LABELS, LABELS[:3]), True, True),  # the order of train_test_split
        ((IMAGES, IMAGES[:3]), True, False),
        ((IMAGES.reshape(5, 4), LABELS), False, True),
    ],
)
def test_arrays_without_names_are_read_by_their_shapes(tmp_path, order, has_test, has_labels, recorder):
    source = read_archive(tmp_path, *order, observer=recorder)
    np.testing.assert_array_equal(source.train, order[0])
    assert (source.test is not None, source.train_labels is not None) == (has_test, has_labels)
    if has_test:
        np.testing.assert_array_equal(source.test, IMAGES[:3])
        assert (source.test_labels is not None) == has_labels
    assert "read by their shapes" in recorder.notes[0]


def test_validation_part_is_added_where_the_key_says(tmp_path, recorder):
    parts = {
        "train_images": IMAGES, "train_labels": LABELS[:, None], "val_images": IMAGES[:2], "val_labels": [[8], [9]],
        "test_images": IMAGES[:3], "test_labels": LABELS[:3, None],
    }  # fmt: skip
    source = read_archive(tmp_path, observer=recorder, **parts)
    np.testing.assert_array_equal(source.train, np.concatenate([IMAGES, IMAGES[:2]]))
    assert source.train_labels.tolist() == [0, 1, 2, 3, 4, 8, 9]
    assert source.test_labels.tolist() == [[0], [1], [2]]
    assert recorder.notes == [
        "2 validation images are added to the train images; data.val_part=train, test or none decides"
    ]
    assert len(read_archive(tmp_path, keys={"val_part": "test"}, **parts).test) == 5
    left_out = read_archive(tmp_path, keys={"val_part": "none"}, **parts)
    assert (len(left_out.train), len(left_out.test)) == (5, 3)
    source = read_archive(tmp_path, images=IMAGES, labels=LABELS, val_images=IMAGES[:2])
    assert source.train_labels.tolist() == [0, 1, 2, 3, 4, None, None]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"val_images": (IMAGES[:2] / 255).astype(np.float32)}, r"validation images are float32, train images uint8"),
        ({"val_images": IMAGES[:2], "val_labels": np.eye(5)[:2]}, r"validation labels have shape \(2, 5\), train"),
        ({"val_images": np.array(5)}, r"the val images are a single number"),
    ],
)
def test_a_validation_part_that_does_not_match_is_refused(tmp_path, parts, message):
    with pytest.raises(UserError, match=message):
        read_archive(tmp_path, train_images=IMAGES, train_labels=LABELS, **parts)


def test_a_choice_between_arrays_is_noted_with_its_key(tmp_path, recorder):
    arrays = {"images": IMAGES, "data": IMAGES.reshape(5, 4) + 1, "target": LABELS, "ids": LABELS}
    np.testing.assert_array_equal(read_archive(tmp_path, observer=recorder, **arrays).train, IMAGES)
    assert recorder.notes == [
        "of the arrays images, data the first is read; data.images_array=… chooses another",
        "arrays that are not read: ids",
    ]
    keys = {"images_array": "data", "labels_array": "ids", "image_shape": [2, 2]}
    chosen = read_archive(tmp_path, keys=keys, **arrays)
    np.testing.assert_array_equal(chosen.train, IMAGES + 1)
    with pytest.raises(UserError, match=r"^labels_array = 'kind': .* has no such array; it has images, data"):
        read_archive(tmp_path, keys={"labels_array": "kind"}, **arrays)


def test_flat_images_get_their_shape(tmp_path):
    flat = IMAGES.reshape(5, 4)
    np.testing.assert_array_equal(read_archive(tmp_path, x=flat, keys={"image_shape": [2, 2]}).train, IMAGES)
    assert read_archive(tmp_path, x=flat, keys={"image_shape": [1, 2, 2]}).train.shape == (5, 1, 2, 2)
    with pytest.raises(UserError, match=r"image_shape = \[2, 3\]: has 6 values, and flat images .* have 4"):
        read_archive(tmp_path, x=flat, keys={"image_shape": [2, 3]})


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
