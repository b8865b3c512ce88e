"""MNIST grown by copies: each the image it comes from, distorted, and always the same."""

import numpy as np
import pytest

from pipeline.data import augmented, mnist
from pipeline.data.source import Source


@pytest.fixture
def few(monkeypatch):
    """200 images in place of 60,000, distorted in batches of 80."""
    whole = mnist.read()
    source = Source(whole.train[:200], whole.test[:10], whole.train_labels[:200], whole.test_labels[:10], whole.names)
    monkeypatch.setattr(mnist, "read", lambda: source)
    monkeypatch.setattr(augmented, "BATCH", 80)
    return source


def test_copies_follow_the_images_that_they_come_from(few, recorder):
    grown = augmented.read(2, recorder)
    assert grown.train.shape == (600, 28, 28)
    np.testing.assert_array_equal(grown.train[:200], few.train)
    np.testing.assert_array_equal(grown.train_labels, np.tile(few.train_labels, 3))
    np.testing.assert_array_equal(grown.test, few.test)
    assert "2 distorted copies" in grown.note
    assert recorder.steps[-1] == (600, 600)


def test_a_copy_is_another_picture_but_nearest_to_its_own_image(few):
    grown = augmented.read(2).train.reshape(3, 200, -1).astype(float)
    for copy in grown[1:]:
        assert (copy != grown[0]).any(axis=1).all()
        squared = ((copy[:, None] - grown[0][None]) ** 2).sum(axis=2)
        assert (squared.argmin(axis=1) == np.arange(200)).mean() > 0.3  # of chance, 0.005
    assert (grown[1] != grown[2]).any(axis=1).all()


def test_the_same_copies_are_made_each_time(few):
    np.testing.assert_array_equal(augmented.read(1).train, augmented.read(1).train)


def test_no_copies_are_mnist_itself(few):
    grown = augmented.read(0)
    np.testing.assert_array_equal(grown.train, few.train)
    assert grown.note == ""
