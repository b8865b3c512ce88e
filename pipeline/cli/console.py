"""The terminal output of a run: a line and a progress bar for each stage, and tables at the end."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console as RichConsole
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipeline.runtime.observer import Log, RunObserver, StageObserver
from pipeline.runtime.visible_text import make_visible, make_visible_line


class TerminalObserver(StageObserver):
    """Moves a progress bar on a terminal, prints a line for each step elsewhere, and logs the metrics."""

    def __init__(
        self, name: str, terminal: RichConsole, bar: Progress | None, log: Log, scratch: Path | None = None
    ) -> None:
        super().__init__(scratch)
        self.name, self.terminal, self.bar, self.log = name, terminal, bar, log
        self.task: TaskID | None = bar.add_task(name, total=None, detail="", metrics="") if bar else None

    def progress(self, done: float, total: float, unit: str = "") -> None:
        """Move the bar."""
        if self.bar is not None and self.task is not None:
            detail = make_visible_line(f"{done:,.0f}/{total:,.0f} {unit}")
            self.bar.update(self.task, completed=done, total=total, detail=detail)

    def report_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the metrics and show them."""
        self.log({f"{self.name}/{key}": value for key, value in metrics.items()}, step)
        self.show_metrics(step, metrics)

    def show_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Show the metrics beside the bar; print them if there is none."""
        text = make_visible_line("  ".join(f"{key} {value:.4f}" for key, value in metrics.items()))
        if self.bar is None:
            self.terminal.print(plain_text(f"  {self.name} {step}: {text}"))
        elif self.task is not None:
            self.bar.update(self.task, metrics=text)

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Print and keep a table."""
        super().table(title, rows)
        table = Table(title=plain_text(title, "table.title"), title_justify="left")
        for key, value in rows[0].items():
            table.add_column(plain_text(key.replace("_", " ")), justify="right" if isinstance(value, int) else "left")
        for row in rows:
            table.add_row(*(plain_text("" if value is None else str(value)) for value in row.values()))
        self._console.print(table)

    def message(self, text: str) -> None:
        """Print one line."""
        self._console.print(plain_text(f"  {text}"))

    def note(self, message: str) -> None:
        """Print and keep a note."""
        super().note(message)
        self._console.print(plain_text(f"  note: {message}", "yellow"))

    @property
    def _console(self) -> RichConsole:
        """The console to print on while a bar may be drawn."""
        return self.bar.console if self.bar else self.terminal


class Console(RunObserver):
    """Prints the events of a run on a terminal.

    All text is printed as it is: brackets and colons in a path are neither Rich markup nor emoji codes, and control
    characters have no effect on the terminal. A line break in a name begins no line.
    """

    def __init__(self, terminal: RichConsole | None = None) -> None:
        self.terminal = terminal or RichConsole(soft_wrap=True)

    def message(self, text: str) -> None:
        """Print one line."""
        self.terminal.print(plain_text(text))

    def warning(self, text: str) -> None:
        """Print one yellow line."""
        self.terminal.print(plain_text(text, "yellow"))

    def error(self, text: str) -> None:
        """Print an error in red; that of a configuration may have several lines."""
        self.terminal.print(Text(make_visible(text), "red"))

    @contextmanager
    def stage(self, name: str, log: Log, scratch: Path | None = None) -> Iterator[StageObserver]:
        """Observe a stage, with a bar and the elapsed time if the output is a terminal."""
        if not self.terminal.is_terminal:
            self.message(f"  {name} …")
            yield TerminalObserver(name, self.terminal, None, log, scratch)
            return
        spinner = "line" if self.terminal.options.ascii_only else "dots"
        columns = (
            SpinnerColumn(spinner), TextColumn("{task.description:<10}", markup=False),
            TextColumn("{task.fields[metrics]}", style="dim", markup=False), BarColumn(),
            TextColumn("{task.fields[detail]}", markup=False), TimeElapsedColumn(), TextColumn("left"),
            TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self.terminal, transient=True) as bar:
            yield TerminalObserver(name, self.terminal, bar, log, scratch)

    def stage_finished(self, name: str, seconds: float, reused: bool, peak_mib: float) -> None:
        """Print a stage's time and peak memory, or that it is reused."""
        time = "" if reused else f"{seconds:7.1f} s  "
        detail = "reused" if reused else f"peak memory {peak_mib:,.0f} MiB"
        self.terminal.print(Text.assemble(("✓", "green"), f" {name:<10} {time}", (detail, "dim")))

    def scores(self, values: Mapping[str, float]) -> None:
        """Print the scores of the fitted and the held-out images side by side."""
        names = [name.removeprefix("train/") for name in values if name.startswith("train/")]
        if not names:
            return
        table = Table(title=f"Scores, k = {values.get('k', 0):.0f}", title_justify="left")
        table.add_column("score")
        for column in ("train (fitted)", "test (held out)"):
            table.add_column(column, justify="right")
        for name in names:
            cells = [values.get(f"{part}/{name}") for part in ("train", "test")]
            table.add_row(name, *("–" if cell is None else format_score(cell) for cell in cells))
        for name in ("map/trustworthiness", "map/neighbors_kept", "reconstruction/test_mse"):
            if name in values:
                table.add_row(name, format_score(values[name]), "")
        self.terminal.print(table)


def plain_text(text: str, style: str = "") -> Text:
    """Return one line that is printed as it is: without markup, and with control characters as escapes."""
    return Text(make_visible_line(text), style)


def format_score(value: float) -> str:
    """Return a score with four decimals; whole and large numbers without any."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.4f}"
