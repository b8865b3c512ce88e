"""Parquet files of encoded images: columns, labels, and parts."""

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.data.parquet import read_parquet
from pipeline.runtime.errors import UserError
from tests.data.image_files import encode_png


def write_table(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return str(path)


def test_cells_are_bytes_or_structures_of_bytes(tmp_path):
    files = [encode_png((i, i, i)) for i in range(3)]
    plain = read_parquet(write_table(tmp_path / "plain.parquet", image=files, label=["b", None, "a"]))
    assert plain.train[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert plain.train_labels.tolist() == ["b", None, "a"]
    cells = [{"bytes": file, "path": "x.png"} for file in files]
    nested = read_parquet(write_table(tmp_path / "nested.parquet", photo=cells), image_column="photo")
    np.testing.assert_array_equal(nested.train, plain.train)
    assert nested.train_labels is None


def test_files_of_a_folder_that_begin_with_test_are_the_test_part(tmp_path):
    write_table(tmp_path / "test-0.parquet", image=[encode_png()], label=[4])
    write_table(tmp_path / "train-0.parquet", image=[encode_png(), encode_png()], label=[7, 8])
    source = read_parquet(str(tmp_path))
    assert source.train_labels.tolist() == [7, 8]
    assert source.test_labels.tolist() == [4]
    assert source.test_paths == ["test-0.parquet[0]"]


@pytest.mark.parametrize(
    ("files", "test"),
    [
        (["default/train/0.parquet", "default/test/0.parquet"], ["default/test/0.parquet[0]"]),
        (["data/train-0.parquet", "data/validation-0.parquet"], ["data/validation-0.parquet[0]"]),
        (["train-0.parquet", "validation-0.parquet", "test-0.parquet"], ["test-0.parquet[0]"]),
        (["a/0.parquet", "b/0.parquet"], []),
        (["my-test-lines.parquet"], []),
    ],
)
def test_parts_are_recognised_by_names_of_files_and_folders(tmp_path, recorder, files, test):
    for number, name in enumerate(files):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_table(tmp_path / name, image=[encode_png((number + 5, 0, 0))])
    source = read_parquet(str(tmp_path), observer=recorder)
    assert source.test_paths == test
    assert [note.startswith("parts by file names: ") for note in recorder.notes] == [True] * bool(test)
    names = source.paths + source.test_paths
    shades = [*source.train[:, 0, 0, 0], *source.test[:, 0, 0, 0]]
    assert [f"{files[shade - 5]}[0]" for shade in shades] == names


def test_wrong_columns_and_damaged_files_are_refused(tmp_path):
    file = write_table(tmp_path / "a.parquet", pixels=[1, 2])
    with pytest.raises(UserError, match=r"^data\.image_column = 'image': .* it has pixels"):
        read_parquet(file)
    with pytest.raises(UserError, match=r"^data\.image_column = 'pixels': it holds int64"):
        read_parquet(file, image_column="pixels")
    (tmp_path / "b.parquet").write_bytes(b"nonsense")
    with pytest.raises(UserError, match=r"^path: .*b\.parquet cannot be read as Parquet"):
        read_parquet(str(tmp_path / "b.parquet"))
