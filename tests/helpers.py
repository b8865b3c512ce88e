"""Run the real command line, and compose real configurations, in a folder of the test's own."""

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from pipeline.config import Config
from pipeline.job import typed
from pipeline.paths import conf_dir, register_resolvers

TINY = (
    "data.train_size=400", "data.test_size=100", "model=pixels", "manifold=none", "project=pca", "cluster=kmeans",
    "evaluate.silhouette_sample=200", "evaluate.trustworthiness_sample=100", "tracking.models=false",
)  # fmt: skip
"""Overrides that leave out everything slow: no TensorFlow, no UMAP."""


def compose(*overrides: str, outputs: Path) -> Config:
    """The checked configuration of these command-line words."""
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir

    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return typed(hydra_compose("config", [f"output_dir={outputs}", *overrides]))


@cache
def environment() -> dict[str, str]:
    """The environment of a fresh shell, with the warnings that Python itself would hide by default."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW", "PIPELINE", "HYDRA"))}
    return kept | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}


def pipeline(*words: str, outputs: Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m pipeline` as a person would, with these variables in the environment."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables,
        cwd=cwd or outputs,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def summaries(outputs: Path, kind: str = "runs") -> list[dict]:
    """Every summary below the outputs, oldest first."""
    found = sorted((outputs / kind).rglob("summary.json"), key=lambda path: path.stat().st_mtime)
    return [json.loads(path.read_text()) for path in found]


def sweep_of_two(*launcher: str, outputs: Path) -> None:
    """Run a sweep of two tiny jobs by a launcher: both are below one parent run and share what they have in common."""
    from mlflow.tracking import MlflowClient

    words = [word for word in TINY if not word.startswith("cluster=")]
    answer = pipeline("--multirun", *launcher, "cluster=kmeans,agglomerative", "stage=cluster", *words, outputs=outputs)
    assert answer.returncode == 0, answer.stderr
    jobs = summaries(outputs, "sweeps")
    assert len(jobs) == 2, answer.stdout
    computed = [{job["stages"][name]["run_id"] for job in jobs} for name in ("data", "neighbors", "cluster")]
    assert [len(runs) for runs in computed] == [1, 1, 2]
    client = MlflowClient(f"sqlite:///{outputs / 'mlflow.db'}")
    (parent,) = client.search_runs(["1"], "tags.`pipeline.kind` = 'sweep'")
    children = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert {child.info.run_id for child in children} == {job["run_id"] for job in jobs}
    assert parent.info.status == "FINISHED"
