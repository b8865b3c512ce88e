"""IDX files: read in every type and packing, refused by name where they are damaged."""

import gzip

import numpy as np
import pytest

from pipeline.config import Data
from pipeline.data.idx import TYPES, parse
from pipeline.data.readers import IDX_NAMES, read_idx
from pipeline.errors import UserError
from pipeline.stages.data import data


def idx_bytes(array, code):
    head = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.astype(TYPES[code]).tobytes()


@pytest.mark.parametrize("code", TYPES)
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 4)])
def test_idx_comes_back_in_every_type(code, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    read = parse(idx_bytes(array, code), "file")
    np.testing.assert_array_equal(read, array)
    assert read.dtype == np.dtype(TYPES[code]).newbyteorder("=")


SOUND = idx_bytes(np.arange(24).reshape(2, 3, 4), 0x08)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not an IDX file"),
        (b"PNG" + SOUND, "not an IDX file"),
        (b"\0\0\x07" + SOUND[3:], "not an IDX file"),
        (SOUND[:9], "ends before its 3 sizes"),
        (SOUND[:-1], "39 bytes where 40"),
        (SOUND + b"\0", "41 bytes where 40"),
    ],
)
def test_a_damaged_idx_file_is_refused_by_name(raw, reason):
    with pytest.raises(UserError, match=f"^some-file: .*{reason}"):
        parse(raw, "some-file")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_files_of_a_folder(tmp_path, pack):
    ending = ".gz" if pack is gzip.compress else ""
    arrays = [np.arange(60).reshape(5, 4, 3), np.arange(5), np.arange(24).reshape(2, 4, 3), np.arange(2)]
    for name, array in zip(IDX_NAMES, arrays, strict=True):
        (tmp_path / (name + ending)).write_bytes(pack(idx_bytes(array, 0x08)))
    source = read_idx(str(tmp_path))
    for found, array in zip((source.train, source.train_labels, source.test, source.test_labels), arrays, strict=True):
        np.testing.assert_array_equal(found, array)


def test_idx_images_alone_are_enough_and_nothing_is_too_little(tmp_path):
    with pytest.raises(UserError, match=r"path: .* holds no train-images-idx3-ubyte"):
        read_idx(str(tmp_path))
    (tmp_path / IDX_NAMES[0]).write_bytes(SOUND)
    source = read_idx(str(tmp_path))
    assert source.train.shape == (2, 3, 4)
    assert source.test is source.train_labels is source.test_labels is None


def flip_the_middle(raw):
    return raw[:14] + bytes(255 - byte for byte in raw[14:24]) + raw[24:]


@pytest.mark.parametrize(
    "harm", [lambda raw: raw[:-9], lambda raw: raw[:12], flip_the_middle], ids=["end", "most", "middle"]
)
def test_a_damaged_gzip_file_is_refused_by_name(tmp_path, harm):
    path = tmp_path / f"{IDX_NAMES[0]}.gz"
    path.write_bytes(harm(gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 99, (9, 9)), 0x08))))
    with pytest.raises(UserError, match=f"{IDX_NAMES[0]}.gz: damaged"):
        read_idx(str(tmp_path))


def test_labels_of_an_idx_folder_need_no_names(tmp_path):
    (tmp_path / IDX_NAMES[0]).write_bytes(SOUND)
    (tmp_path / IDX_NAMES[1]).write_bytes(idx_bytes(np.array([2, 0]), 0x08))
    _, labels = data(Data(name="mine", source={"_target_": "pipeline.data.readers.read_idx", "path": str(tmp_path)}))
    assert labels.train.tolist() == [2, 0]
    assert labels.names == ["0", "1", "2"]
