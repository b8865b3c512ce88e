"""What a person sees while the pipeline runs, and the table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from pipeline.observer import Observer

Log = Callable[[Mapping[str, float], int], None]


class StageObserver(Observer):
    """Moves a bar on a terminal, prints a line a measured step elsewhere, and passes measurements on."""

    def __init__(
        self, name: str, terminal: Terminal, bar: Progress | None, log: Log, scratch: Path | None = None
    ) -> None:
        self.name, self.terminal, self.bar, self.log, self.scratch = name, terminal, bar, log, scratch
        self.notes: list[str] = []
        self.tables: dict[str, list[dict[str, object]]] = {}
        self.task: TaskID | None = bar.add_task(name, total=None, detail="") if bar else None

    def progress(self, done: float, total: float, unit: str = "") -> None:
        """Move the bar."""
        if self.bar is not None and self.task is not None:
            shown = f"{done:,.0f}/{total:,.0f} {unit}"
            self.bar.update(self.task, completed=done, total=total, detail=shown)

    def measured(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the metrics; where there is no bar say them in a line."""
        self.log({f"{self.name}/{key}": value for key, value in metrics.items()}, step)
        shown = "  ".join(f"{key} {value:.4f}" for key, value in metrics.items())
        if self.bar is None:
            self.terminal.print(f"  {self.name} {step}: {shown}", highlight=False)
        elif self.bar is not None and self.task is not None:
            self.bar.update(self.task, description=f"{self.name} [dim]{shown}[/dim]")

    def table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Print and keep a table."""
        self.tables[title] = [dict(row) for row in rows]
        shown = Table(title=title, title_justify="left")
        for key, value in rows[0].items():
            shown.add_column(key.replace("_", " "), justify="right" if isinstance(value, int) else "left")
        for row in rows:
            shown.add_row(*("" if value is None else str(value) for value in row.values()))
        (self.bar.console if self.bar else self.terminal).print(shown)

    def note(self, message: str) -> None:
        """Print and keep a note."""
        self.notes.append(message)
        (self.bar.console if self.bar else self.terminal).print(f"  note: {message}", style="yellow", highlight=False)


class Console:
    """The terminal: a line a stage, a bar while it runs, tables at the end."""

    def __init__(self, terminal: Terminal | None = None) -> None:
        self.terminal = terminal or Terminal(soft_wrap=True)

    def say(self, message: str, style: str = "") -> None:
        """Print one line."""
        self.terminal.print(message, style=style, highlight=False)

    @contextmanager
    def stage(self, name: str, log: Log, scratch: Path | None = None) -> Iterator[StageObserver]:
        """Observe one stage, with a bar and the elapsed time where the output is a terminal."""
        if not self.terminal.is_terminal:
            self.say(f"  {name} …")
            yield StageObserver(name, self.terminal, None, log, scratch)
            return
        columns = (
            SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(), TextColumn("{task.fields[detail]}"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self.terminal, transient=True) as bar:
            yield StageObserver(name, self.terminal, bar, log, scratch)

    def stage_done(self, name: str, seconds: float, reused: bool, peak_mib: float) -> None:
        """Say what became of a stage."""
        if reused:
            self.say(f"[green]✓[/green] {name:<10} [dim]reused[/dim]")
        else:
            self.say(f"[green]✓[/green] {name:<10} {seconds:7.1f} s  [dim]{peak_mib:,.0f} MiB at its peak[/dim]")

    def scores(self, values: Mapping[str, float]) -> None:
        """Print train and test scores side by side, k and coverage among them."""
        names = [name.removeprefix("train/") for name in values if name.startswith("train/")]
        if not names:
            return
        table = Table(title=f"Scores, k = {values.get('k', 0):.0f}", title_justify="left")
        table.add_column("score")
        for column in ("train (fitted)", "test (held out)"):
            table.add_column(column, justify="right")
        for name in names:
            cells = [values.get(f"{part}/{name}") for part in ("train", "test")]
            table.add_row(name, *("–" if cell is None else number(cell) for cell in cells))
        for name in ("map/trustworthiness", "map/neighbors_kept", "reconstruction/test_mse"):
            if name in values:
                table.add_row(name, number(values[name]), "")
        self.terminal.print(table)


def number(value: float) -> str:
    """Format a score: four digits after the point, whole numbers and large ones without."""
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1000 else f"{value:.4f}"
