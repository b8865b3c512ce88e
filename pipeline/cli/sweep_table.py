"""What a sweep prints at its end: a table of its jobs, and the job with the best-separated clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.cli.console import Console, format_score, plain_text

Rows = Sequence[dict[str, Any]]

SILHOUETTE = "train/silhouette_score"
HEADINGS = {
    "train/purity_score": "train\npurity",
    "train/accuracy_score": "train\naccuracy",
    "test/accuracy_score": "test\naccuracy",
    "train/nmi_score": "train\nnmi",
    SILHOUETTE: "silhou-\nette",
    "k": "k",
    "latent_size": "latent\nsize",
}
"""The columns, in short lines, so that the table fits 80 characters."""

NOT_COMPARABLE = ("data", "manifold", "experiment", "stage")
"""Groups whose choices change the images, or the kind of space in which the silhouette is measured."""


def print_table(rows: Rows, keys: Sequence[str], other_columns: Sequence[str], console: Console) -> None:
    """Print a row per job: the swept keys, the scores that any job has, else the `other_columns`, and the seconds."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    columns = [name for name in HEADINGS if any(name in row for row in rows)] or list(other_columns)
    table = Table(title="Sweep", title_justify="left", box=SIMPLE, collapse_padding=True, pad_edge=False)
    for key in keys or ["job"]:
        table.add_column(Text(".\n").join(map(plain_text, key.split("."))), no_wrap=True)
    for name in columns:
        heading = HEADINGS.get(name) or name.removesuffix("_score").replace("/", "\n").replace("_", "\n")
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        cells = [format_score(row[name]) if name in row else "–" for name in columns] + [f"{row['wall_seconds']:.1f}"]
        table.add_row(*(plain_text(str(row.get(key))) for key in keys or ["job"]), *cells)
    console.terminal.print(table)


def describe_best(rows: Rows, keys: Sequence[str], manifold: str) -> str:
    """Return which job has the highest silhouette, which needs no labels; empty where that says nothing.

    In the space of UMAP, the silhouette goes along with accuracy (Lowe et al. 2024, see `pipeline.stages.spaces`).
    Silhouettes of different images or kinds of space, and those in latents of different sizes, are not comparable.
    """
    measured = [row for row in rows if SILHOUETTE in row]
    if manifold != "umap" or len(measured) < 2 or {key.partition(".")[0] for key in keys} & set(NOT_COMPARABLE):
        return ""
    best = max(measured, key=lambda row: float(row[SILHOUETTE]))
    settings = " ".join(f"{key}={best[key]}" for key in keys if key in best)
    return f"{settings} has the highest silhouette of {len(measured):,} jobs, {best[SILHOUETTE]:.4f}"
