"""The lines that the long fault tests print, stored in a record and shown in README.md beside this file."""

import json
from pathlib import Path

from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.markdown_sections import RECORDS, ROOT, write_section

FILE = RECORDS / "reliability" / "lines.json"
README = Path("tests") / "faults" / "README.md"
PACKAGES = ("tensorflow", "keras", "mlflow", "umap-learn", "scikit-learn")


def record_line(part: str, line: str, root: Path = ROOT) -> None:
    """Write a part's line into the record and the README, in place of its earlier line."""
    record = read_lines(root)
    record["lines"] = record.get("lines", {}) | {part: line}
    record["machines"] = record.get("machines", {}) | {part: describe_machine(PACKAGES)}
    file = root / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_section(root / README, "faults", render_lines(record))


def read_lines(root: Path = ROOT) -> dict:
    """Return the record, empty where no part was run."""
    file = root / FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def render_lines(record: dict) -> str:
    """Return the README's section: the lines, then each machine with the parts that were run on it."""
    if not record:
        return "Not run yet."
    lines = "\n".join(record["lines"].values())
    parts_by_machine: dict[str, list[str]] = {}
    for part in record["lines"]:
        parts_by_machine.setdefault(machine_sentence(record["machines"][part]), []).append(part)
    machines = [
        f"Measured on {machine}" if len(parts_by_machine) == 1 else f"Measured for {', '.join(parts)} on {machine}"
        for machine, parts in parts_by_machine.items()
    ]
    return "\n\n".join([f"```\n{lines}\n```", *machines])
