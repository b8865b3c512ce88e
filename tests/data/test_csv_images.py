"""CSV files with a column for each pixel: names and order of the columns, labels, parts, and what is refused."""

import gzip

import numpy as np
import pandas as pd
import pytest

from pipeline.data.csv_images import read_csv_images
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.helpers import compose

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9), np.uint8)
LABELS = np.arange(6) % 3
NUMBERED = [f"pixel{number}" for number in range(9)]
BY_POSITION = [f"{row}x{column}" for row in range(1, 4) for column in range(1, 4)]


def write(file, names, labels=LABELS, pixels=PIXELS, label="label", **options):
    table = pd.DataFrame(pixels, columns=names)
    if labels is not None:
        table.insert(0, label, labels)
    table.to_csv(file, index=False, **options)
    return str(file)


@pytest.mark.parametrize(
    "names",
    [NUMBERED, BY_POSITION, [f"pixel{number:04}" for number in range(1, 10)], [str(number) for number in range(9)],
     [f"px_{number}" for number in range(9)]],
    ids=["pixel0", "1x1", "pixel0001", "0", "px_0"],
)  # fmt: skip
@pytest.mark.parametrize(
    "options", [{}, {"sep": ";"}, {"sep": "\t"}, {"encoding": "utf-8-sig"}, {"quoting": 1}], ids=str
)
def test_names_and_forms_of_tables_are_recognised(tmp_path, recorder, names, options):
    source = read_csv_images(write(tmp_path / "a.csv", names, **options), observer=recorder)
    np.testing.assert_array_equal(source.train, PIXELS.reshape(6, 3, 3))
    assert source.train.dtype == np.uint8
    assert (source.train_labels.tolist(), source.paths[1]) == (LABELS.tolist(), "a.csv[1]")
    assert recorder.notes == []


@pytest.mark.parametrize(
    "names", [NUMBERED, BY_POSITION, [f"{column}x{row}" for row in range(3) for column in range(3)]]
)
def test_pixels_are_ordered_by_their_names(tmp_path, names):
    order = np.random.default_rng(1).permutation(9)
    expected = read_csv_images(write(tmp_path / "a.csv", names)).train
    shuffled = write(tmp_path / "b.csv", [names[i] for i in order], pixels=PIXELS[:, order])
    np.testing.assert_array_equal(read_csv_images(shuffled).train, expected)


def test_positions_give_the_shape(tmp_path):
    names = [f"{row}x{column}" for row in range(1, 5) for column in range(1, 3)]
    assert read_csv_images(write(tmp_path / "a.csv", names, pixels=PIXELS[:, :8])).train.shape == (6, 4, 2)
    numbered = write(tmp_path / "b.csv", NUMBERED[:8], pixels=PIXELS[:, :8])
    with pytest.raises(
        UserError, match=r"^image_shape = null: images of .*b\.csv have 8 pixels, which are no square; set"
    ):
        read_csv_images(numbered)
    assert read_csv_images(numbered, image_shape=[2, 4]).train.shape == (6, 2, 4)
    assert read_csv_images(numbered, image_shape=[2, 2, 2]).train.shape == (6, 2, 2, 2)


def test_a_file_without_a_header_has_its_labels_first(tmp_path, recorder):
    write(tmp_path / "a.csv", NUMBERED, header=False)
    source = read_csv_images(str(tmp_path / "a.csv"), observer=recorder)
    np.testing.assert_array_equal(source.train.reshape(6, 9), PIXELS)
    assert source.train_labels.tolist() == LABELS.tolist()
    assert recorder.notes == [
        "a.csv names no columns: the first of 10 is read as labels; data.label_column=9 is the last, "
        "data.label_column=null none"
    ]
    np.savetxt(tmp_path / "b.csv", np.column_stack([PIXELS, LABELS]), "%d", ",")
    last = read_csv_images(str(tmp_path / "b.csv"), label_column=9)
    np.testing.assert_array_equal(last.train.reshape(6, 9), PIXELS)
    assert last.train_labels.tolist() == LABELS.tolist()
    np.savetxt(tmp_path / "c.csv", PIXELS, "%d", ",")
    assert read_csv_images(str(tmp_path / "c.csv")).train_labels is None


@pytest.mark.parametrize(
    "header", [",".join(map(str, range(10))), "0," + ",".join(f"0.{number}" for number in range(1, 10))]
)
def test_a_header_of_numbers_is_no_image(tmp_path, header):
    np.savetxt(tmp_path / "a.csv", np.column_stack([LABELS, PIXELS]), "%d", ",", header=header, comments="")
    np.testing.assert_array_equal(read_csv_images(str(tmp_path / "a.csv")).train.reshape(6, 9), PIXELS)


def test_a_folder_has_a_train_and_a_test_file_and_other_tables(tmp_path, recorder):
    write(tmp_path / "train.csv", NUMBERED)
    write(tmp_path / "test.csv", NUMBERED, labels=None, pixels=PIXELS[:2])
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    source = read_csv_images(str(tmp_path), observer=recorder)
    assert (len(source.train), len(source.test)) == (6, 2)
    assert (source.train_labels.tolist(), source.test_labels.tolist()) == (LABELS.tolist(), [None, None])
    assert recorder.notes == [
        "files without columns of pixels are left out: sample_submission.csv",
        "images of test.csv have no column of labels and no labels",
        "parts by file names: train part: 1 file such as train.csv; test part: 1 file such as test.csv",
    ]


def test_gzipped_files_of_emnist_are_transposed(tmp_path, recorder):
    write(tmp_path / "emnist-letters-train.csv", NUMBERED, header=False)
    plain = (tmp_path / "emnist-letters-train.csv").read_bytes()
    (tmp_path / "emnist-letters-train.csv").unlink()
    (tmp_path / "emnist-letters-train.csv.gz").write_bytes(gzip.compress(plain))
    source = read_csv_images(str(tmp_path), observer=recorder)
    np.testing.assert_array_equal(source.train, PIXELS.reshape(6, 3, 3).swapaxes(1, 2))
    assert "rows and columns of the images" in recorder.notes[-1]
    np.testing.assert_array_equal(read_csv_images(str(tmp_path), transpose=False).train, PIXELS.reshape(6, 3, 3))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["b", "a", None, "a", "b", "b"], ["b", "a", None, "a", "b", "b"]),
        ([1.0, 2.0, np.nan, 1, 1, 2], [1, 2, None, 1, 1, 2]),
        ([-1, 2, 1, 1, 1, 2], [-1, 2, 1, 1, 1, 2]),
        (["1.5", "2", "1", "1", "1", "2"], ["1.5", "2", "1", "1", "1", "2"]),
    ],
)
def test_labels_are_numbers_or_words(tmp_path, labels, expected):
    source = read_csv_images(write(tmp_path / "a.csv", NUMBERED, labels, label="Class"))
    assert source.train_labels.tolist() == expected
    assert read_csv_images(str(tmp_path / "a.csv"), label_column=None).train_labels is None


def test_fractions_and_large_numbers_stay(tmp_path):
    fractions, deep = np.linspace(0, 1, 54).reshape(6, 9), PIXELS.astype(int) * 16
    for name, values, dtype in (("a", fractions, np.float32), ("b", deep, np.uint16), ("c", -deep, np.float32)):
        source = read_csv_images(write(tmp_path / f"{name}.csv", NUMBERED, pixels=values))
        assert source.train.dtype == dtype
        np.testing.assert_allclose(source.train.reshape(6, 9), values, rtol=1e-6)


def test_columns_that_are_no_pixels_are_named(tmp_path, recorder):
    table = pd.read_csv(write(tmp_path / "a.csv", NUMBERED))
    table.assign(id=range(6), name="x").to_csv(tmp_path / "a.csv")
    np.testing.assert_array_equal(
        read_csv_images(str(tmp_path / "a.csv"), observer=recorder).train.reshape(6, 9), PIXELS
    )
    assert recorder.notes == ["columns of a.csv that are neither pixels nor labels are not read: (no name), id, name"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("label,name\n1,a\n", r"path: .* has no columns of pixels \(1x1, 1x2, .*\) among label, name; data=image_"),
        ("pixel0,pixel2\n1,2\n", r"path: .* lacks columns of pixels: it has 2 from pixel0 to pixel2, not 3"),
        ("pixel0,pixel1,pixel1\n1,2,3\n", r"path: .* has several columns named 'pixel1'; give each a name of its own"),
        ("", r"path: .* cannot be read as CSV: its first line is empty"),
        ("pixel0,pixel1,pixel2,pixel3\n", r"path: .* has no rows of images"),
        ("pixel0,pixel1,pixel2,pixel3\n1,2,3\n", r"path: .* cannot be read as CSV: .*Expected 4 columns, got 3"),
        ("pixel0,pixel1,pixel2,pixel3\n1,2,3,4\n1,2,,4\n", r"path: .* has no number for the pixel 'pixel2' of image 1"),
        ("pixel0,pixel1,pixel2,pixel3\n1,2,x,4\n", r"path: .* cannot be read as CSV: .*invalid value 'x'"),
    ],
)  # fmt: skip
def test_other_tables_are_refused(tmp_path, content, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(UserError, match=f"^{message}"):
        read_csv_images(str(tmp_path / "a.csv"))


def test_damaged_files_and_missing_columns_are_refused(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"pixel0,pixel1\n" * 5000)[:40])
    with pytest.raises(UserError, match=r"^path: .*a\.csv\.gz cannot be read as CSV"):
        read_csv_images(str(tmp_path / "a.csv.gz"))
    with pytest.raises(UserError, match=r"^label_column = 'digit': no such column in .*b\.csv; it has label, pixel0"):
        read_csv_images(write(tmp_path / "b.csv", NUMBERED), label_column="digit")
    (tmp_path / "c").mkdir()
    with pytest.raises(UserError, match=r"^path: .*c holds no \.csv file"):
        read_csv_images(str(tmp_path / "c"))
    write(tmp_path / "c" / "a.csv", NUMBERED)
    write(tmp_path / "c" / "b.csv", NUMBERED[:4], pixels=PIXELS[:, :4])
    with pytest.raises(
        UserError, match=r"^path: images in the files of .*c have different shapes: \[\(2, 2\), \(3, 3\)\]"
    ):
        read_csv_images(str(tmp_path / "c"))


def test_stage_data_reads_the_table(tmp_path):
    images, labels = data(
        compose("data=csv", f"data.path={write(tmp_path / 'a.csv', BY_POSITION)}", outputs=tmp_path).data
    )
    np.testing.assert_array_equal(images.fitted[..., 0], PIXELS.reshape(6, 3, 3))
    assert (labels.fitted.tolist(), labels.names) == (LABELS.tolist(), ["0", "1", "2"])


@pytest.mark.parametrize("second", ["", "0,0,0,0\n", "0.25,0.75,1,0\n"])
def test_fractions_in_the_first_line_are_pixels(tmp_path, second):
    (tmp_path / "a.csv").write_text("0.5,0.25,1,0\n" + second)
    images = read_csv_images(str(tmp_path / "a.csv")).train
    assert images[0].tolist() == [[0.5, 0.25], [1, 0]]
    assert len(images) == 1 + bool(second)


def test_repeated_names_that_pandas_counted_are_a_header(tmp_path):
    (tmp_path / "a.csv").write_text("5,0,0.1,9,0.2\n1,3,4,5,6\n")
    source = read_csv_images(str(tmp_path / "a.csv"))
    assert (source.train.tolist(), source.train_labels.tolist()) == ([[[3, 4], [5, 6]]], [1])
