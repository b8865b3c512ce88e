"""The bundled MNIST (Yann LeCun and Corinna Cortes, CC BY-SA 3.0), whose checksums are verified on every read."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pipeline.data.idx import parse_idx
from pipeline.data.source import Source
from pipeline.runtime.errors import UserError

FOLDER = Path(__file__).parent / "mnist"
SHA256 = {
    "train-images-idx3-ubyte.gz": "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    "train-labels-idx1-ubyte.gz": "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    "t10k-images-idx3-ubyte.gz": "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    "t10k-labels-idx1-ubyte.gz": "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}
"""The checksums of the published files."""


def read_mnist() -> Source:
    """Return MNIST: 60,000 train and 10,000 test images (28, 28) uint8, labels 0 to 9."""
    train, train_labels, test, test_labels = (read_mnist_file(name) for name in SHA256)
    return Source(train, test, train_labels, test_labels, [str(digit) for digit in range(10)])


def read_mnist_file(name: str, folder: Path = FOLDER) -> NDArray[Any]:
    """Return the array in one of the four files; a `UserError` says that it is missing or its checksum is wrong."""
    path = folder / name
    if not path.exists():
        raise UserError(f"{path}: missing from the installation; reinstall the package")
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != SHA256[name]:
        raise UserError(f"{path}: its SHA-256 differs from the published one; reinstall the package")
    return parse_idx(gzip.decompress(raw), str(path))
