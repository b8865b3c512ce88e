"""What the machine refuses, in one line: disk, folder, memory, server.

None of it harms what is there: a stage's result counts once it is whole, so the same command goes on from the last one.
"""

from __future__ import annotations

import errno
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT}
UNWRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.EFBIG, errno.EIO}
LITTLE = 16  # MiB
ELSEWHERE = "give output_dir=FOLDER, or set PIPELINE_OUTPUTS, to one that can be written"
KEPT = "finished stages are kept, and the same command goes on from them"
LESS = {
    "data": "data.image_size or data.train_size",
    "train": "train.batch_size or data.train_size",
    "refine": "refine.batch_size or data.train_size",
    "nulls": "nulls.sample",
    "evaluate": "evaluate.silhouette_sample or evaluate.trustworthiness_sample",
}
"""What to lower where memory does not suffice; for all other stages the number of images."""


def told(chain: Sequence[BaseException], outputs: Path | None = None) -> str | None:
    """Return that line for an error and its causes, outermost first; None if the machine is not to blame."""
    for error in chain:
        if lost(error):
            return f"tracking.uri: {_address(error)} does not answer ({_why(error)}); once it does: {KEPT}"
        if starved([error]):
            return _out_of_memory(chain)
        said = _disk(error, outputs) if isinstance(error, OSError | sqlite3.OperationalError) else None
        if said:
            return said
    return None


def refused(error: BaseException) -> bool:
    """Whether the machine is to blame for an error or one of its causes."""
    return told(causes(error)) is not None


def causes(error: BaseException) -> list[BaseException]:
    """The error, what it was raised from, and so on."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None and cause not in chain:
        chain.append(cause)
    return chain


def lost(error: BaseException) -> bool:
    """Whether a tracking server did not answer, after the few times that it was asked again."""
    if type(error).__name__ == "MlflowException":
        return re.match(r"API request to \S+ failed with (timeout )?exception ", str(error)) is not None
    return isinstance(error, OSError) and type(error).__module__ == "requests.exceptions" and _no_response(error)


def _no_response(error: BaseException) -> bool:
    return getattr(error, "response", None) is None


def _address(error: BaseException) -> str:
    """The server's address, as far as the error says it."""
    request = getattr(error, "request", None)
    found = re.search(r"https?://[^/\s'\"]+", f"{getattr(request, 'url', '')} {error}")
    return found.group() if found else "the tracking server"


def _why(error: BaseException) -> str:
    reasons = r"connection refused|timed out|too many \d+ error responses|name or service not known|connection reset"
    found = re.search(reasons, str(error), re.IGNORECASE)
    return found.group().lower() if found else type(error).__name__


def starved(chain: Sequence[BaseException]) -> bool:
    """Whether memory was refused: to Python, to TensorFlow, to the loader of a library, or to a new thread."""
    return any(_refused_memory(error) for error in chain)


def _refused_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in ("ResourceExhaustedError", "TerminatedWorkerError"):
        return True
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error) and "not permitted" not in str(error)
    if isinstance(error, RuntimeError):
        return "can't start new thread" in str(error) or "out of memory" in str(error).lower()
    return isinstance(error, OSError) and error.errno == errno.ENOMEM


def _out_of_memory(chain: Sequence[BaseException]) -> str:
    if any(type(error).__name__ == "TerminatedWorkerError" for error in chain):
        return f"hydra.launcher.n_jobs: a job was killed, most likely for want of memory; lower it: {KEPT}"
    notes = [note for error in chain for note in getattr(error, "__notes__", ())]
    stage = next((note.removeprefix("in stage ") for note in notes if note.startswith("in stage ")), None)
    where = f" in stage {stage}" if stage else ""
    return f"out of memory{where}; lower {LESS.get(stage or '', 'data.train_size')}, or give it more: {KEPT}"


def _disk(error: OSError | sqlite3.OperationalError, outputs: Path | None) -> str | None:
    """A disk that is full, or a place that cannot be written; SQLite names no file."""
    if isinstance(error, OSError):
        full, refused, file = error.errno in FULL, error.errno in UNWRITABLE, error.filename2 or error.filename
        if re.fullmatch(r"\d+ requested and \d+ written", str(error)):  # NumPy's words, without a number
            full = _free(_fullest(outputs)) < LITTLE
            refused = not full
    else:
        name = str(getattr(error, "sqlite_errorname", ""))
        full, refused, file = name == "SQLITE_FULL", name.startswith(("SQLITE_READONLY", "SQLITE_IOERR")), None
        refused = refused or name == "SQLITE_CANTOPEN"
    if not full and not refused:
        return None
    place = Path(str(file)) if file else _fullest(outputs) if full else outputs or Path("output_dir")
    if full:
        return f"{place}: the disk is full ({_free(place)} MiB free); free some space, or {ELSEWHERE}: {KEPT}"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{place}: cannot be written ({reason}); {ELSEWHERE}"


def _fullest(outputs: Path | None) -> Path:
    """The folder with the least space among those that a run writes to."""
    return min([Path(tempfile.gettempdir()), *([outputs] if outputs else [])], key=_free)


def _free(place: Path) -> int:
    there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    return int(shutil.disk_usage(there).free / 2**20)
