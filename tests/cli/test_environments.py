"""Environments in which the command line must work as in any other."""

import re
import subprocess
import sys

import pytest

from tests.helpers import TINY, environment, summaries

RUN = ("-m", "pipeline", *TINY, "stage=cluster")


def run_in_shell(script, outputs, **variables):
    """Run a shell script with the command as its arguments, and return its result."""
    return subprocess.run(
        ["bash", "-c", script, sys.executable, *RUN],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs), "PYTHON": sys.executable} | variables,
        cwd=outputs, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "variables"),
    [
        ('ulimit -n 64; exec "$PYTHON" -O "$@"', {"MLFLOW_RUN_ID": "0" * 32, "MLFLOW_EXPERIMENT_NAME": "other"}),
        ('"$PYTHON" -W error "$@" | cat; exit ${PIPESTATUS[0]}', {"TERM": "dumb", "COLUMNS": "40"}),
    ],
    ids=["few files, optimized, variables of MLflow", "warnings as errors, pipe, dumb terminal"],
)
def test_run_is_the_same(outputs, script, variables):
    result = run_in_shell(script, outputs, **variables)
    assert (result.returncode, result.stderr) == (0, "")
    (summary,) = summaries(outputs)
    assert summary["metrics"]["k"] == 10
    assert set(summary["stages"]) == {"data", "train", "refine", "extract", "neighbors", "manifold", "cluster"}
    assert "\x1b" not in result.stdout
    assert re.search(r"✓ cluster +[\d.]+ s", result.stdout)
