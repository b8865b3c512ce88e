"""Ctrl-C and requests to terminate: mark the open runs, print how to resume, and exit, whatever the process is doing.

Native code may keep Python's main thread from its signal handlers for minutes, and an exception raised in a handler
may surface anywhere. Therefore another thread receives the signals and ends the process. That is safe because a result
counts only once it is complete, as after a power failure.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from contextlib import suppress

import psutil

from pipeline.runtime.paths import python_command

STORE_TIMEOUT = 4.0
"""Seconds that the tracking store has to answer; the next run marks the runs that stay unmarked."""

_interrupted = threading.Event()
_is_handling = False


def handle_interrupts() -> None:
    """End this process cleanly when it is interrupted; call this in the main thread before others start."""
    global _is_handling  # signals are handled for the whole process
    _is_handling = True
    # A program started in the background may have been told to ignore Ctrl-C.
    handled = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]
    # The number of a signal arrives in this pipe at once, even while the main thread is too busy to call its handler.
    # Blocking the signals would be simpler, but multiprocessing unblocks them in the processes it starts.
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in handled:
        signal.signal(number, lambda number, frame: None)  # noqa: ARG005
    # Standard error is redirected while native libraries are muted.
    terminal = os.dup(sys.stderr.fileno())
    arguments = (read_end, set(handled), terminal)
    threading.Thread(target=_wait_for_signal, args=arguments, name="signals", daemon=True).start()


def ignore_interrupts() -> None:
    """Ignore Ctrl-C in a worker of a parallel launcher: its parent receives it too, and ends the worker."""
    if not _is_handling and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def wait_for_exit() -> None:
    """Wait for the end of an interrupted process, so that no error on the way ends it first."""
    if _interrupted.is_set():
        threading.Event().wait()


def resume_message(arguments: list[str]) -> str:
    """Return the message of an interrupted run: what is stored, and the command that resumes it."""
    command = shlex.join([python_command(), "-m", "pipeline", *arguments])
    return f"interrupted; finished stages and epochs are kept; run the same command to resume: {command}"


def _wait_for_signal(read_end: int, handled: set[int], terminal: int) -> None:
    while (number := os.read(read_end, 1)[0]) not in handled:
        pass
    _interrupted.set()
    _silence_output()
    cleanup = threading.Thread(target=_clean_up, daemon=True)
    cleanup.start()
    cleanup.join(STORE_TIMEOUT)
    cursor = "\r\x1b[K\x1b[?25h" if os.isatty(terminal) else ""  # a progress bar hides the cursor
    with suppress(OSError):  # the terminal, or the reader of a pipe, may have ended first
        os.write(terminal, f"{cursor}{resume_message(sys.argv[1:])}\n".encode())
    os._exit(128 + number)


def _silence_output() -> None:
    """Discard what other threads still print."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)


def _clean_up() -> None:
    from pipeline.runtime.temp_dirs import remove_job_temp_dir
    from pipeline.tracking import kill_open_runs

    workers = psutil.Process().children(recursive=True)  # of a parallel launcher
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers, timeout=0.3)
    kill_open_runs()
    remove_job_temp_dir()
