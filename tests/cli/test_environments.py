"""Environments in which the command line must work as in any other. Conditions that do not disturb share a run."""

import os
import re
import subprocess
import sys
from functools import partial

import pytest

from tests.helpers import TINY, environment, new_process, summaries

pytestmark = pytest.mark.slow


def test_few_files_optimized_python_warnings_as_errors_no_home_a_pipe_and_variables_of_mlflow(outputs):
    script = 'ulimit -n 64; "$0" -O -W error "$@" | cat; exit ${PIPESTATUS[0]}'
    variables = {"MLFLOW_RUN_ID": "0" * 32, "MLFLOW_EXPERIMENT_NAME": "other", "TERM": "dumb", "COLUMNS": "40"}
    without_home = {name: value for name, value in environment().items() if name != "HOME"}
    result = subprocess.run(
        ["bash", "-c", script, sys.executable, "-m", "pipeline", *TINY, "stage=cluster"],
        env=without_home | {"PIPELINE_OUTPUTS": str(outputs)} | variables,
        cwd=outputs, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    (summary,) = summaries(outputs)
    assert summary["metrics"]["k"] == 10
    assert set(summary["stages"]) == {"data", "train", "refine", "extract", "neighbors", "manifold", "cluster"}
    assert "\x1b" not in result.stdout
    assert re.search(r"✓ cluster +[\d.]+ s", result.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_that_only_shows_ascii(outputs):
    import pty

    reader, terminal = pty.openpty()
    variables = {"PYTHONIOENCODING": "ascii", "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "pipeline", *TINY, "stage=data"],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables,
        cwd=outputs, stdout=terminal, stderr=terminal,
    ) as process:  # fmt: skip
        os.close(terminal)
        output = b"".join(iter(partial(_read_terminal, reader), b""))
    os.close(reader)
    text = re.sub(r"\x1b\[[^a-zA-Z]*[a-zA-Z]", "", output.decode("ascii"))  # without colours and moves
    assert process.returncode == 0, text
    assert re.search(r"\* data +[\d.]+ s", text)
    assert "\\u" not in text, "every character has one that is similar"


def _read_terminal(reader):
    """Some output of a terminal; empty bytes when no process has it open, which Linux reports as an error."""
    try:
        return os.read(reader, 4096)
    except OSError:
        return b""


def test_no_writable_home_and_a_locale_without_utf_8(outputs):
    """Neither output nor files need another encoding than ASCII, nothing is printed at exit, no folder is left."""
    (outputs / "tmp").mkdir()
    variables = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    variables |= {"TMPDIR": str(outputs / "tmp"), "HOME": "/dev/null"}
    result = new_process(*TINY, "stage=report", outputs=outputs, **variables)
    assert (result.returncode, result.stderr) == (0, "")
    assert "  train ...\n* train " in result.stdout
    (report,) = outputs.glob("runs/*/*/report.html")
    assert "·" in report.read_text(encoding="utf-8")
    assert list((outputs / "tmp").iterdir()) == []
