"""IDX files: every type, gzipped and plain, and damaged files."""

import gzip

import numpy as np
import pytest

from pipeline.data.idx import IDX_FILES, IDX_TYPES, parse_idx, read_idx
from pipeline.runtime.errors import UserError


def idx_bytes(array, code):
    head = bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return head + array.astype(IDX_TYPES[code]).tobytes()


@pytest.mark.parametrize("code", IDX_TYPES)
@pytest.mark.parametrize("shape", [(4,), (3, 2), (2, 3, 4)])
def test_every_type_and_rank_is_parsed(code, shape):
    array = np.arange(np.prod(shape)).reshape(shape)
    parsed = parse_idx(idx_bytes(array, code), "file")
    np.testing.assert_array_equal(parsed, array)
    assert parsed.dtype == np.dtype(IDX_TYPES[code]).newbyteorder("=")


VALID = idx_bytes(np.arange(24).reshape(2, 3, 4), 0x08)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not an IDX file"),
        (b"PNG" + VALID, "not an IDX file"),
        (b"\0\0\x07" + VALID[3:], "not an IDX file"),
        (VALID[:9], "ends within its 3 sizes"),
        (VALID[:-1], "39 bytes where 40"),
        (VALID + b"\0", "41 bytes where 40"),
    ],
)
def test_damaged_bytes_are_refused_by_file_name(raw, reason):
    with pytest.raises(UserError, match=f"^some-file: .*{reason}"):
        parse_idx(raw, "some-file")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_four_files_of_a_folder_are_read(tmp_path, pack):
    ending = ".gz" if pack is gzip.compress else ""
    arrays = [np.arange(60).reshape(5, 4, 3), np.arange(5), np.arange(24).reshape(2, 4, 3), np.arange(2)]
    for name, array in zip(IDX_FILES, arrays, strict=True):
        (tmp_path / (name + ending)).write_bytes(pack(idx_bytes(array, 0x08)))
    source = read_idx(str(tmp_path))
    parts = (source.train, source.train_labels, source.test, source.test_labels)
    for part, array in zip(parts, arrays, strict=True):
        np.testing.assert_array_equal(part, array)


def test_only_the_training_images_are_required(tmp_path):
    with pytest.raises(UserError, match=r"path: .* holds no train-images-idx3-ubyte"):
        read_idx(str(tmp_path))
    (tmp_path / IDX_FILES[0]).write_bytes(VALID)
    source = read_idx(str(tmp_path))
    assert source.train.shape == (2, 3, 4)
    assert source.test is source.train_labels is source.test_labels is None


def invert_middle(raw):
    return raw[:14] + bytes(255 - byte for byte in raw[14:24]) + raw[24:]


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-9], lambda raw: raw[:12], invert_middle], ids=["end", "most", "middle"]
)
def test_damaged_gzip_file_is_refused_by_name(tmp_path, damage):
    path = tmp_path / f"{IDX_FILES[0]}.gz"
    path.write_bytes(damage(gzip.compress(idx_bytes(np.random.default_rng(0).integers(0, 99, (9, 9)), 0x08))))
    with pytest.raises(UserError, match=f"{IDX_FILES[0]}.gz: damaged"):
        read_idx(str(tmp_path))


@pytest.mark.parametrize(
    "names",
    [
        ["train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"],
        ["train-images-idx3-ubyte", "train-labels.idx1-ubyte.gz", "test-images-idx3-ubyte", "test-labels-idx1-ubyte"],
        [
            "train-images.idx3-ubyte.gz",
            "train-labels.idx1-ubyte.gz",
            "t10k-images.idx3-ubyte",
            "t10k-labels.idx1-ubyte",
        ],
        [f"kmnist-{name}" for name in IDX_FILES],
    ],
)
def test_variants_of_the_names_are_read(tmp_path, names):
    write_set(tmp_path, names)
    source = read_idx(str(tmp_path))
    assert (source.train.shape, source.train_labels.tolist()) == ((5, 4, 3), [0, 1, 2, 3, 4])
    assert (source.test.shape, source.test_labels.tolist()) == ((2, 4, 3), [0, 1])


def write_set(folder, names):
    for name, array in zip(names, ARRAYS, strict=True):
        content = idx_bytes(array, 0x08)
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)


ARRAYS = [np.arange(60).reshape(5, 4, 3), np.arange(5), np.arange(24).reshape(2, 4, 3), np.arange(2)]
EMNIST = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "test-images-idx3-ubyte.gz",
    "test-labels-idx1-ubyte.gz",
]


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_images_of_emnist_are_transposed(tmp_path, recorder, ending):
    write_set(tmp_path, [f"emnist-digits-{name.removesuffix('.gz')}{ending}" for name in EMNIST])
    source = read_idx(str(tmp_path), observer=recorder)
    np.testing.assert_array_equal(source.train, ARRAYS[0].transpose(0, 2, 1))
    np.testing.assert_array_equal(source.test, ARRAYS[2].transpose(0, 2, 1))
    assert recorder.notes == ["rows and columns of the images of emnist-digits are exchanged; data.transpose decides"]
    np.testing.assert_array_equal(read_idx(str(tmp_path), transpose=False).train, ARRAYS[0])


def test_a_subset_is_chosen_where_a_folder_holds_several(tmp_path):
    for subset in ("emnist-digits-", "emnist-letters-"):
        write_set(tmp_path, [subset + name for name in EMNIST])
    with pytest.raises(UserError, match=r"^subset = None: .* several data sets; .* 'emnist-digits', 'emnist-letters'$"):
        read_idx(str(tmp_path))
    with pytest.raises(UserError, match=r"^subset = emnist: .* no such data set; set data.subset to one of 'emnist-d"):
        read_idx(str(tmp_path), subset="emnist")
    assert read_idx(str(tmp_path), subset="emnist-letters").train.shape == (5, 3, 4)


def test_images_that_are_a_folder_are_refused(tmp_path):
    (tmp_path / IDX_FILES[0]).mkdir()
    with pytest.raises(UserError, match=r"train-images-idx3-ubyte: cannot be read \(.*Is a directory"):
        read_idx(str(tmp_path))


def test_classes_of_emnist_are_named_by_the_characters_of_its_mapping(tmp_path):
    write_set(tmp_path, [f"emnist-letters-{name}" for name in EMNIST])
    assert read_idx(str(tmp_path)).names == []
    mapping = tmp_path / "emnist-letters-mapping.txt"
    mapping.write_text("1 65 97\n2 66 98\r\n\n4 48\n")
    assert read_idx(str(tmp_path)).names == ["0", "Aa", "Bb", "3", "0"]


@pytest.mark.parametrize("line", ["A 65", "1", "1 65 -97", "1 1114112", "é 65", "1;65"])
def test_a_mapping_that_names_no_characters_is_refused(tmp_path, line):
    write_set(tmp_path, [f"emnist-letters-{name}" for name in EMNIST])
    (tmp_path / "emnist-letters-mapping.txt").write_text(f"0 48\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"emnist-letters-mapping\.txt: is not a label and the codes"):
        read_idx(str(tmp_path))
