"""Every generated section of a Markdown file shows what its record says."""

import json
from pathlib import Path

import pytest

from tests.benchmarks import auto, expected_accuracy, gpu, label_errors, novel_classes, photographs, spaces
from tests.benchmarks import record as speed
from tests.benchmarks.growth import record as growth
from tests.benchmarks.peers import record as peers
from tests.benchmarks.records import README as BENCHMARKS
from tests.faults import lines
from tests.markdown_sections import RECORDS, ROOT, read_section, section_names
from tests.reproduction import write

SECTIONS = {
    **{
        name: (Path(document), RECORDS / f"{record}.json", lambda rows, name=name: write.render_section(name, rows))
        for name, (document, record, _) in write.SECTIONS.items()
    },
    "benchmark": (BENCHMARKS, RECORDS / "benchmark.json", speed.render_speed),
    "gpu": (BENCHMARKS, RECORDS / "gpu.json", gpu.render_gpu),
    "growth": (BENCHMARKS, RECORDS / "growth.json", growth.render_growth),
    "photographs": (BENCHMARKS, RECORDS / "photographs.json", photographs.render_photographs),
    "label-errors": (label_errors.README, label_errors.FILE, label_errors.render_label_errors),
    "novel_classes": (BENCHMARKS, RECORDS / "novel_classes.json", novel_classes.render_novel_classes),
    "expected_accuracy": (BENCHMARKS, expected_accuracy.FILE, expected_accuracy.render_expected_accuracy),
    "auto": (BENCHMARKS, auto.FILE, auto.render_auto),
    "spaces": (BENCHMARKS, RECORDS / "spaces.json", spaces.render_spaces),
    "peers": (BENCHMARKS, RECORDS / "peers.json", peers.render_peers),
    "faults": (lines.README, lines.FILE, lines.render_lines),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_the_section_shows_the_record(name):
    document, record, render = SECTIONS[name]
    text = (ROOT / document).read_text(encoding="utf-8")
    assert read_section(text, name) == render(json.loads((ROOT / record).read_text(encoding="utf-8"))).strip()


def test_every_marked_section_is_checked():
    documents = [path for path in ROOT.rglob("*.md") if not {"outputs", ".venv"} & set(path.relative_to(ROOT).parts)]
    marked = {
        (name, path.relative_to(ROOT)) for path in documents for name in section_names(path.read_text(encoding="utf-8"))
    }
    assert marked == {(name, document) for name, (document, _, _) in SECTIONS.items()}
