"""The output of jobs that run at the same time: each line names its job."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console as RichConsole

from pipeline.cli.console import Console, TerminalObserver
from pipeline.runtime.observer import Log, StageObserver


class JobConsole(Console):
    """Prints the events of one of several jobs that share a terminal.

    There are no bars, no lines for epochs and no tables, which would mix: the sweep prints a table at its end.
    """

    def __init__(self, prefix: str, stream: TextIO | None = None) -> None:
        lines: Any = _PrefixedLines(prefix, stream or sys.stdout)
        super().__init__(RichConsole(file=lines, soft_wrap=True))

    @contextmanager
    def stage(self, name: str, log: Log, scratch: Path | None = None) -> Iterator[StageObserver]:
        """Observe a stage; only its notes, messages and end are printed."""
        yield _JobObserver(name, self.terminal, None, log, scratch)

    def stage_finished(self, name: str, seconds: float, reused: bool, peak_mib: float) -> None:
        """Print a stage that was computed."""
        if not reused:
            super().stage_finished(name, seconds, reused, peak_mib)

    def scores(self, values: Mapping[str, float]) -> None:
        """Print nothing."""


class _JobObserver(TerminalObserver):
    """Logs the metrics of a stage without a line for each step."""

    def show_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        pass


class _PrefixedLines(io.TextIOBase):
    """Writes whole lines to a stream, each after the prefix, so that lines of two processes do not mix."""

    def __init__(self, prefix: str, stream: TextIO) -> None:
        self._prefix, self._stream, self._rest = prefix, stream, ""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute of TextIOBase
        return self._stream.encoding

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        self._stream.write("".join(f"{self._prefix}{line}\n" for line in lines))
        self._stream.flush()
        return len(text)
