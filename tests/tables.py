"""Tables of text cells as Markdown, HTML and CSV, and how numbers are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

import pandas as pd
from jinja2 import Environment

MISSING = "–"

PAGE = Environment(autoescape=True, trim_blocks=True).from_string("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin-bottom: 2em }
th, td { padding: .3em .8em; border-top: 1px solid #ccc; text-align: left; white-space: nowrap }
div { overflow-x: auto }
</style>
<h1>{{ title }}</h1>
{% for table in tables %}
<h2>{{ table.title }}</h2>
<p>{{ table.caption }}</p>
<div>{{ table.frame.to_html(index=False, border=0) | safe }}</div>
{% endfor %}
</html>
""")


@dataclass(frozen=True)
class Table:
    """A title, a caption above the table (may be empty), the header, and rows of text cells."""

    title: str
    caption: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]

    @property
    def frame(self) -> pd.DataFrame:
        """The cells as a data frame."""
        return pd.DataFrame(self.rows, columns=list(self.header))


def to_markdown(tables: Sequence[Table]) -> str:
    """Return the tables as Markdown, each below its title in bold and its caption."""
    parts = []
    for table in tables:
        lines = [table.header, ("---",) * len(table.header), *table.rows]
        grid = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        parts += [part for part in (f"**{table.title}**" if table.title else "", table.caption, grid) if part]
    return "\n\n".join(parts)


def to_html(title: str, tables: Sequence[Table]) -> str:
    """Return the tables as one page that needs no other file."""
    return PAGE.render(title=title, tables=tables) + "\n"


def to_csv(table: Table) -> str:
    """Return one table as CSV, the header first."""
    return str(table.frame.to_csv(index=False, lineterminator="\n"))


def format_spread(values: Sequence[float], signed: bool = False) -> str:
    """Return "mean ± sd" (sample standard deviation), or the value alone where there is one."""
    if not values:
        return MISSING
    average = format_signed(mean(values)) if signed else format_value(mean(values))
    return f"{average} ± {format_value(stdev(values))}" if len(values) > 1 else average


def format_value(value: float | None) -> str:
    """Return a number with four decimals below 1, two below 100 and one from there on."""
    if value is None:
        return MISSING
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def format_signed(value: float, digits: int = 4) -> str:
    """Return a number with its sign and a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def format_duration(seconds: float) -> str:
    """Return seconds below two minutes, minutes from there on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
