"""Environments in which the command line must work as in any other. Conditions that do not disturb share a run."""

import re
import subprocess
import sys

import pytest

from tests.helpers import TINY, environment, new_process, summaries

pytestmark = pytest.mark.slow


def test_few_files_optimized_python_warnings_as_errors_a_pipe_and_variables_of_mlflow(outputs):
    script = 'ulimit -n 64; "$0" -O -W error "$@" | cat; exit ${PIPESTATUS[0]}'
    variables = {"MLFLOW_RUN_ID": "0" * 32, "MLFLOW_EXPERIMENT_NAME": "other", "TERM": "dumb", "COLUMNS": "40"}
    result = subprocess.run(
        ["bash", "-c", script, sys.executable, "-m", "pipeline", *TINY, "stage=cluster"],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables,
        cwd=outputs, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    (summary,) = summaries(outputs)
    assert summary["metrics"]["k"] == 10
    assert set(summary["stages"]) == {"data", "train", "refine", "extract", "neighbors", "manifold", "cluster"}
    assert "\x1b" not in result.stdout
    assert re.search(r"✓ cluster +[\d.]+ s", result.stdout)


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
