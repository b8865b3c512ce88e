"""The stages in a notebook: an array in, clusters out, and nothing of the command line's machinery."""

import subprocess
import sys

import numpy as np
import pytest

from pipeline.errors import UserError
from pipeline.notebook import cluster_images, settings
from tests.helpers import compose, environment

QUICK = ("model=pca", "model.latent_dim=8", "manifold=none", "project=pca", "cluster=kmeans")


@pytest.fixture(scope="module")
def digits(images):
    return images.train[..., 0]


def test_ten_lines_cluster_an_array_without_hydra_and_mlflow(tmp_path):
    lines = f"""
import sys
from sklearn.datasets import load_digits
from pipeline.notebook import cluster_images
images = load_digits().images[:200] / 16
found = cluster_images(images, *{QUICK!r}, k=10)
assert found.clusters.shape == found.confidence.shape == (200,)
assert found.map.fitted.shape == (200, 2)
assert (found.assign(images[:9])["cluster"] == found.clusters[:9]).all()
print([name for name in sys.modules if name.split(".")[0] in ("hydra", "mlflow")])
"""
    answer = subprocess.run(
        [sys.executable, "-c", lines], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
    assert not list(tmp_path.iterdir()), "nothing is written"


def test_it_finds_what_the_command_line_finds(digits, outputs):
    from pipeline.run import execute

    np.save(outputs / "digits.npy", digits)
    words = [*QUICK, "cluster.k=6", "seed=3", "neighbors.k=9"]
    config = compose(*words, "data=npz", f"data.path={outputs / 'digits.npy'}", "stage=cluster", outputs=outputs)
    summary = execute(config, outputs / "run", [])
    kept = next(outputs.rglob(f"{summary['stages']['cluster']['run_id']}/artifacts/result/clustering/fitted.npy"))
    found = cluster_images(digits, *QUICK, "neighbors.k=9", seed=3, k=6)
    assert np.array_equal(found.clusters, np.load(kept))


def test_settings_are_those_of_the_command_line(outputs):
    words = ("model=conv7x7x2", "cluster=hdbscan", "train.epochs=3", "train.corruption.noise=0.1", "seed=5")
    ours, theirs = settings(*words), compose(*words, outputs=outputs)
    apart = {"output_dir"}
    assert ours.model_dump(exclude=apart) == theirs.model_dump(exclude=apart)


def test_progress_is_told(digits, recorder):
    cluster_images(digits, *QUICK, observer=recorder, k=4)
    assert recorder.steps


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=cnn"], r"^model = 'cnn': there is no such choice; choose from .*pca"),
        (["cluster.kk=3"], r"^cluster\.kk: no such key"),
        (["neighbors.k=5000"], r"^neighbors\.k = 5000: with 96 images"),
        (["train.epochs=some"], r"^train\.epochs = 'some'"),
    ],
)
def test_mistakes_say_what_would_be_right(digits, words, message):
    with pytest.raises(UserError, match=message):
        cluster_images(digits, *QUICK, *words, k=4)
