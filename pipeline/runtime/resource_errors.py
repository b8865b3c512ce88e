"""One-line messages for a full disk, an unwritable folder, too little memory, and a lost tracking server.

Stored results stay intact: a result counts only once it is complete, so the same command resumes after the last one.
"""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pipeline.runtime.server_errors import RESUME, explain_server_error

DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
NOT_WRITABLE = READ_ONLY | {errno.ENOTDIR, errno.EEXIST, errno.EFBIG, errno.EIO}
LITTLE_SPACE = 16
"""MiB; with less free space, a short write is explained by a full disk."""

DATABASE = "mlflow.db"
OTHER_FOLDER = "give output_dir=FOLDER, or set PIPELINE_OUTPUTS, to a folder that can be written"
MEMORY_KEYS = {
    "data": "data.image_size or data.train_size",
    "train": "train.batch_size or data.train_size",
    "refine": "refine.batch_size or data.train_size",
    "baselines": "baselines.sample",
    "evaluate": "evaluate.silhouette_sample or evaluate.trustworthiness_sample",
}
"""The keys to lower if a stage runs out of memory; for all other stages the number of images."""


def explain_resource_error(chain: Sequence[BaseException], outputs: Path | None = None) -> str | None:
    """Return one line for an error and its causes, outermost first; None if the machine is not the cause."""
    if message := explain_server_error(chain):
        return message
    for error in chain:
        if is_out_of_memory([error]):
            return _memory_message(chain)
        if isinstance(error, RuntimeError) and str(error) == "Could not determine home directory.":
            return "~: the home folder of this user is unknown; give a path without ~, or set HOME"
        if isinstance(error, RuntimeError) and 'Could not detect "srun"' in str(error):
            return "hydra/launcher = slurm: srun is not found; start the sweep on a machine of the Slurm cluster"
        if isinstance(error, OSError | sqlite3.OperationalError) and (message := _disk_message(error, outputs)):
            return message
    return None


def is_resource_error(error: BaseException) -> bool:
    """Return whether the machine is the cause of an error."""
    return explain_resource_error(exception_chain(error)) is not None


def exception_chain(error: BaseException) -> list[BaseException]:
    """Return the error, its cause, the cause of that, and so on."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def is_out_of_memory(chain: Sequence[BaseException]) -> bool:
    """Return whether Python, TensorFlow, the loader of a library, or a new thread was refused memory."""
    return any(_is_memory_error(error) for error in chain)


def _is_memory_error(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in ("ResourceExhaustedError", "TerminatedWorkerError"):
        return True
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error) and "not permitted" not in str(error)
    if isinstance(error, RuntimeError):
        return "can't start new thread" in str(error) or "out of memory" in str(error).lower()
    return isinstance(error, OSError) and error.errno == errno.ENOMEM


def _memory_message(chain: Sequence[BaseException]) -> str:
    if any(type(error).__name__ == "TerminatedWorkerError" for error in chain):
        return f"hydra.launcher.n_jobs: a job was killed, most likely for lack of memory; lower it: {RESUME}"
    notes = [note for error in chain for note in getattr(error, "__notes__", ())]
    stage = next((note.removeprefix("in stage ") for note in notes if note.startswith("in stage ")), "")
    where = f" in stage {stage}" if stage else ""
    return f"out of memory{where}; lower {MEMORY_KEYS.get(stage, 'data.train_size')}, or provide more memory: {RESUME}"


def _disk_message(error: OSError | sqlite3.OperationalError, outputs: Path | None) -> str | None:
    """The message for a full disk or a folder that cannot be written; errors of SQLite name no file."""
    if isinstance(error, OSError):
        is_full, is_refused = error.errno in DISK_FULL, error.errno in NOT_WRITABLE
        file = error.filename2 or error.filename
        if re.fullmatch(r"\d+ requested and \d+ written", str(error)):  # a short write of NumPy, without an errno
            is_full = _free_mib(_fullest_folder(outputs)) < LITTLE_SPACE
            is_refused = not is_full
    else:
        name, file = str(getattr(error, "sqlite_errorname", "")), None
        is_full = name == "SQLITE_FULL"
        is_refused = name.startswith(("SQLITE_READONLY", "SQLITE_IOERR")) or name == "SQLITE_CANTOPEN"
    if not is_full and not is_refused:
        return None
    path = Path(str(file)) if file else _fullest_folder(outputs) if is_full else outputs or Path("output_dir")
    if is_full:
        return f"{path}: the disk is full ({_free_mib(path)} MiB free); free some space, or {OTHER_FOLDER}: {RESUME}"
    reason = getattr(error, "strerror", None) or str(error)
    if file and outputs is not None and not _is_written(Path(str(file)), outputs):
        return f"{path}: cannot be read or written ({reason})"
    is_read_only = getattr(error, "errno", None) in READ_ONLY or isinstance(error, sqlite3.OperationalError)
    return f"{path}: cannot be written ({reason}); {OTHER_FOLDER}{_copy_advice(path) if is_read_only else ''}"


def _is_written(file: Path, outputs: Path) -> bool:
    """Whether a file is where this program writes: in the folder of the results, or in a temporary one."""
    folders = (outputs.absolute(), Path(tempfile.gettempdir()).absolute())
    return any(file.absolute().is_relative_to(folder) for folder in folders)


def _copy_advice(path: Path) -> str:
    """What to do with the results in a folder that cannot be written."""
    folder = next((parent for parent in (path, *path.absolute().parents) if (parent / DATABASE).is_file()), None)
    return f"; the results in {folder} are reused in a writable copy of it" if folder else ""


def _fullest_folder(outputs: Path | None) -> Path:
    """The folder with the least free space among those that a run writes to."""
    return min([Path(tempfile.gettempdir()), *([outputs] if outputs else [])], key=_free_mib)


def _free_mib(path: Path) -> int:
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return int(shutil.disk_usage(existing).free / 2**20)
