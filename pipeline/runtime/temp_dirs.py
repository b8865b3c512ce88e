"""The temporary files of a job: all in one folder, so that those of killed jobs can be recognised and removed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.runtime import processes

PREFIX = "latent-clustering-"


@contextmanager
def job_temp_dir() -> Iterator[Path]:
    """Make `tempfile` use a folder of this process, removed at the end; also remove the folders of dead processes."""
    before, parent = tempfile.tempdir, Path(tempfile.gettempdir())
    for folder in parent.glob(f"{PREFIX}*"):
        if processes.has_exited(_process(folder)):
            shutil.rmtree(folder, ignore_errors=True)
    temp_dir = tempfile.mkdtemp(prefix=f"{PREFIX}{processes.process_tag()}-")
    tempfile.tempdir = temp_dir
    try:
        yield Path(temp_dir)
    finally:
        tempfile.tempdir = before
        shutil.rmtree(temp_dir, ignore_errors=True)


def remove_job_temp_dir() -> None:
    """Remove the folder of this process at once; for a process that will not reach the end of `job_temp_dir`."""
    if tempfile.tempdir and Path(tempfile.tempdir).name.startswith(PREFIX):
        shutil.rmtree(tempfile.tempdir, ignore_errors=True)


def _process(folder: Path) -> str:
    return folder.name.removeprefix(PREFIX).rpartition("-")[0]
