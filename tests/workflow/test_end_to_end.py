"""The real process on MNIST: a run, the same run again, its logged models, and sweeps."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tests.helpers import SMALL_REPORT, TINY, new_process, pipeline, summaries

pytestmark = pytest.mark.slow

SMALL = (
    "data.train_size=2000", "data.test_size=400", "train.epochs=4", "train.min_steps=150", "train.batch_size=64",
    "neighbors.k=15", "manifold.n_epochs=100", "project.n_epochs=30", "cluster.estimator.n_init=4",
    "baselines.sample=400", *SMALL_REPORT,
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The whole pipeline on a subset, from an empty folder, with every warning of every library as an error."""
    outputs = tmp_path_factory.mktemp("trained")
    answer = new_process("stage=all", *SMALL, outputs=outputs, PYTHONWARNINGS="error")
    assert answer.returncode == 0, answer.stderr
    return outputs, answer, summaries(outputs)[0]


def test_clusters_match_the_digits(trained):
    _, _, summary = trained
    metrics = summary["metrics"]
    assert metrics["train/purity_score"] > 0.6  # k-means on the pixels of such a subset stays near 0.55
    assert abs(metrics["train/purity_score"] - metrics["test/purity_score"]) < 0.08
    assert metrics["map/trustworthiness"] > 0.85
    assert metrics["reconstruction/val_loss"] < 0.06


def test_output_ends_with_scores_pages_and_the_mlflow_command(trained):
    outputs, answer, summary = trained
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    assert sum(line.startswith("  train ") and "val_loss" in line for line in lines) >= 1
    last = "\n".join(lines[-30:])
    assert "purity_score" in last
    assert f"report   {outputs}" in last
    assert f"explorer {outputs}" in last
    assert f"mlflow ui --backend-store-uri sqlite:///{outputs}/mlflow.db" in last
    assert summary["run_id"] in last


def test_the_same_command_again_reuses_every_stage(trained):
    outputs, _, first = trained
    answer = pipeline("stage=all", *SMALL, outputs=outputs)
    assert answer.stdout.count("reused") == len(first["stages"])
    again = summaries(outputs)[-1]
    passing = {"wall_seconds", "peak_mib"}
    assert {k: v for k, v in again["metrics"].items() if k not in passing} == {
        k: v for k, v in first["metrics"].items() if k not in passing
    }, "the same scores, and no curve of a reused training among them"


def test_logged_models_load_and_reproduce_the_run(trained, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow

        outputs, _, summary = trained
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{outputs / 'mlflow.db'}")
        client = mlflow.MlflowClient()
        stages = summary["stages"]
        made = {
            model.name: model
            for model in client.search_logged_models([client.get_run(summary["run_id"]).info.experiment_id])
        }
        assert set(made) == {"autoencoder", "encoder", "clustering"}
        assert made["autoencoder"].source_run_id == made["encoder"].source_run_id == stages["refine"]["run_id"]
        assert made["clustering"].source_run_id == stages["cluster"]["run_id"]
        loaded = mlflow.pyfunc.load_model(made["clustering"].model_uri)
        folder = next(outputs.rglob(f"{stages['data']['run_id']}/artifacts/result/images"))
        images = np.load(folder / "test.npy").astype(np.float32) / 255
        assigned = loaded.predict(images)
    cluster = next(outputs.rglob(f"{stages['cluster']['run_id']}/artifacts/result/clustering"))
    assert np.array_equal(assigned["cluster"], np.load(cluster / "held_out.npy"))
    assert assigned["confidence"].between(0, 1).all()


def test_jobs_of_a_parallel_sweep_share_results(outputs):
    words = [word for word in TINY if not word.startswith("cluster=")]
    sweep = ["--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "cluster=kmeans,agglomerative"]
    answer = new_process(*sweep, *words, "stage=evaluate", outputs=outputs)
    assert answer.returncode == 0, answer.stderr
    jobs = summaries(outputs, "sweeps")
    assert len(jobs) == 2
    lines = answer.stdout.splitlines()
    assert {"job 0   cluster=kmeans", "job 1   cluster=agglomerative"} <= set(lines)
    assert sum(line.endswith("report.html") or "✓ evaluate" in line for line in lines if line.startswith("job ")) == 2
    ids = [
        {job["stages"][name]["run_id"] for job in jobs} for name in ("data", "train", "refine", "extract", "neighbors")
    ]
    assert all(len(runs) == 1 for runs in ids), "each shared stage is computed once"
    folder = next((outputs / "sweeps").rglob("sweep.csv")).parent
    table = pd.read_csv(folder / "sweep.csv")
    assert set(table["cluster"]) == {"kmeans", "agglomerative"}
    assert table["train/purity_score"].between(0.3, 1).all()
    assert (folder / "sweep.png").stat().st_size > 5000


def test_a_failed_job_does_not_stop_the_sweep(outputs):
    answer = pipeline("--multirun", *TINY, "cluster.estimator.n_init=1,0", "stage=evaluate", outputs=outputs)
    assert answer.returncode == 2
    assert "cluster.estimator: KMeans: The 'n_init' parameter" in answer.stderr
    assert len(summaries(outputs, "sweeps")) == 1
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{outputs / 'mlflow.db'}")
    parents = client.search_runs(["1"], "tags.`pipeline.kind` = 'sweep'")
    children = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{parents[0].info.run_id}'")
    assert sorted(child.info.status for child in children) == ["FAILED", "FINISHED"]
    assert parents[0].info.status == "FAILED"
    assert parents[0].data.metrics["jobs"] == 1
