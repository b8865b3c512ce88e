"""The record as tables: for the README, as HTML and as CSV."""

from __future__ import annotations

import csv
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from statistics import mean, median, stdev
from typing import Any

Rows = Sequence[dict[str, Any]]
NAMES = {
    "loss": "loss",
    "val_loss": "val loss",
    "rounded_accuracy": "rounded accuracy",
    "val_rounded_accuracy": "val rounded accuracy",
}
NONE = "–"


@dataclass(frozen=True)
class Table:
    """A table in words: a title, a paragraph above it (may be empty), the header, and rows of cells."""

    title: str
    words: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]


def reproduction(rows: Rows) -> list[Table]:
    """Return the reproduction table, a row a set-up, and the table of every published figure."""
    header = (
        "experiment", "figure", "published", "ours", "difference", "parameters", "purity train", "purity test",
        "k", "n", "seed", "training", "all stages",
    )  # fmt: skip
    every = ("experiment", "figure", "epoch", "published", "ours", "difference", "mean ± sd over seeds")
    notes = " ".join(f"`{row['experiment']}`: {row['note']}" for row in rows if row["note"])
    return [
        Table("Published set-ups", notes, header, [_headline(row) for row in rows]),
        Table("Every published figure", "", every, [line for row in rows for line in _figures(row)]),
    ]


def _headline(row: dict[str, Any]) -> tuple[str, ...]:
    figure, ours = row["figures"][-1], row["ours"]
    name = f"{NAMES[figure['measure']]}, epoch {figure['epoch']}"
    if not ours:
        return (row["experiment"], name, _number(figure["published"]), "no finished run", *[NONE] * 9)
    published = row["published_parameters"]
    parameters = f"{ours['parameters']:,}" + ("" if ours["parameters"] == published else f" (published {published:,})")
    return (
        row["experiment"],
        name,
        *_compared(figure, ours["seed"]),
        parameters,
        _number(ours["purity_train"]),
        _number(ours["purity_test"]),
        f"{ours['k']:,}",
        f"{ours['n']:,}",
        str(ours["seed"]),
        time_words(ours["seconds_train"]),
        time_words(ours["seconds"]),
    )


def _figures(row: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for figure in row["figures"]:
        values = list(figure["values"].values())
        repeated = f"{spread(values)} ({len(values)})" if len(values) > 1 else NONE
        compared = _compared(figure, row["ours"].get("seed"))
        yield row["experiment"], NAMES[figure["measure"]], str(figure["epoch"]), *compared, repeated


def _compared(figure: dict[str, Any], seed: int | None) -> tuple[str, str, str]:
    """Published, ours, and the difference of ours, absolute and in per cent."""
    published, ours = figure["published"], figure["values"].get(str(seed))
    if published is None or ours is None:
        return _number(published), _number(ours), NONE
    difference = ours - published
    return _number(published), _number(ours), f"{_signed(difference)} ({_signed(100 * difference / published, 1)} %)"


def results(rows: Rows) -> list[Table]:
    """Return a table a set of images, a row a recipe: mean ± sd over its seeds, and the worst seed's accuracy."""
    words = "Mean ± sd over the seeds, the whole pipeline anew for each; time is the median run's, all stages computed."
    titles = dict.fromkeys(row["table"] for row in rows)
    return [_results(title, words, [row for row in rows if row["table"] == title]) for title in titles]


def _results(title: str, words: str, rows: Rows) -> Table:
    shown = ["train accuracy", "train purity", "train nmi", "train ari"]
    shown += [name for name in ("test accuracy", "test purity") if name in rows[0]["scores"]]
    names = [name.replace("train nmi", "NMI").replace("train ari", "ARI") for name in shown]
    header = ("recipe", names[0], "worst", *names[1:], "k", "n", "seeds", "time")
    return Table(title, words, header, [_result(row, shown) for row in rows])


def _result(row: dict[str, Any], shown: Sequence[str]) -> tuple[str, ...]:
    if not row["seeds"]:
        return (row["recipe"], "no finished run", *[NONE] * (len(shown) + 4))
    scores = row["scores"]
    return (
        f"{row['recipe']}" + (f" `{row['words']}`" if row["words"] else ""),
        spread(scores[shown[0]]),
        _number(min(scores[shown[0]])),
        *(spread(scores[name]) for name in shown[1:]),
        str(row["k"]),
        f"{row['n']:,}",
        ", ".join(map(str, row["seeds"])),
        time_words(median(row["seconds"])),
    )


def claims(rows: Rows) -> list[Table]:
    """Return a table a claim: a row an arm, and where there are two arms their difference, seed by seed."""
    return [_claim(row) for row in rows]


def _claim(row: dict[str, Any]) -> Table:
    titles = list(row["arms"][0]["values"])
    lines = [
        (arm["arm"], *(spread(arm["values"][title]) for title in titles), ", ".join(map(str, arm["seeds"])) or NONE)
        for arm in row["arms"]
    ]
    if len(row["arms"]) == 2:
        lines.append(_difference(row["arms"], titles))
    words = f"{row['budget']} `python -m pipeline --multirun sweep={row['sweep']}`"
    return Table(row["says"], words, (row["sweep"].removeprefix("claim_"), *titles, "seeds"), lines)


def _difference(arms: Rows, titles: Sequence[str]) -> tuple[str, ...]:
    """The second arm less the first, or over it for seconds, for the seeds that both have."""
    first, second = arms
    shared = [seed for seed in first["seeds"] if seed in second["seeds"]]
    cells = []
    for title in titles:
        one, other = (dict(zip(arm["seeds"], arm["values"][title], strict=True)) for arm in (first, second))
        higher = sum(other[seed] > one[seed] for seed in shared)
        if title == "seconds":
            cell = f"× {spread([other[seed] / one[seed] for seed in shared])}"
        else:
            cell = spread([other[seed] - one[seed] for seed in shared], signed=True)
        cells.append(f"{cell}, higher in {higher} of {len(shared)}" if shared else NONE)
    return f"{second['arm']} against {first['arm']}", *cells, ", ".join(map(str, shared)) or NONE


def spread(values: Sequence[float], signed: bool = False) -> str:
    """Return mean ± sd of the values; the value alone where there is one."""
    if not values:
        return NONE
    middle = _signed(mean(values)) if signed else _number(mean(values))
    return f"{middle} ± {_number(stdev(values))}" if len(values) > 1 else middle


def _number(value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def _signed(value: float, digits: int = 4) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def time_words(seconds: float) -> str:
    """Return seconds below two minutes, minutes from there on."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def to_markdown(tables: Sequence[Table]) -> str:
    """Return the tables for the README, each under its title in bold."""
    return "\n\n".join("\n\n".join(part for part in _markdown(table) if part) for table in tables)


def _markdown(table: Table) -> tuple[str, str, str]:
    lines = [table.header, ("---",) * len(table.header), *table.rows]
    return f"**{table.title}**", table.words, "\n".join(f"| {' | '.join(line)} |" for line in lines)


STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1200px;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin-bottom:2em}th,td{padding:.3em .8em;border-top:1px solid #ccc;"
    "text-align:left;white-space:nowrap;font-variant-numeric:tabular-nums}div{overflow-x:auto}"
)


def to_html(title: str, tables: Sequence[Table]) -> str:
    """Return the tables as one page that needs no other file."""
    parts = [f"<!doctype html><html lang=en><meta charset=utf-8><title>{html.escape(title)}</title>"]
    parts.append(f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>")
    for table in tables:
        head = "".join(f"<th scope=col>{html.escape(cell)}</th>" for cell in table.header)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in table.rows)
        parts.append(f"<h2>{html.escape(table.title)}</h2><p>{html.escape(table.words)}</p>")
        parts.append(f"<div><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>")
    return "\n".join(parts) + "\n"


def to_csv(table: Table) -> str:
    """Return one table as CSV, the header first."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows([table.header, *table.rows])
    return text.getvalue()
