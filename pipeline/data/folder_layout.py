"""The layout of a folder of images: folders that wrap all others, folders of parts, and folders that are labels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from pipeline.runtime.counts import count_words

SPLIT_WORDS = {
    "train": "train", "training": "train", "test": "test", "testing": "test",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
}  # fmt: skip
"""Words in the names of folders and files of a part, and the part."""


def split_of(name: str) -> str | None:
    """Return train, test or val if the words of a name, such as `Test` or `seg_train`, name exactly one, else None."""
    splits = {SPLIT_WORDS[word] for word in re.split(r"[^a-z]+", name.lower()) if word in SPLIT_WORDS}
    return splits.pop() if len(splits) == 1 else None


def held_out_split(splits: Collection[str | None]) -> str | None:
    """Return the split that is the test part: test, or val if there is train but no test; else None."""
    if "test" in splits:
        return "test"
    return "val" if {"val", "train"} <= set(splits) else None


@dataclass(frozen=True)
class FolderLayout:
    """What the folders of each file mean: whether it is in the test part, and at which depth its label is.

    `label_depth` counts folders from 1. `notes` say what was taken as parts, `label_notes` what was taken as labels.
    """

    is_test: list[bool]
    label_depth: int
    notes: list[str]
    label_notes: list[str]

    def label(self, file: PurePath) -> str | None:
        """Return the folder that labels a file, None if it lies above that depth."""
        folders = file.parts[:-1]
        return folders[self.label_depth - 1] if len(folders) >= self.label_depth else None


def read_layout(files: Sequence[PurePath], label_depth: int | None = None) -> FolderLayout:
    """Return the layout of image files by their relative paths.

    Folders are read from the top. A folder that all images share is a wrapper if it has sub-folders with images or is
    named after a part. If all folders of a level are named after parts, train and another one, they are the parts;
    images beside them are in the train part. Val is the test part if there is no test, else it is in the train part. A
    folder that wraps all images of each part is skipped, too. The next folder is the label. Parts may also lie below
    the labels (`cat/train/1.png`), if every image is in one.

    `label_depth` sets the depth of the labels; only folders above it, or all of the level below it, are parts.
    """
    last = None if label_depth is None else label_depth - 1
    depth = _skip_wrappers(files, 0, last)
    outer = {} if last is not None and depth >= last else _find_parts(files, depth)
    inner = {} if outer else _find_inner_parts(files, depth, last)
    is_test, notes, label_notes = [False] * len(files), list[str](), list[str]()
    parts, level = (inner, depth + 1) if inner else (outer, depth)
    if parts:
        held_out = held_out_split(parts.values())
        is_test = [parts.get(_folder(file, level) or "") == held_out for file in files]
        notes.append(_describe_parts(files, parts, level, held_out))
    elif label_depth is None:
        label_notes += _describe_ambiguous(files, depth)
    if outer:
        depth = _skip_part_wrappers(files, outer, depth + 1, last)
    if label_depth is None and (depth or inner):
        label_notes += _describe_labels(files, depth + 1)
    return FolderLayout(is_test, label_depth or depth + 1, notes, label_notes)


def _folder(file: PurePath, depth: int) -> str | None:
    """The folder at a depth that counts from 0."""
    return file.parts[depth] if len(file.parts) > depth + 1 else None


def _skip_wrappers(files: Sequence[PurePath], depth: int, last: int | None) -> int:
    """The first depth, at most `last`, at which the images do not share one wrapper."""
    while last is None or depth < last:
        folders = {_folder(file, depth) for file in files}
        name = next(iter(folders))
        is_deeper = any(_folder(file, depth + 1) for file in files)
        if len(folders) != 1 or name is None or not (is_deeper or split_of(name)):
            break
        depth += 1
    return depth


def _find_parts(files: Sequence[PurePath], depth: int) -> dict[str, str]:
    """The part of each folder of a level; empty if the folders are no parts."""
    folders = {_folder(file, depth) for file in files} - {None}
    parts = {folder: split_of(folder) for folder in folders if folder is not None}
    splits = set(parts.values())
    if None in splits or "train" not in splits or len(splits) < 2:
        return {}
    return {folder: split for folder, split in parts.items() if split is not None}


def _find_inner_parts(files: Sequence[PurePath], depth: int, last: int | None) -> dict[str, str]:
    """The part of each folder of the level below the labels, if every image is in one; else empty."""
    if last not in (None, depth) or any(_folder(file, depth + 1) is None for file in files):
        return {}
    return _find_parts(files, depth + 1)


def _skip_part_wrappers(files: Sequence[PurePath], parts: dict[str, str], depth: int, last: int | None) -> int:
    """The first depth, at most `last`, at which some part has no wrapper of a common name or of the part's name."""
    top = depth - 1
    members = [file for file in files if _folder(file, top)]
    while last is None or depth < last:
        folders = {(parts[file.parts[top]], _folder(file, depth)) for file in members}
        names = {name for _, name in folders}
        is_common = len(names) == 1 or all(name and split_of(name) == part for part, name in folders)
        if None in names or not is_common or not any(_folder(file, depth + 1) for file in members):
            break
        depth += 1
    return depth


def _describe_parts(files: Sequence[PurePath], parts: dict[str, str], depth: int, held_out: str | None) -> str:
    counts = Counter(_folder(file, depth) for file in files)

    def names(is_held_out: bool) -> str:
        folders = [folder for folder, split in parts.items() if (split == held_out) == is_held_out]
        return ", ".join(f"{folder} ({count_words(counts[folder], 'image', 'images')})" for folder in sorted(folders))

    beside = count_words(counts[None], "image beside these folders is", "images beside these folders are")
    loose = f"; {beside} in the train part" if counts[None] else ""
    return f"parts by folders: train part: {names(False)}; test part: {names(True)}{loose}"


def _describe_ambiguous(files: Sequence[PurePath], depth: int) -> list[str]:
    """A note if folders that are named after parts are labels."""
    folders = sorted({folder for file in files if (folder := _folder(file, depth))})
    splits = [folder for folder in folders if split_of(folder)]
    if not splits:
        return []
    others = [folder for folder in folders if folder not in splits]
    reason = f"{', '.join(others[:5])} lies beside" if others else "train and another part are needed"
    return [f"folders {', '.join(splits)} are labels, not parts: {reason}; data.label_depth sets the depth of labels"]


def _describe_labels(files: Sequence[PurePath], depth: int) -> list[str]:
    """A note on the depth of the labels with an example."""
    example = next((file for file in files if _folder(file, depth - 1)), None)
    if example is None:
        return []
    return [
        f"labels are the folders at depth {depth}, such as {example.parts[depth - 1]} in {example.as_posix()}; "
        "data.label_depth sets another depth"
    ]
