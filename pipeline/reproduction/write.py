"""Write the tables: pages and CSV into the outputs, and into a checkout the record and the README's sections."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pipeline.errors import UserError
from pipeline.paths import PACKAGE
from pipeline.reproduction import claims, published, results, rows, tables
from pipeline.reproduction.records import Records
from pipeline.tracking import Store

ROOT = PACKAGE.parent
RECORDS = Path("tests") / "records"
BUILDERS = {"results": tables.results, "reproduction": tables.reproduction, "claims": tables.claims}
"""The sections of the README and what makes their tables of a record."""

FILES = {
    "results": ("results", "results_digits", "results_glyphs", "results_whole"),
    "reproduction": ("reproduction", "figures"),
}
"""Names of the CSV files, one a table; each claim's is that of its sweep."""


def gather(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return the record of every section, from the store's finished runs."""
    records = Records(store)
    return {
        "results": results.rows(records),
        "reproduction": [rows.row(one, records) for one in published.PUBLISHED],
        "claims": [claims.check(claim, records) for claim in claims.CLAIMS],
    }


def write_outputs(found: dict[str, list[dict[str, Any]]], outputs: Path) -> Path:
    """Write a page a section and a CSV file a table below `outputs/reproduction`; return that folder."""
    folder = outputs / "reproduction"
    folder.mkdir(parents=True, exist_ok=True)
    for section, record in found.items():
        made = BUILDERS[section](record)
        (folder / f"{section}.html").write_text(tables.to_html(section.capitalize(), made), encoding="utf-8")
        for place, table in enumerate(made):
            name = record[place]["sweep"] if section == "claims" else FILES[section][place]
            (folder / f"{name}.csv").write_text(tables.to_csv(table), encoding="utf-8")
    return folder


def write_checkout(found: dict[str, list[dict[str, Any]]], root: Path = ROOT) -> None:
    """Write the records below `root/tests/records` and the sections of `root/README.md` that show them.

    Raises:
        UserError: the README lacks the markers of a section.
    """
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    found = {section: _kept(record, root / RECORDS / f"{section}.json") for section, record in found.items()}
    for section, record in found.items():
        text = splice(text, section, render(section, record))
    (root / RECORDS).mkdir(parents=True, exist_ok=True)
    for section, record in found.items():
        stored = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        (root / RECORDS / f"{section}.json").write_text(stored, encoding="utf-8")
    readme.write_text(text, encoding="utf-8")


def _kept(rows: list[dict[str, Any]], file: Path) -> list[dict[str, Any]]:
    """The rows, each that this store has no run for replaced by what was recorded of it before, if anything was."""
    earlier = {_name(row): row for row in json.loads(file.read_text(encoding="utf-8"))} if file.exists() else {}
    return [row if _measured(row) else earlier.get(_name(row), row) for row in rows]


def _name(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in ("table", "recipe", "experiment", "sweep") if key in row)


def _measured(row: dict[str, Any]) -> bool:
    return bool(row.get("seeds") or row.get("ours") or any(arm["seeds"] for arm in row.get("arms", ())))


def render(section: str, record: list[dict[str, Any]]) -> str:
    """Return the README's section for a record."""
    return tables.to_markdown(BUILDERS[section](record))


def _between(section: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {section}:begin -->\n)(.*?)(<!-- {section}:end -->)", re.DOTALL)


def splice(text: str, section: str, body: str) -> str:
    """Return `text` with `body` between the markers of `section`."""
    if not _between(section).search(text):
        raise UserError(f"README.md: has no <!-- {section}:begin --> and <!-- {section}:end -->; add both lines")
    return _between(section).sub(lambda match: f"{match[1]}{body}\n{match[3]}", text, count=1)


def shown(text: str, section: str) -> str | None:
    """Return what stands between the markers of `section`, or None where there are none."""
    match = _between(section).search(text)
    return match[2].strip() if match else None
