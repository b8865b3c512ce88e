"""The bundled MNIST: its contents, and its checksums."""

import shutil

import numpy as np
import pytest

from pipeline.data.mnist import FOLDER, read_mnist, read_mnist_file
from pipeline.runtime.errors import UserError


def test_class_sizes_and_mean_are_the_published_ones():
    mnist = read_mnist()
    assert (mnist.train.shape, mnist.test.shape) == ((60000, 28, 28), (10000, 28, 28))
    assert mnist.train.dtype == np.uint8
    assert np.bincount(mnist.train_labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train.mean() / 255 == pytest.approx(0.1307, abs=0.0001)
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


def test_damaged_file_is_refused_by_name(tmp_path):
    name = "t10k-labels-idx1-ubyte.gz"
    copy = shutil.copy(FOLDER / name, tmp_path / name)
    assert len(read_mnist_file(name, tmp_path)) == 10000
    raw = bytearray(copy.read_bytes())
    raw[-1] ^= 1
    copy.write_bytes(raw)
    with pytest.raises(UserError, match=rf"{name}: its SHA-256"):
        read_mnist_file(name, tmp_path)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"t10k-images-idx3-ubyte\.gz: missing"):
        read_mnist_file("t10k-images-idx3-ubyte.gz", tmp_path)
