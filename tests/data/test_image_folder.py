"""A folder of images: its files, labels from sub-folders, and the train and test parts."""

import pytest

from pipeline.data.image_folder import read_image_folder
from pipeline.runtime.errors import UserError
from tests.data.image_files import save_image


@pytest.mark.parametrize("suffix", ["png", "jpg", "jpeg", "bmp", "webp", "gif", "PNG"])
def test_image_files_are_recognised_by_suffix(tmp_path, suffix):
    save_image(tmp_path / f"a.{suffix}")
    source = read_image_folder(str(tmp_path))
    assert source.train.shape == (1, 6, 8, 3)
    assert source.paths == [f"a.{suffix}"]


def test_sub_folders_are_labels_only_if_configured(tmp_path):
    for name in ("dog/1.png", "cat/deep/2.png", "cat/1.png", "alone.png"):
        save_image(tmp_path / name)
    assert read_image_folder(str(tmp_path)).train_labels is None
    source = read_image_folder(str(tmp_path), labels_from="folder")
    assert source.names == ["cat", "dog"]
    assert dict(zip(source.paths, source.train_labels.tolist(), strict=True)) == {
        "alone.png": -1, "cat/1.png": 0, "cat/deep/2.png": 0, "dog/1.png": 1,
    }  # fmt: skip


def test_labels_from_folders_need_sub_folders(tmp_path):
    save_image(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"^data\.labels_from = 'folder': no image lies in a sub-folder"):
        read_image_folder(str(tmp_path), labels_from="folder")


def test_train_and_test_folders_are_the_two_parts(tmp_path):
    for name in ("train/cat/1.png", "train/dog/2.png", "test/dog/3.png"):
        save_image(tmp_path / name)
    source = read_image_folder(str(tmp_path), labels_from="folder")
    assert source.paths == ["train/cat/1.png", "train/dog/2.png"]
    assert source.test_paths == ["test/dog/3.png"]
    assert (source.train_labels.tolist(), source.test_labels.tolist()) == ([0, 1], [1])
    assert source.names == ["cat", "dog"]


def test_with_a_third_folder_train_and_test_are_ordinary_folders(tmp_path):
    for name in ("train/1.png", "test/2.png", "val/3.png"):
        save_image(tmp_path / name)
    assert len(read_image_folder(str(tmp_path)).train) == 3


def test_other_files_are_ignored_with_a_note_and_hidden_files_without(tmp_path, recorder):
    save_image(tmp_path / "a.png")
    for name in ("notes.txt", "more.txt", "README", ".hidden.png"):
        (tmp_path / name).write_bytes(b"")
    source = read_image_folder(str(tmp_path), observer=recorder)
    assert source.paths == ["a.png"]
    assert recorder.notes == ["ignored 3 files that are not images: .txt (2), no suffix (1)"]


def test_unreadable_files_are_skipped_and_keep_paths_and_images_together(tmp_path):
    for i in range(3):
        save_image(tmp_path / f"{i}.png", colour=(i, i, i))
    (tmp_path / "1.png").write_bytes(b"nonsense")
    source = read_image_folder(str(tmp_path))
    assert source.paths == ["0.png", "2.png"]
    assert source.train[:, 0, 0, 0].tolist() == [0, 2]
    assert "1.png" in source.note


def test_missing_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"^path: .* holds no image"):
        read_image_folder(str(tmp_path))
    with pytest.raises(UserError, match=r"^path: .* is not a folder"):
        read_image_folder(str(tmp_path / "nowhere"))
