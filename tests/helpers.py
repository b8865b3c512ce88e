"""Run the real command line, and compose real configurations, in a folder of the test."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from pipeline.config import Config
from pipeline.config.compose import compose_config, to_config
from pipeline.config.overrides import prepare_overrides
from tests.compositions import compose_quickly
from tests.forked_command import run_forked

SMALL_REPORT = ("report.dpi=30", "report.thumbnails=10", "report.examples=2", "report.reconstructions=2")
TINY = (
    "data.train_size=400", "data.test_size=100", "model=pixels", "manifold=none", "project=pca", "cluster=kmeans",
    "evaluate.silhouette_sample=200", "evaluate.trustworthiness_sample=100", "tracking.models=false", *SMALL_REPORT,
)  # fmt: skip
"""Overrides that leave out everything slow: no TensorFlow, no UMAP."""

TIMEOUT = 240
"""Seconds that a command may take."""


def compose(*overrides: str, outputs: Path) -> Config:
    """The validated configuration for these overrides."""
    words = prepare_overrides([f"output_dir={outputs}", *overrides])
    try:
        values = compose_quickly(words)
    except Exception:  # the message for the user is that of `compose_config`
        return compose_config(*words)
    return to_config(values)


@cache
def environment() -> dict[str, str]:
    """The environment of a fresh shell, in which Python shows the warnings that it hides by default."""
    prefixes = ("MLFLOW", "PIPELINE", "HYDRA")
    variables = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    return variables | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}


def pipeline(*words: str, outputs: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, which has imported the libraries before it gets the variables."""
    return run_forked(words, environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables, outputs, TIMEOUT)


def new_process(*words: str, outputs: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m pipeline` as a user would, with these variables in the environment."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables,
        cwd=outputs,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def summaries(outputs: Path, kind: str = "runs") -> list[dict]:
    """Every summary below the outputs, oldest first."""
    files = sorted((outputs / kind).rglob("summary.json"), key=lambda path: path.stat().st_mtime)
    return [json.loads(path.read_text()) for path in files]


def sweep_of_two(*launcher: str, outputs: Path) -> None:
    """Run a sweep of two tiny jobs with a launcher, and check that they share a parent run and their common stages."""
    from mlflow.tracking import MlflowClient

    words = [word for word in TINY if not word.startswith("cluster=")]
    answer = new_process(
        "--multirun", *launcher, "cluster=kmeans,agglomerative", "stage=cluster", *words, outputs=outputs
    )
    assert answer.returncode == 0, answer.stderr
    jobs = summaries(outputs, "sweeps")
    assert len(jobs) == 2, answer.stdout
    stage_runs = [{job["stages"][name]["run_id"] for job in jobs} for name in ("data", "neighbors", "cluster")]
    assert [len(runs) for runs in stage_runs] == [1, 1, 2]
    client = MlflowClient(f"sqlite:///{outputs / 'mlflow.db'}")
    (parent,) = client.search_runs(["1"], "tags.`pipeline.kind` = 'sweep'")
    children = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert {child.info.run_id for child in children} == {job["run_id"] for job in jobs}
    assert parent.info.status == "FINISHED"
