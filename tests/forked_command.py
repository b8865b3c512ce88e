"""Run the command line in a fork of a process that has imported the libraries: half of a small run is their import."""

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline import __main__ as command

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.imported_libraries"])


def run_forked(
    words: tuple[str, ...], variables: Mapping[str, str], folder: Path, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `python -m pipeline` with these words and variables in a folder.

    The interpreter has started and has imported the libraries: what they read then is that of the first call. A sweep
    of a parallel launcher does not end in such a process.
    """
    with tempfile.TemporaryDirectory() as temporary:
        streams = [Path(temporary) / name for name in ("stdout", "stderr")]
        process = SERVER.Process(target=_run_command, args=(words, dict(variables), folder, *streams))
        with _environment(variables):
            process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(words, timeout)
        output, errors = (stream.read_text() if stream.exists() else "" for stream in streams)
        return subprocess.CompletedProcess(words, process.exitcode, output, errors)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The environment in which the first call starts the server."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    yield
    os.environ.clear()
    os.environ.update(before)


def _run_command(words: tuple[str, ...], variables: dict[str, str], folder: Path, output: Path, errors: Path) -> None:
    """Be the command: its folder, variables, arguments and streams."""
    os.chdir(folder)
    os.environ |= variables
    for number, stream in enumerate((output, errors), 1):
        os.dup2(os.open(stream, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = [str(command.__file__), *words]
    tempfile.tempdir = None
    command.main()
