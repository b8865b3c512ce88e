"""The terminal output: text is printed as it is, whatever characters it has."""

import io

import pytest
from rich.console import Console as RichConsole

from pipeline.cli.console import Console
from pipeline.cli.errors import explain_error
from pipeline.cli.sweep_table import print_table
from pipeline.runtime.errors import UserError

TEXTS = ["photo[final].jpg", "a[/b].jpg", "[red]x", "scans :smile: 1", "trailing\\", "\\[x]"]


def console_on(terminal):
    return Console(RichConsole(file=io.StringIO(), soft_wrap=True, width=200, force_terminal=terminal, no_color=True))


def output(console):
    return console.terminal.file.getvalue()


def test_control_characters_have_no_effect_on_the_terminal():
    console = console_on(terminal=False)
    name = "a\x1b]0;title\x07\x1b[2J\r\u202egnp.exe"
    console.message(name)
    with console.stage("data", lambda *_: None) as observer:
        observer.note(name)
        observer.table(name, [{name: name}])
    assert output(console).count(r"a\x1b]0;title\x07\x1b[2J\r\u202egnp.exe") == 5
    assert not set(output(console)) & set("\x1b\x07\r\u202e")
    assert explain_error(UserError(f"{name}: is refused")) == r"a\x1b]0;title\x07\x1b[2J\r\u202egnp.exe: is refused"


def test_a_line_break_in_a_name_begins_no_line():
    console = console_on(terminal=False)
    name, escaped = 'a,"b"\n\tc\u2028d', r'a,"b"\n\tc\u2028d'
    console.message(name)
    console.warning(name)
    assert output(console) == f"{escaped}\n{escaped}\n"
    with console.stage("data", lambda *_: None) as observer:
        observer.message(name)
        observer.note(name)
        observer.table("title", [{"name": name}])
        observer.report_metrics(1, {name: 0.5})
    assert output(console).count(escaped) == 6


def test_an_error_may_have_several_lines():
    console = console_on(terminal=False)
    console.error("job 1 failed: cluster.k = 0\nseed = -1")
    assert output(console) == "job 1 failed: cluster.k = 0\nseed = -1\n"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", ["message", "warning", "error"])
def test_a_line_is_printed_as_it_is(text, kind):
    console = console_on(terminal=False)
    getattr(console, kind)(text)
    assert output(console) == f"{text}\n"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("terminal", [False, True])
def test_notes_metrics_and_tables_of_a_stage_are_printed_as_they_are(text, terminal):
    console = console_on(terminal)
    with console.stage("data", lambda *_: None) as observer:
        observer.note(text)
        observer.progress(1, 2, text)
        observer.report_metrics(1, {text: 0.5})
        observer.table(f"title {text}", [{f"column {text}": f"cell {text}"}])
    for part in (f"note: {text}", f"title {text}", f"column {text}", f"cell {text}", f"{text} 0.5000"):
        assert part in output(console)


@pytest.mark.parametrize("text", TEXTS)
def test_the_table_of_a_sweep_shows_keys_and_values_as_they_are(text):
    console = console_on(terminal=False)
    print_table([{"job": "0", text: value, "wall_seconds": 1.0} for value in (text, "other")], [text], [], console)
    assert text.replace(".", ".\n").splitlines()[-1] in output(console)
    assert f" {text} " in output(console).replace("\n", " \n")


@pytest.mark.parametrize(("reused", "text"), [(True, "✓ data       reused"), (False, "✓ data           2.0 s  peak")])
def test_a_finished_stage_has_a_line(reused, text):
    console = console_on(terminal=False)
    console.stage_finished("data", 2.0, reused, 10.0)
    assert output(console).startswith(text)


def test_the_bar_of_an_ascii_terminal_is_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(RichConsole(file=stream, width=100, force_terminal=True))
    with console.stage("data", lambda *_: None) as observer:
        observer.progress(1, 2, "images")
        observer.table("title", [{"column": "cell"}])
    stream.flush()
    text = stream.buffer.getvalue().decode("ascii")
    assert "1/2 images" in text
    assert "cell" in text
