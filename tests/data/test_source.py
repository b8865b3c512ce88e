"""The digest of the files that a reader reads."""

import os

import pytest

from pipeline.data import source
from pipeline.data.augmented import read_augmented_mnist
from pipeline.data.digits import read_digits
from pipeline.data.image_folder import read_image_folder
from pipeline.data.source import source_digest
from pipeline.runtime.errors import UserError


def test_digest_changes_with_files_and_modification_times(tmp_path):
    arguments = {"path": str(tmp_path), "labels_from": "none"}
    file = tmp_path / "a"
    file.write_text("1")
    digests = [source_digest(read_image_folder, arguments)]
    assert source_digest(read_image_folder, arguments) == digests[0]
    os.utime(file, ns=(1, 1))
    digests.append(source_digest(read_image_folder, arguments))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b").write_text("")
    digests.append(source_digest(read_image_folder, arguments))
    assert len(set(digests)) == 3


def test_links_to_folders_are_followed_once_and_broken_ones_are_listed(tmp_path):
    real, images = tmp_path / "real", tmp_path / "images"
    for folder in (real, images / "cat"):
        folder.mkdir(parents=True)
        (folder / "a.png").write_bytes(b"a")
    (images / "dog").symlink_to(real)
    (images / "again").symlink_to(real)
    (images / "cat" / "loop").symlink_to(images)
    (images / "cat" / "gone.png").symlink_to(tmp_path / "nowhere")
    names = [file.relative_to(images).as_posix() for file in source.files_below(images)]
    assert names == ["again/a.png", "cat/a.png", "cat/gone.png"]


def test_reader_without_path_has_a_constant_digest():
    assert source_digest(read_digits, {}) == source_digest(read_augmented_mnist, {"copies": 3}) == "bundled"


def test_missing_path_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"data\.path: .*nowhere does not exist"):
        source_digest(read_image_folder, {"path": str(tmp_path / "nowhere")})


def test_a_file_that_is_removed_while_the_folder_is_read_does_not_count(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_bytes(b"a")
    expected = source_digest(read_image_folder, {"path": str(tmp_path)})
    monkeypatch.setattr(source, "files_below", lambda root: [root / "a.png", root / "removed.png"])
    assert source_digest(read_image_folder, {"path": str(tmp_path)}) == expected
