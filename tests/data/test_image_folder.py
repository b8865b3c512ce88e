"""A folder of images: its files, labels from sub-folders, and the train and test parts."""

import pytest
from PIL import Image

from pipeline.data.image_folder import read_image_folder
from pipeline.data.new_images import read_new_images
from pipeline.runtime.errors import UserError
from tests.data.image_files import save_image


@pytest.mark.parametrize(
    "suffix", ["png", "jpg", "jpeg", "bmp", "webp", "gif", "PNG", "tif", "tiff", "ppm", "jfif", "avif", "jp2"]
)
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


def read_labels(root, names, **settings):
    """Labels by path of the train part and the test part."""
    for number, name in enumerate(names):
        save_image(root / name, colour=(number, 9, 9))
    source = read_image_folder(str(root), labels_from="folder", **settings)
    parts = ((source.paths, source.train_labels), (source.test_paths, source.test_labels))
    shades = [*source.train[:, 0, 0, 0], *source.test[:, 0, 0, 0]]
    assert [names[shade] for shade in shades] == [*source.paths, *source.test_paths]
    return tuple(
        {path: source.names[label] if label >= 0 else None for path, label in zip(paths, labels, strict=True)}
        for paths, labels in parts
    )


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ({"train/a/1.png": "a", "train/b/1.png": "b", "val/b/1.png": "b"}, {"test/a/1.png": "a"}),
        ({"train/a/1.png": "a", "train/b/1.png": "b"}, {"val/a/1.png": "a"}),
        ({"Training/a/1.png": "a", "Training/b/1.png": "b"}, {"Testing/a/1.png": "a"}),
        ({"data/images/train/a/1.png": "a", "data/images/train/b/1.png": "b"}, {"data/images/test/a/1.png": "a"}),
        ({"seg_train/seg_train/a/1.png": "a", "seg_train/seg_train/b/1.png": "b"}, {"seg_test/seg_test/a/1.png": "a"}),
        ({"train/images/a/1.png": "a", "train/images/b/1.png": "b"}, {"test/images/a/1.png": "a"}),
        ({"loose.png": None, "train/a/1.png": "a"}, {"test/a/1.png": "a"}),
        ({"wrapper/a/1.png": "a", "wrapper/b/1.png": "b"}, {}),
        ({"wrapper/deep/a/1.png": "a", "wrapper/deep/b/x/1.png": "b"}, {}),
        ({"train/a/1.png": "a", "train/b/1.png": "b"}, {}),
        ({"a/1.png": "a", "a/2.png": "a"}, {}),
        ({"a/train/1.png": "a", "b/train/1.png": "b"}, {}),
        ({"a/train/1.png": "a", "b/train/1.png": "b"}, {"a/test/1.png": "a", "b/test/1.png": "b"}),
        ({"set/a/train/1.png": "a", "set/b/train/x/1.png": "b"}, {"set/b/val/1.png": "b"}),
        ({"a/1.png": "a", "b/test/1.png": "b", "b/train/1.png": "b"}, {}),
        ({"train station/1.png": "train station", "bus/1.png": "bus"}, {}),
    ],
)
def test_parts_and_wrappers_are_not_labels(tmp_path, train, test):
    assert read_labels(tmp_path, [*train, *test]) == (train, test)


@pytest.mark.parametrize(
    ("depth", "train", "test"),
    [
        (1, {"test/a/1.png": "test", "train/a/1.png": "train"}, {}),
        (2, {"train/a/1.png": "a"}, {"test/a/1.png": "a"}),
        (3, {"train/a/1.png": None, "train/a/x/1.png": "x"}, {"test/a/y/1.png": "y"}),
        (1, {"a/train/1.png": "a"}, {"a/test/1.png": "a"}),
        (2, {"a/train/x/1.png": "train", "b/test/1.png": "test"}, {}),
        (1, {"wrapper/a/1.png": "wrapper", "wrapper/b/1.png": "wrapper"}, {}),
    ],
)
def test_label_depth_sets_the_folder_that_is_the_label(tmp_path, depth, train, test):
    assert read_labels(tmp_path, [*train, *test], label_depth=depth) == (train, test)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["a/1.png", "a/2.png", "b/1.png", "b/2.png"], ["a", "a", "b", "b"]),
        (["train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"], ["a", "b", "a", "b"]),
        (["a/1.png", "b/1.png", "c/1.png", "c/2.png"], None),
        (["a/1.png", "a/2.png", "b/1.png", "b/2.png", "loose.png"], None),
        (["a/1.png", "a/2.png"], None),
        (["1.png", "2.png"], None),
    ],
)
def test_folders_are_labels_if_they_look_like_classes(tmp_path, recorder, names, labels):
    for name in names:
        save_image(tmp_path / name)
    source = read_image_folder(str(tmp_path), observer=recorder)
    assert any(note.startswith("the folders of the images are read as labels") for note in recorder.notes) == bool(
        labels
    )
    if labels is None:
        assert source.train_labels is None
    else:
        assert [source.names[i] for i in [*source.train_labels, *source.test_labels]] == labels
    assert read_image_folder(str(tmp_path), labels_from="none").train_labels is None


def test_label_depth_needs_labels_from_folders(tmp_path):
    save_image(tmp_path / "a/1.png")
    with pytest.raises(UserError, match=r"^data\.label_depth = 1: labels are not read; set data\.labels_from=folder"):
        read_image_folder(str(tmp_path), label_depth=1, labels_from="none")


def test_notes_say_what_folders_were_taken_as(tmp_path, recorder):
    read_labels(tmp_path, ["d/train/a/1.png", "d/val/b/1.png", "d/test/a/1.png", "d/x.png"], observer=recorder)
    assert recorder.notes == [
        "parts by folders: train part: train (1 image), val (1 image); test part: test (1 image); "
        "1 image beside these folders is in the train part",
        "labels are the folders at depth 3, such as a in d/test/a/1.png; data.label_depth sets another depth",
    ]


def test_notes_name_the_parts_below_the_labels(tmp_path, recorder):
    read_labels(tmp_path, ["a/train/1.png", "b/train/1.png", "b/test/1.png"], observer=recorder)
    assert recorder.notes == [
        "parts by folders: train part: train (2 images); test part: test (1 image)",
        "labels are the folders at depth 1, such as a in a/train/1.png; data.label_depth sets another depth",
    ]


def test_parts_that_are_taken_as_labels_are_noted(tmp_path, recorder):
    labels, _ = read_labels(tmp_path, ["train/1.png", "test/1.png", "extra/1.png"], observer=recorder)
    assert set(labels.values()) == {"train", "test", "extra"}
    assert recorder.notes == [
        "folders test, train are labels, not parts: extra lies beside; data.label_depth sets the depth of labels"
    ]


def test_parts_are_recognised_without_labels(tmp_path, recorder):
    for name in ("wrapper/train/1.png", "wrapper/train/2.png", "wrapper/test/1.png"):
        save_image(tmp_path / name)
    source = read_image_folder(str(tmp_path), observer=recorder)
    assert (len(source.train), len(source.test)) == (2, 1)
    assert recorder.notes == ["parts by folders: train part: train (2 images); test part: test (1 image)"]


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


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("PNG", "a.txt"), ("PNG", "a"), ("JPEG", "a.png"), ("JPEG", "a.jpg_large"), ("GIF", "a.dat"), ("BMP", "a.x"),
        ("WEBP", "a.jpg"), ("WEBP", "a.image"), ("PPM", "a.x"), ("AVIF", "a.jpg"), ("AVIF", "a.x"), ("TIFF", "a"),
        ("TIFF", "a.png"), ("JPEG2000", "a.x"),
    ],
)  # fmt: skip
def test_files_are_read_by_their_content(tmp_path, recorder, kind, name):
    Image.new("RGB", (8, 6), (9, 9, 9)).save(tmp_path / name, kind)
    assert read_image_folder(str(tmp_path), observer=recorder).train.shape == (1, 6, 8, 1)
    is_named = name.endswith((".png", ".jpg"))
    expected = [] if is_named else [f"read files that are images by their content, not by their names (1): {name}"]
    assert recorder.notes == expected
    assert read_new_images(str(tmp_path / name), (6, 8, 3)).names == [name]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("JPEG", "b.jpg.bak"), ("JPEG", "b.jpg~"), ("PNG", "b.part"), ("TIFF", "b.dng"), (b"BMW is a maker of cars", "b"),
     (b"P5 and other chapters", "b.txt"), (b"", "b")],
)  # fmt: skip
def test_copies_raw_files_and_text_are_ignored(tmp_path, recorder, kind, name):
    save_image(tmp_path / "a.png")
    if isinstance(kind, bytes):
        (tmp_path / name).write_bytes(kind)
    else:
        Image.new("RGB", (8, 6)).save(tmp_path / name, kind)
    assert read_image_folder(str(tmp_path), observer=recorder).paths == ["a.png"]
    (note,) = recorder.notes
    assert note.startswith("ignored 1 file that is not an image: ")


def test_several_pages_and_unreadable_heic_are_noted(tmp_path, recorder):
    page = Image.new("L", (8, 6), 3)
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page])
    save_image(tmp_path / "b.png")
    (tmp_path / "c.heic").write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    source = read_image_folder(str(tmp_path), observer=recorder)
    assert source.paths == ["a.tif", "b.png"]
    assert any("first page or frame of files with several (1) is read; data=image_folder" in n for n in recorder.notes)
    assert "c.heic (HEIC needs the package pillow-heif" in source.note


def test_all_pages_of_a_file_are_images_with_its_label_and_part(tmp_path, recorder):
    shades = {"train/cat/a.tif": [10, 20, 30], "train/dog/b.png": [40], "test/dog/c.gif": [200, 250]}
    for name, values in shades.items():
        pages = [Image.new("L", (4, 4), shade) for shade in values]
        (tmp_path / name).parent.mkdir(parents=True)
        pages[0].save(tmp_path / name, **({"save_all": True, "append_images": pages[1:]} if len(pages) > 1 else {}))
    source = read_image_folder(str(tmp_path), labels_from="folder", pages="all", observer=recorder)
    assert source.train[:, 0, 0, 0].tolist() == [10, 20, 30, 40]
    assert source.test[:, 0, 0, 0].tolist() == [200, 250]
    assert source.paths == ["train/cat/a.tif#1", "train/cat/a.tif#2", "train/cat/a.tif#3", "train/dog/b.png"]
    assert source.test_paths == ["test/dog/c.gif#1", "test/dog/c.gif#2"]
    assert [source.names[label] for label in source.train_labels] == ["cat", "cat", "cat", "dog"]
    assert not any("first page" in note for note in recorder.notes)
