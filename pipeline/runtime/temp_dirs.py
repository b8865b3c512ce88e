"""The temporary files of a job: all in one folder, so that those of killed jobs can be recognised and removed."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from pipeline.runtime import processes

PREFIX = "latent-clustering-"

_cache_dirs: list[Path] = []
"""The folder that this process made for the caches of libraries, if it needs one."""


@contextmanager
def job_temp_dir() -> Iterator[Path]:
    """Make `tempfile` use a folder of this process, removed at the end; also remove the folders of dead processes."""
    before, parent = tempfile.tempdir, Path(tempfile.gettempdir())
    for folder in parent.glob(f"{PREFIX}*"):
        if processes.has_exited(_process(folder)):
            shutil.rmtree(folder, ignore_errors=True)
    temp_dir = _make_dir()
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
    for folder in _cache_dirs:
        shutil.rmtree(folder, ignore_errors=True)


def provide_cache_dirs() -> None:
    """Give Matplotlib and Numba a folder of this process if the home folder cannot be written.

    Matplotlib would make a folder in that of the first job and miss it after the job. Numba would refuse to import
    UMAP if the installed packages cannot be written either, as in a container that runs as a foreign user.
    """
    if _is_home_writable():
        return
    missing = [name for name in ("MPLCONFIGDIR", "NUMBA_CACHE_DIR") if name not in os.environ]
    if "NUMBA_CACHE_DIR" in missing and _are_packages_writable():
        missing.remove("NUMBA_CACHE_DIR")
    if missing:
        folder = Path(_make_dir())
        _cache_dirs.append(folder)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ |= {name: str(folder / name.lower()) for name in missing}


def _is_home_writable() -> bool:
    """Whether libraries can write below the home folder; creates the folders that Matplotlib would create."""
    xdg = [os.environ.get("XDG_CONFIG_HOME") or "~/.config", os.environ.get("XDG_CACHE_HOME") or "~/.cache"]
    folders = xdg if sys.platform.startswith(("linux", "freebsd")) else ["~"]
    # Path.expanduser raises an error for a user without a home folder.
    return all(_is_writable(Path(os.path.expanduser(folder))) for folder in folders)  # noqa: PTH111


def _are_packages_writable() -> bool:
    """Whether Numba can write beside the source of UMAP."""
    package = find_spec("umap")
    return package is not None and all(os.access(path, os.W_OK) for path in package.submodule_search_locations or ())


def _is_writable(folder: Path) -> bool:
    """Whether an absolute folder exists or can be created, and can be written."""
    try:
        if folder.is_absolute():
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return folder.is_absolute() and os.access(folder, os.W_OK)


def _make_dir() -> str:
    return tempfile.mkdtemp(prefix=f"{PREFIX}{processes.process_tag()}-")


def _process(folder: Path) -> str:
    return folder.name.removeprefix(PREFIX).rpartition("-")[0]
