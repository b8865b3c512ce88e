"""Write the records, and from them pages, CSV files and the tables in the README files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.tracking import Store
from tests.markdown_sections import RECORDS, replace_section
from tests.reproduction.chosen_k import chosen_k_tables, collect_chosen_k
from tests.reproduction.claims import CLAIMS, claim_tables, measure_claim
from tests.reproduction.comparison import compare_with_published, comparison_tables
from tests.reproduction.published import PUBLISHED
from tests.reproduction.results import DATA_SETS, collect_results, result_tables, summary_tables
from tests.reproduction.stored_runs import StoredRuns
from tests.reproduction.trials import trial_tables
from tests.tables import Table, to_csv, to_html, to_markdown

Rows = list[dict[str, Any]]

TABLES: dict[str, Callable[[Rows], list[Table]]] = {
    "results": result_tables,
    "chosen_k": chosen_k_tables,
    "reproduction": comparison_tables,
    "claims": claim_tables,
}
"""What makes the tables of a record, by the record's name."""

SECTIONS = {
    "summary": ("README.md", "results", summary_tables),
    **{name: ("tests/reproduction/README.md", name, tables) for name, tables in TABLES.items()},
    "trials": ("tests/reproduction/README.md", "trials", trial_tables),
}
"""Sections of Markdown files: the file, the record shown there, and what makes its tables."""

CSV_NAMES = {
    "results": (*(f"results_{name}" for name in DATA_SETS), "results_confidence"),
    "chosen_k": ("chosen_k",),
    "reproduction": ("reproduction", "figures"),
    "claims": tuple(claim.sweep for claim in CLAIMS),
}

KEPT = ("trials",)
"""Records that no store holds; their sections are only written anew."""

ROW_KEYS = ("data_set", "overrides", "experiment", "sweep")
"""The keys that identify a row of a record."""


def collect_records(store: Store) -> dict[str, Rows]:
    """Return every record, measured from the finished runs of a store."""
    runs = StoredRuns(store)
    return {
        "results": collect_results(runs),
        "chosen_k": collect_chosen_k(runs),
        "reproduction": [compare_with_published(published, runs) for published in PUBLISHED],
        "claims": [measure_claim(claim, runs) for claim in CLAIMS],
    }


def write_pages(records: dict[str, Rows], outputs: Path) -> Path:
    """Write a page per record and a CSV file per table below `outputs/reproduction`; return that folder."""
    folder = outputs / "reproduction"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in records.items():
        tables = TABLES[name](rows)
        (folder / f"{name}.html").write_text(to_html(name.capitalize(), tables), encoding="utf-8")
        for csv_name, table in zip(CSV_NAMES[name], tables, strict=True):
            (folder / f"{csv_name}.csv").write_text(to_csv(table), encoding="utf-8")
    return folder


def update_documents(records: dict[str, Rows], root: Path) -> list[Path]:
    """Write the records below `root/tests/records` and the sections that show them; return the Markdown files.

    Nothing is written if one of the files lacks a section.

    Raises:
        UserError: a Markdown file lacks the markers of a section.
    """
    records = {name: _keep_recorded(rows, root / RECORDS / f"{name}.json") for name, rows in records.items()}
    kept = {name: root / RECORDS / f"{name}.json" for name in KEPT}
    shown = records | {
        name: json.loads(file.read_text(encoding="utf-8")) for name, file in kept.items() if file.exists()
    }
    texts: dict[Path, str] = {}
    for section, (document, record, _) in SECTIONS.items():
        if record in shown:
            file = root / document
            text = texts.get(file) or file.read_text(encoding="utf-8")
            texts[file] = replace_section(text, section, render_section(section, shown[record]), document)
    (root / RECORDS).mkdir(parents=True, exist_ok=True)
    for name, rows in records.items():
        text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
        (root / RECORDS / f"{name}.json").write_text(text, encoding="utf-8")
    for file, text in texts.items():
        file.write_text(text, encoding="utf-8")
    return list(texts)


def render_section(section: str, rows: Rows) -> str:
    """Return the Markdown text of a section for its record."""
    return to_markdown(SECTIONS[section][2](rows))


def _keep_recorded(rows: Rows, file: Path) -> Rows:
    """Return the rows, with the recorded row in place of each that this store has no finished run for."""
    recorded = {_key(row): row for row in json.loads(file.read_text(encoding="utf-8"))} if file.exists() else {}
    return [row if _is_measured(row) else recorded.get(_key(row), row) for row in rows]


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in ROW_KEYS if key in row)


def _is_measured(row: dict[str, Any]) -> bool:
    return bool(row.get("seeds") or row.get("ours") or any(arm["seeds"] for arm in row.get("arms", ())))
