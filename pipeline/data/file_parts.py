"""The parts of a data set that consists of several tables, by the names of their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.data.folder_layout import held_out_split, split_of
from pipeline.runtime.counts import count_words
from pipeline.runtime.observer import Observer


def find_test_files(names: Sequence[str], observer: Observer) -> list[bool]:
    """Return whether each file is in the test part, by the words train, test and val in its name, or else its folders'.

    Names are paths with `/`. A note says which part each kind of file is in, if there are two parts.
    """
    parts = [Path(name).parts for name in names]
    words = [[Path(name).stem, *reversed(folders[:-1])] for name, folders in zip(names, parts, strict=True)]
    splits = [next(filter(None, map(split_of, name)), "train") for name in words]
    held_out = held_out_split(splits)
    is_test = [split == held_out for split in splits]
    if all(is_test):  # without another part, only this name means a test part
        is_test = [folders[-1].startswith("test") for folders in parts]
    if len(set(is_test)) == 2:
        train, test = (
            [name for name, flag in zip(names, is_test, strict=True) if flag == part] for part in (False, True)
        )
        observer.note(
            f"parts by file names: train part: {count_words(len(train), 'file', 'files')} such as {train[0]}; "
            f"test part: {count_words(len(test), 'file', 'files')} such as {test[0]}"
        )
    return is_test
