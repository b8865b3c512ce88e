"""Temporary files of a job, all in one folder, so that those of a killed one can be told and removed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline import processes

PREFIX = "latent-clustering-"


@contextmanager
def own_folder() -> Iterator[Path]:
    """Let `tempfile` work in a folder of this process, removed at the end; remove those of processes that are gone."""
    before, parent = tempfile.tempdir, Path(tempfile.gettempdir())
    for left in parent.glob(f"{PREFIX}*"):
        if processes.gone(_process(left)):
            shutil.rmtree(left, ignore_errors=True)
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{processes.own()}-")
    tempfile.tempdir = folder
    try:
        yield Path(folder)
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def remove_own() -> None:
    """Remove the folder of this process at once, for one that will not come to the end of `own_folder`."""
    if tempfile.tempdir and Path(tempfile.tempdir).name.startswith(PREFIX):
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)


def _process(folder: Path) -> str:
    return folder.name.removeprefix(PREFIX).rpartition("-")[0]
