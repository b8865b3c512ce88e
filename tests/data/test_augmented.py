"""MNIST with distorted copies: order, labels, and reproducible distortions."""

import numpy as np
import pytest

from pipeline.data import augmented, mnist
from pipeline.data.augmented import distort_images, read_augmented_mnist
from pipeline.data.source import Source


@pytest.fixture(scope="module")
def original():
    """200 images of MNIST."""
    train, test = (mnist.read_mnist_file(f"t10k-{name}") for name in ("images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"))
    return Source(train[:200], train[200:210], test[:200], test[200:210], [str(digit) for digit in range(10)])


@pytest.fixture
def small_mnist(monkeypatch, original):
    """The reader with 200 images in place of 60,000, distorted in batches of 80."""
    monkeypatch.setattr(augmented, "read_mnist", lambda: original)
    monkeypatch.setattr(augmented, "BATCH", 80)
    return original


def test_copies_follow_the_originals_with_their_labels(small_mnist, recorder):
    source = read_augmented_mnist(2, recorder)
    assert source.train.shape == (600, 28, 28)
    np.testing.assert_array_equal(source.train[:200], small_mnist.train)
    np.testing.assert_array_equal(source.train_labels, np.tile(small_mnist.train_labels, 3))
    np.testing.assert_array_equal(source.test, small_mnist.test)
    assert "2 distorted copies" in source.note
    assert recorder.steps[-1] == (600, 600)


def test_copies_differ_and_most_are_nearest_to_their_original(small_mnist):
    originals, first, second = read_augmented_mnist(2).train.reshape(3, 200, -1).astype(float)
    for copies in (first, second):
        assert (copies != originals).any(axis=1).all()
        squared = ((copies[:, None] - originals[None]) ** 2).sum(axis=2)
        assert (squared.argmin(axis=1) == np.arange(200)).mean() > 0.3  # by chance 0.005
    assert (first != second).any(axis=1).all()


def test_a_copy_depends_neither_on_the_batch_nor_on_the_number_of_copies(small_mnist, monkeypatch):
    three = read_augmented_mnist(3).train
    monkeypatch.setattr(augmented, "BATCH", 7)
    np.testing.assert_array_equal(read_augmented_mnist(1).train, three[:400])


def test_no_copies_give_mnist_unchanged(small_mnist):
    source = read_augmented_mnist(0)
    np.testing.assert_array_equal(source.train, small_mnist.train)
    assert source.note == ""


def test_the_identity_changes_nothing_and_a_quarter_turn_rotates(original):
    identity, quarter = [1, 0, 0, 0, 1, 0], [0, 1, 0, -1, 0, 28]
    images = original.train[:2]
    np.testing.assert_array_equal(distort_images(images, np.array([identity] * 2, float)), images)
    np.testing.assert_array_equal(distort_images(images, np.array([quarter] * 2, float)), np.rot90(images, -1, (1, 2)))
