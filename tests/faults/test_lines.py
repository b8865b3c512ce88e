"""The command of the long fault tests, and the record of the lines that it prints."""

import pytest

from pipeline.config.instantiate import import_target
from tests.faults import lines
from tests.faults.__main__ import PARTS, main

MACHINE = {"cpu": "A", "cores": 2, "memory_gib": 8, "system": "Linux", "python": "3.11.7", "versions": {"keras": "3"}}


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_a_function(name):
    assert callable(import_target(PARTS[name], name))


def test_an_unknown_part_is_rejected_with_the_list_of_parts(capsys):
    assert main(["kill"]) == 2
    assert "choose from kills, damages" in capsys.readouterr().out


def test_a_new_line_replaces_the_earlier_line_of_its_part(tmp_path):
    readme = tmp_path / lines.README
    readme.parent.mkdir(parents=True)
    readme.write_text("a\n<!-- faults:begin -->\n<!-- faults:end -->\nb\n")
    for part, line in (("kills", "one"), ("soak", "two"), ("kills", "three")):
        lines.record_line(part, line, tmp_path)
    text = readme.read_text()
    assert "three\ntwo" in text
    assert "one" not in text
    assert list(lines.read_lines(tmp_path)["lines"]) == ["kills", "soak"]


def test_each_machine_is_named_with_its_parts():
    machines = {"kills": MACHINE, "soak": MACHINE | {"cpu": "B"}, "fuzz": MACHINE}
    text = lines.render_lines({"lines": dict.fromkeys(machines, "0 lost"), "machines": machines})
    assert "Measured for kills, fuzz on A, 2 cores" in text
    assert "Measured for soak on B, 2 cores" in text
    text = lines.render_lines({"lines": {"kills": "0 lost"}, "machines": machines})
    assert "Measured on A, 2 cores" in text


def test_the_exit_status_is_1_when_a_part_lost_something(monkeypatch):
    monkeypatch.setattr(lines, "record_line", lambda part, line: None)
    for line, status in (("kills: 86 survived, 0 lost", 0), ("kills: 80 survived, 6 lost", 1), ("10 lost", 1)):
        monkeypatch.setattr("tests.faults.kills.kills", lambda line=line: line)
        assert main(["kills"]) == status
