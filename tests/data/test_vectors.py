"""Vectors that were computed elsewhere: formats, names, what is skipped, and what stands for missing images."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.cards import HEIGHT, WIDTH, draw_cards
from pipeline.data.description import describe_image_set
from pipeline.data.new_vectors import read_new_vectors
from pipeline.data.vector_columns import Columns
from pipeline.data.vectors import read_vectors
from pipeline.runtime.errors import UserError
from pipeline.stages.data import data
from tests.data.image_files import encode_png
from tests.helpers import compose

VECTORS = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
LABELS = np.arange(12) % 3


def write_npy(file):
    np.save(file, VECTORS)


def write_npz(file):
    np.savez(file, embeddings=VECTORS.astype(np.float64), y=LABELS, ids=[f"id {i}" for i in range(12)])


def write_parquet(file):
    texts = [f"text {i}" for i in range(12)]
    pd.DataFrame({"embedding": list(VECTORS), "label": LABELS, "text": texts}).to_parquet(file)


def write_csv(file):
    table = pd.DataFrame(VECTORS.astype(np.float64), columns=list("abcde"))
    table.assign(target=LABELS, name=[f"n{i}" for i in range(12)]).to_csv(file, index=False)


@pytest.mark.parametrize(
    ("name", "write", "is_labelled", "first"),
    [
        ("a.npy", write_npy, False, []),
        ("a.npz", write_npz, True, ["id 0"]),
        ("a.parquet", write_parquet, True, ["text 0"]),
        ("a.csv", write_csv, True, ["n0"]),
    ],
)
def test_every_format_is_read_with_labels_and_names(tmp_path, recorder, name, write, is_labelled, first):
    write(tmp_path / name)
    source = read_vectors(str(tmp_path / name), observer=recorder)
    assert source.vectors.dtype == np.float32
    np.testing.assert_allclose(source.vectors, VECTORS, rtol=1e-6)
    assert (source.train_labels is not None) == is_labelled
    if is_labelled:
        assert source.train_labels.tolist() == LABELS.tolist()
    assert source.paths[:1] == first
    assert source.train.shape == (12, HEIGHT, WIDTH, 1)
    assert not source.has_images
    assert recorder.notes == []


@pytest.mark.parametrize("index", [False, True])
def test_the_numbers_that_pandas_writes_above_columns_are_no_vector(tmp_path, index):
    pd.DataFrame(VECTORS).to_csv(tmp_path / "a.csv", index=index)
    np.testing.assert_allclose(read_vectors(str(tmp_path / "a.csv")).vectors, VECTORS, rtol=1e-6)


def test_a_first_line_of_a_word_and_numbers_is_a_vector(tmp_path):
    pd.DataFrame(VECTORS, index=[f"id{i}" for i in range(12)]).to_csv(tmp_path / "a.csv", header=False)
    np.testing.assert_allclose(read_vectors(str(tmp_path / "a.csv")).vectors, VECTORS, rtol=1e-6)
    (tmp_path / "b.csv").write_text("id,2020,2021\na,1,2\nb,3,4\n")
    source = read_vectors(str(tmp_path / "b.csv"))
    assert (source.vectors.tolist(), source.dimensions) == ([[1, 2], [3, 4]], ["2020", "2021"])


def test_csv_may_have_no_header_and_columns_of_words(tmp_path, recorder):
    np.savetxt(tmp_path / "a.csv", VECTORS, delimiter=",")
    np.testing.assert_allclose(read_vectors(str(tmp_path / "a.csv")).vectors, VECTORS, rtol=1e-6)
    (tmp_path / "b.csv").write_text("a,b,colour\n1,2,red\n3,4,blue\n")
    assert read_vectors(str(tmp_path / "b.csv"), observer=recorder).vectors.tolist() == [[1, 2], [3, 4]]
    assert recorder.notes == ["columns that hold no numbers are not read: colour"]


def test_vectors_that_are_not_finite_are_skipped_with_their_labels(tmp_path, recorder):
    vectors = VECTORS.astype(np.float64)
    vectors[3, 1], vectors[5, 0], vectors[:, 4] = np.nan, 1e300, 7
    np.savez(tmp_path / "a.npz", X=vectors, labels=np.arange(12))
    source = read_vectors(str(tmp_path / "a.npz"), observer=recorder)
    assert source.train_labels.tolist() == [0, 1, 2, 4, 6, 7, 8, 9, 10, 11]
    assert source.paths == [str(row) for row in source.train_labels]
    assert (len(source.vectors), source.skipped) == (10, 2)
    assert recorder.notes == [
        "skipped 2 of 12 vectors, which hold NaN, infinite numbers, or numbers too large for float32",
        "1 of 5 dimensions are constant and say nothing",
    ]
    with pytest.raises(
        UserError, match=r"^data\.skip_at_most = 1: 2 of 12 vectors .* hold NaN, infinite .*, the first in row 3;"
    ):
        read_vectors(str(tmp_path / "a.npz"), skip_at_most=1)


def test_images_beside_the_vectors_are_shown(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (12, 6, 4), np.uint8)
    np.savez(tmp_path / "a.npz", vectors=VECTORS, images=images)
    source = read_vectors(str(tmp_path / "a.npz"))
    np.testing.assert_array_equal(source.train, images)
    assert source.has_images
    cells = [encode_png((shade, 0, 0)) for shade in range(11)] + [b"damaged"]
    pd.DataFrame({"vector": list(VECTORS), "image": cells}).to_parquet(tmp_path / "b.parquet")
    source = read_vectors(str(tmp_path / "b.parquet"), image_size=8)
    assert source.train.shape == (11, 8, 8, 3)
    np.testing.assert_allclose(source.vectors, VECTORS[:11])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"vectors": np.zeros(5)}, r"data: vectors in .* are float64 of shape \(5,\), not numbers \(n, d\)$"),
        ({"X": np.zeros((3, 4, 4))}, r"data: vectors in .* of shape \(3, 4, 4\), .*; images are read by data=npz"),
        ({"X": np.array([["a", "b"]])}, r"data: vectors in .* are <U1 of shape \(1, 2\), not numbers"),
        ({"pixels": VECTORS}, r"vector_column: .* has pixels; set data\.vector_column to one of them"),
        ({"X": VECTORS, "y": LABELS[:5]}, r"data: 5 labels for 12 vectors; give one label for each vector"),
        ({"X": VECTORS, "id": LABELS[:5]}, r"data\.text_column: 5 texts for 12 vectors"),
        ({"X": VECTORS, "images": np.zeros((3, 4, 4), np.uint8)}, r"data: 3 images for 12 vectors"),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(UserError, match=f"^{message}"):
        read_vectors(str(tmp_path / "a.npz"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"x", r"path: .*a\.npz cannot be read as \.npz or \.npy"),
        ("a.csv", b"", r"path: .*a\.csv cannot be read as CSV"),
        ("a.csv", b"name\nx\n", r"path: .*a\.csv has no column of numbers; it has name"),
        ("a.parquet", b"x", r"path: .*a\.parquet cannot be read as Parquet"),
        ("a.txt", b"x", r"path: .*a\.txt ends in '\.txt'; give vectors as \.npy, \.npz, \.parquet, \.csv"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=f"^{message}"):
        read_vectors(str(tmp_path / name))


def test_stage_data_keeps_the_vectors_of_the_subset(tmp_path, recorder):
    write_npz(tmp_path / "a.npz")
    config = compose("data=vectors", f"data.path={tmp_path / 'a.npz'}", "data.train_size=6", outputs=tmp_path).data
    images, labels = data(config, recorder)
    assert describe_image_set(images, labels).startswith("6 vectors of 5 numbers, no images, 3 classes of 2")
    np.testing.assert_array_equal(images.fitted_vectors, VECTORS[images.train_rows])
    assert labels.fitted.tolist() == LABELS[images.train_rows].tolist()
    assert len(images.held_out_vectors) == 0
    np.save(tmp_path / "b.npy", np.ones((4, 3)))
    with pytest.raises(UserError, match=r"^data: all 4 images of vectors are the same"):
        data(compose("data=vectors", f"data.path={tmp_path / 'b.npy'}", outputs=tmp_path).data)


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", ",")])
def test_tables_of_spreadsheets_are_read(tmp_path, separator, decimal, recorder):
    table = pd.DataFrame(VECTORS.astype(np.float64), columns=[f"d{i}" for i in range(5)]).assign(Label=LABELS)
    table.to_csv(tmp_path / "a.csv", sep=separator, decimal=decimal)
    source = read_vectors(str(tmp_path / "a.csv"), observer=recorder)
    np.testing.assert_allclose(source.vectors, VECTORS, rtol=1e-6)
    assert source.train_labels.tolist() == LABELS.tolist()
    assert recorder.notes == ["a column without a name is not read, because pandas writes row numbers so"]


@pytest.mark.parametrize("names", [["x", "y", "z"], ["X", "Y", "Z"]])
def test_coordinates_are_no_labels(tmp_path, names, recorder):
    pd.DataFrame(VECTORS[:, :3], columns=names).to_csv(tmp_path / "a.csv", index=False)
    source = read_vectors(str(tmp_path / "a.csv"), observer=recorder)
    assert (source.vectors.shape, source.train_labels, source.dimensions) == ((12, 3), None, names)


def test_a_column_that_is_read_as_a_dimension_by_mistake_is_noted(tmp_path, recorder):
    table = pd.DataFrame(VECTORS, columns=[f"d{i}" for i in range(5)]).assign(user_id=np.arange(12))
    table.to_csv(tmp_path / "a.csv", index=False)
    assert read_vectors(str(tmp_path / "a.csv"), observer=recorder).vectors.shape == (12, 6)
    assert recorder.notes == [
        "read as dimensions: user_id; data.label_column=NAME reads labels, and columns that are no part of the vectors "
        "must be removed"
    ]


def test_a_cell_that_is_no_number_is_refused_with_its_row(tmp_path):
    table = pd.DataFrame(VECTORS, columns=[f"d{i}" for i in range(5)]).astype(object)
    table.loc[3, "d1"] = "?"
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(UserError, match=r"a\.csv has '\?' in row 4 of the column d1, which otherwise holds numbers"):
        read_vectors(str(tmp_path / "a.csv"))


def test_new_vectors_must_fit_the_run(tmp_path):
    write_parquet(tmp_path / "a.parquet")
    new = read_new_vectors(str(tmp_path / "a.parquet"), 5)
    assert new.names[0] == "text 0"
    np.testing.assert_array_equal(new.pixels, VECTORS)
    with pytest.raises(UserError, match=r"^input: vectors in .* have 5 numbers; the run's have 7$"):
        read_new_vectors(str(tmp_path / "a.parquet"), 7)
    with pytest.raises(UserError, match=r"^input: nowhere is no file; the run was fitted on vectors"):
        read_new_vectors("nowhere", 5)


def test_new_columns_are_read_in_the_order_of_the_run(tmp_path):
    names = [f"d{i}" for i in range(5)]
    table = pd.DataFrame(VECTORS, columns=names)
    table.to_csv(tmp_path / "a.csv", index=False)
    assert read_vectors(str(tmp_path / "a.csv")).dimensions == names
    table[names[::-1]].to_csv(tmp_path / "b.csv", index=False)
    new = read_new_vectors(str(tmp_path / "b.csv"), 5, dimensions=names)
    np.testing.assert_allclose(new.pixels, VECTORS, rtol=1e-6)
    table.rename(columns={"d1": "x1"}).to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(UserError, match=r"^input: .*c\.csv has no column d1; its columns need the names of the run's"):
        read_new_vectors(str(tmp_path / "c.csv"), 5, dimensions=names)
    np.savetxt(tmp_path / "d.csv", VECTORS, delimiter=",")
    np.testing.assert_allclose(
        read_new_vectors(str(tmp_path / "d.csv"), 5, dimensions=names).pixels, VECTORS, rtol=1e-6
    )


def test_cards_show_their_texts():
    cards = draw_cards(["a", "b", "a", "", "a long text with far more words than a card has lines for, and then more"])
    assert cards.shape == (5, HEIGHT, WIDTH, 1)
    np.testing.assert_array_equal(cards[0], cards[2])
    assert (cards[0] != cards[1]).any()
    assert np.ptp(cards[3]) == 0
    assert (cards[4] < 128).sum() > 10 * (cards[0] < 128).sum()


def test_equal_texts_give_different_names(tmp_path, recorder):
    pd.DataFrame({"v": list(VECTORS[:4]), "text": ["a", "b", "a", "a"]}).to_parquet(tmp_path / "a.parquet")
    assert read_vectors(str(tmp_path / "a.parquet"), observer=recorder).paths == ["a", "b", "a (2)", "a (3)"]
    assert "2 texts are equal to an earlier one; their vectors have names such as 'a (2)'" in recorder.notes


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
def test_vectors_without_a_text_are_named_after_their_rows(tmp_path, recorder, suffix):
    file = tmp_path / f"v.{suffix}"
    table = pd.DataFrame({"a": [0.5, 1.5, 2.5, 3.5], "b": [1.0, 2.0, 3.0, 5.0], "text": ["cat", None, "dog", None]})
    if suffix == "csv":
        table.to_csv(file, index=False)
    elif suffix == "parquet":
        pd.DataFrame({"vector": table[["a", "b"]].to_numpy().tolist(), "text": table["text"]}).to_parquet(file)
    else:
        np.savez(file, vectors=table[["a", "b"]], text=table["text"].fillna(" ").to_numpy(str))
    note = "2 of 4 vectors have no text; their names are their row numbers"
    assert read_vectors(str(file), label_column=None, observer=recorder).paths == ["cat", "1", "dog", "3"]
    assert recorder.notes == [note]
    columns = Columns(labels=None, is_new=True)
    assert read_new_vectors(str(file), 2, recorder, columns).names == ["cat", "1", "dog", "3"]
    assert recorder.notes == [note, note]


def test_a_missing_number_as_text_is_named_after_its_row(tmp_path, recorder):
    np.savez(tmp_path / "v.npz", vectors=VECTORS[:3], id=[7.5, np.nan, 8.5])
    assert read_vectors(str(tmp_path / "v.npz"), observer=recorder).paths == ["7.5", "1", "8.5"]
    assert recorder.notes == ["1 of 3 vectors has no text; its name is its row number"]
