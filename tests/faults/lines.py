"""The lines that the long fault tests have printed: kept in a record, shown in the README."""

import json
from pathlib import Path

from pipeline.reproduction.write import RECORDS, ROOT, splice
from tests.benchmarks import machine

FILE = RECORDS / "reliability" / "lines.json"
PACKAGES = ("tensorflow", "keras", "mlflow", "umap-learn", "scikit-learn")


def keep(part: str, line: str, root: Path = ROOT) -> None:
    """Write a part's line into the record and the README, in the place of what it printed before."""
    record = read(root)
    record["machine"] = machine.facts(PACKAGES)
    record["lines"] = record.get("lines", {}) | {part: line}
    file = root / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(splice(readme.read_text(encoding="utf-8"), "faults", section(record)), encoding="utf-8")


def read(root: Path = ROOT) -> dict:
    """The record, empty where nothing was run."""
    file = root / FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def section(record: dict) -> str:
    """The README's section."""
    if not record:
        return "Nothing was run yet."
    said = "\n".join(record["lines"].values())
    return f"```\n{said}\n```\n\nOn {machine.words(record['machine'])}"
