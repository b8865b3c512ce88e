"""A person's own pictures: what is read, what is skipped and said, and what stops the run."""

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from pipeline.config import Data
from pipeline.data.image_folder import read_image_folder
from pipeline.data.new_images import read_new_images
from pipeline.data.parquet import read_parquet
from pipeline.errors import UserError
from pipeline.stages.data import data

READER = "pipeline.data.image_folder.read_image_folder"


def draw(path, size=(8, 6), colour=(200, 30, 30), **options):
    """Write a picture of one colour, (width, height) pixels large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)
    return path


def png(colour=(1, 2, 3), size=(4, 4)):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "webp", "gif", "PNG"])
def test_common_formats_are_read(tmp_path, suffix):
    draw(tmp_path / f"a.{suffix}")
    source = read_image_folder(str(tmp_path))
    assert source.train.shape == (1, 6, 8, 3)
    assert np.abs(source.train[0, 3, 3].astype(int) - [200, 30, 30]).max() <= 12  # JPEG, WebP and GIF are lossy
    assert source.paths == [f"a.{suffix}"]


@pytest.mark.parametrize(
    ("colours", "channels", "expected"),
    [
        ([(9, 9, 9), (80, 80, 80)], None, 1),
        ([(9, 9, 9), (80, 81, 80)], None, 3),
        ([(9, 9, 9)], 3, 3),
        ([(255, 0, 0)], 1, 1),
    ],
)
def test_pictures_are_grey_if_all_are_or_as_asked(tmp_path, colours, channels, expected):
    for i, colour in enumerate(colours):
        draw(tmp_path / f"{i}.png", colour=colour)
    images = read_image_folder(str(tmp_path), channels=channels).train
    assert images.shape[3] == expected
    if channels == 1:
        assert images[0, 0, 0, 0] == 76  # the luminance of red, as Pillow has it


def test_odd_modes_come_out_as_they_look(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.fromarray(np.full((4, 4), 65535, np.uint16)).save(tmp_path / "wide.png")
    Image.new("1", (4, 4), 1).save(tmp_path / "bits.png")
    assert (read_image_folder(str(tmp_path)).train == 255).all()


def test_a_picture_stands_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    draw(tmp_path / "turned.jpg", size=(8, 6), exif=exif)
    assert read_image_folder(str(tmp_path)).train.shape == (1, 8, 6, 3)


def test_sub_folders_are_labels_only_if_asked(tmp_path):
    for name in ("dog/1.png", "cat/deep/2.png", "cat/1.png", "alone.png"):
        draw(tmp_path / name)
    plain = read_image_folder(str(tmp_path))
    assert plain.train_labels is None
    source = read_image_folder(str(tmp_path), labels_from="folder")
    assert source.names == ["cat", "dog"]
    assert dict(zip(source.paths, source.train_labels.tolist(), strict=True)) == {
        "alone.png": -1, "cat/1.png": 0, "cat/deep/2.png": 0, "dog/1.png": 1,
    }  # fmt: skip


def test_train_and_test_folders_are_the_two_parts(tmp_path):
    for name in ("train/cat/1.png", "train/dog/2.png", "test/dog/3.png"):
        draw(tmp_path / name, colour=(200, len(name), 30 if "cat" in name else 90))
    config = Data(name="own", source={"_target_": READER, "path": str(tmp_path), "labels_from": "folder"})
    images, labels = data(config)
    assert (len(images.train), len(images.test)) == (2, 1)
    assert images.names("train") == ["train/cat/1.png", "train/dog/2.png"]
    assert images.names("test") == ["test/dog/3.png"]
    assert labels.held_out.tolist() == [1]
    draw(tmp_path / "val/cat/4.png")
    assert len(read_image_folder(str(tmp_path)).train) == 4, "with a third folder the names mean nothing"


def test_a_subset_keeps_its_paths(tmp_path):
    for i in range(9):
        draw(tmp_path / f"{i}.png", colour=(i, i, i))
    config = Data(name="own", source={"_target_": READER, "path": str(tmp_path)}, train_size=4)
    images, _ = data(config)
    assert images.names("train") == [f"{shade}.png" for shade in images.train[:, 0, 0, 0]]


def test_unreadable_files_are_skipped_and_named(tmp_path, recorder):
    for i in range(5):
        draw(tmp_path / f"{i}.png", colour=(i, i, i))
    (tmp_path / "2.png").write_bytes(b"nonsense")
    whole = (tmp_path / "4.png").read_bytes()
    (tmp_path / "4.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "notes.txt").write_text("a list")
    (tmp_path / ".hidden.png").write_bytes(b"")
    source = read_image_folder(str(tmp_path), observer=recorder)
    assert source.paths == ["0.png", "1.png", "3.png"]
    assert source.train[:, 0, 0, 0].tolist() == [0, 1, 3]
    assert "2 of 5" in source.note
    assert all(name in source.note for name in ("2.png", "4.png"))
    assert any("1 files are no pictures" in note and ".txt" in note for note in recorder.notes)
    assert source.note in recorder.notes
    assert recorder.steps[-1] == (5, 5)


def test_too_many_unreadable_files_stop_with_their_names(tmp_path):
    draw(tmp_path / "good.png")
    for i in range(3):
        (tmp_path / f"bad{i}.jpg").write_bytes(b"nonsense")
    with pytest.raises(UserError, match=r"^data\.skip_at_most = 2: 3 of 4 .*bad0\.jpg .*bad2\.jpg"):
        read_image_folder(str(tmp_path), skip_at_most=2)


def test_different_sizes_are_told_and_resized_when_asked(tmp_path):
    draw(tmp_path / "a.png", (8, 6))
    draw(tmp_path / "b.png", (8, 6))
    draw(tmp_path / "c.jpg", (30, 20))
    with pytest.raises(UserError, match=r"^data\.image_size: .*8×6 \(2, such as a\.png\), 30×20 \(1, such as c\.jpg\)"):
        read_image_folder(str(tmp_path))
    assert read_image_folder(str(tmp_path), image_size=5).train.shape == (3, 5, 5, 3)


def test_what_memory_cannot_hold_is_refused_before_it_is_read(tmp_path, monkeypatch):
    from types import SimpleNamespace

    draw(tmp_path / "a.png")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=100))
    with pytest.raises(UserError, match=r"^data\.image_size: 1 pictures of 8×6 need"):
        read_image_folder(str(tmp_path))


@pytest.mark.parametrize(("files", "message"), [({}, "holds no picture"), ({"a.png": b"x"}, "holds no readable")])
def test_a_folder_without_pictures_is_refused(tmp_path, files, message):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"^path: .*{message}"):
        read_image_folder(str(tmp_path))
    with pytest.raises(UserError, match=r"^path: .* is not a folder"):
        read_image_folder(str(tmp_path / "nowhere"))


def test_labels_from_folders_need_folders(tmp_path):
    draw(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"^data\.labels_from"):
        read_image_folder(str(tmp_path), labels_from="folder")


# Parquet


def test_parquet_holds_bytes_or_structures_of_bytes(tmp_path):
    files = [png((i, i, i)) for i in range(3)]
    parquet.write_table(pa.table({"image": files, "label": ["b", None, "a"]}), tmp_path / "plain.parquet")
    plain = read_parquet(str(tmp_path / "plain.parquet"))
    assert plain.train[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert plain.names == ["a", "b"]
    assert plain.train_labels.tolist() == [1, -1, 0]
    cells = [{"bytes": file, "path": "x.png"} for file in files]
    parquet.write_table(pa.table({"picture": cells}), tmp_path / "structures.parquet")
    nested = read_parquet(str(tmp_path / "structures.parquet"), image_column="picture")
    assert np.array_equal(nested.train, plain.train)
    assert nested.train_labels is None


def test_a_folder_of_parquet_files_has_a_test_part(tmp_path):
    parquet.write_table(pa.table({"image": [png()], "label": [4]}), tmp_path / "test-0.parquet")
    parquet.write_table(pa.table({"image": [png(), png()], "label": [7, 8]}), tmp_path / "train-0.parquet")
    source = read_parquet(str(tmp_path))
    assert source.train_labels.tolist() == [7, 8]
    assert source.test_labels.tolist() == [4]


def test_a_parquet_that_does_not_fit_says_why(tmp_path):
    parquet.write_table(pa.table({"pixels": [1, 2]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"^data\.image_column = 'image': .* it has pixels"):
        read_parquet(str(tmp_path / "a.parquet"))
    with pytest.raises(UserError, match=r"^data\.image_column = 'pixels': it holds int64"):
        read_parquet(str(tmp_path / "a.parquet"), image_column="pixels")
    (tmp_path / "b.parquet").write_bytes(b"nonsense")
    with pytest.raises(UserError, match=r"^path: .*b\.parquet cannot be read as Parquet"):
        read_parquet(str(tmp_path / "b.parquet"))


# New images for a finished run


def test_new_images_take_the_shape_of_the_run(tmp_path):
    draw(tmp_path / "sub/a.jpg", (30, 20))
    draw(tmp_path / "b.png", (4, 4))
    np.save(tmp_path / "c.npy", np.zeros((5, 9, 9), np.uint8))
    grey = read_new_images(str(tmp_path), (6, 8, 1))
    assert grey.pixels.shape == (2, 6, 8, 1)
    assert grey.names == ["b.png", "sub/a.jpg"]
    assert read_new_images(str(tmp_path / "b.png"), (6, 8, 3)).pixels.shape == (1, 6, 8, 3)
    array = read_new_images(str(tmp_path / "c.npy"), (6, 8, 1))
    assert array.pixels.shape == (5, 6, 8, 1)
    assert array.names == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("nowhere", (6, 8, 1), "does not exist"),
        ("notes.txt", (6, 8, 1), r"ends in '\.txt'"),
        ("c.npy", (6, 8, 3), "have 1 channels; the run's have 3"),
        ("b.png", (6, 8, 4), "have 4 channels and pictures have 1 or 3"),
    ],
)
def test_new_images_that_do_not_fit_are_refused(tmp_path, name, shape, message):
    draw(tmp_path / "b.png")
    (tmp_path / "notes.txt").write_text("x")
    np.save(tmp_path / "c.npy", np.zeros((5, 9, 9), np.uint8))
    with pytest.raises(UserError, match=message):
        read_new_images(str(tmp_path / name), shape)
