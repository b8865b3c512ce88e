"""The long part's parts are there, and what they printed stands in the README as it was recorded."""

import pytest

from pipeline.build import find
from pipeline.reproduction.write import ROOT, shown
from tests.faults import lines
from tests.faults.__main__ import PARTS, main


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_a_function(name):
    assert callable(find(PARTS[name], name))


def test_an_unknown_part_is_answered_with_those_there_are(capsys):
    assert main(["kill"]) == 2
    assert "choose from kills, damages" in capsys.readouterr().out


def test_the_readme_shows_the_recorded_lines():
    assert shown((ROOT / "README.md").read_text(encoding="utf-8"), "faults") == lines.section(lines.read()).strip()


def test_a_parts_line_takes_the_place_of_what_it_printed_before(tmp_path):
    (tmp_path / "README.md").write_text("a\n<!-- faults:begin -->\n<!-- faults:end -->\nb\n")
    for part, line in (("kills", "one"), ("soak", "two"), ("kills", "three")):
        lines.keep(part, line, tmp_path)
    text = (tmp_path / "README.md").read_text()
    assert "three\ntwo" in text
    assert "one" not in text
    assert list(lines.read(tmp_path)["lines"]) == ["kills", "soak"]


def test_a_part_that_lost_something_makes_the_status_one(monkeypatch, tmp_path):
    monkeypatch.setattr(lines, "keep", lambda part, line: None)
    for line, status in (("kills: 86 survived, 0 lost", 0), ("kills: 80 survived, 6 lost", 1), ("10 lost", 1)):
        monkeypatch.setattr("tests.faults.kills.kills", lambda line=line: line)
        assert main(["kills"]) == status
