"""Ctrl-C, or a request to end: mark the open runs, say how to go on, and end, whatever the process is at.

Native code may keep Python's main thread from its signal handlers for minutes, and an exception raised there comes out
anywhere. So another thread hears of the signals, and ends the process from there.
That is safe because a result counts only once it is whole, as after a power cut.
"""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading

import psutil

from pipeline.paths import python

PATIENCE = 4.0
"""Seconds that a tracking store has to answer; runs that stay unmarked are marked when they are next seen."""

_under_way = threading.Event()
_watching = False


def watch() -> None:
    """End this process well when it is interrupted from now on; for the main thread, before others are started."""
    global _watching  # a process has one answer to its signals
    _watching = True
    # Who starts a program in the background may have told it to ignore Ctrl-C.
    wanted = [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) != signal.SIG_IGN]
    # A signal's number arrives here at once, also while the main thread is too busy to call its handler. Blocking the
    # signals would be simpler, but whoever starts processes by multiprocessing unblocks them.
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    for one in wanted:
        signal.signal(one, lambda number, frame: None)  # noqa: ARG005
    # Standard error goes elsewhere while native libraries are muted.
    terminal = os.dup(sys.stderr.fileno())
    threading.Thread(target=_wait, args=(heard, set(wanted), terminal), name="interruption", daemon=True).start()


def leave_to_parent() -> None:
    """In a worker of a parallel launcher: whoever started it hears the same Ctrl-C, and ends it."""
    if not _watching and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def hold() -> None:
    """Wait for the end if there is an interruption under way, so that nothing that fails on the way ends it first."""
    if _under_way.is_set():
        threading.Event().wait()


def message(words: list[str]) -> str:
    """The line that says what is kept, and what to type to go on."""
    command = shlex.join([python(), "-m", "pipeline", *words])
    return f"interrupted; finished stages and epochs are kept, the same command again goes on from there: {command}"


def _wait(heard: int, wanted: set[int], terminal: int) -> None:
    while (number := os.read(heard, 1)[0]) not in wanted:
        pass
    _under_way.set()
    _silence()
    last = threading.Thread(target=_last_acts, daemon=True)
    last.start()
    last.join(PATIENCE)
    cursor = "\r\x1b[K\x1b[?25h" if os.isatty(terminal) else ""  # a progress bar hides it
    os.write(terminal, f"{cursor}{message(sys.argv[1:])}\n".encode())
    os._exit(128 + number)


def _silence() -> None:
    """Send what else is still said to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _last_acts() -> None:
    from pipeline.temporary import remove_own
    from pipeline.tracking import end_all

    children = psutil.Process().children(recursive=True)  # the workers of a parallel launcher
    for child in children:
        child.kill()
    psutil.wait_procs(children, timeout=0.3)
    end_all()
    remove_own()
