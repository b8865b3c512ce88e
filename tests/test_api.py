"""The Python API: clusters of an array, without MLflow and files."""

import subprocess
import sys

import numpy as np
import pytest

from pipeline import LatentClusterer, cluster_images, load_run
from pipeline.runtime.errors import UserError
from tests.helpers import compose, environment

QUICK = ("model=pca", "model.latent_dim=8", "manifold=none", "project=pca", "cluster=kmeans")


@pytest.fixture(scope="module")
def digits(images):
    return images.train[..., 0]


def test_an_array_is_clustered_without_mlflow_and_files(tmp_path):
    lines = f"""
import sys
from sklearn.datasets import load_digits
from pipeline import LatentClusterer, cluster_images, load_run
images = load_digits().images[:200] / 16
result = cluster_images(images, *{QUICK!r}, k=10)
assert result.clusters.shape == result.confidence.shape == (200,)
assert result.map.fitted.shape == (200, 2)
assert (result.assign(images[:9])["cluster"] == result.clusters[:9]).all()
print([name for name in sys.modules if name.split(".")[0] in ("mlflow",)])
"""
    answer = subprocess.run(
        [sys.executable, "-c", lines], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"
    assert not list(tmp_path.iterdir()), "nothing is written"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The output folder and the id of a finished run of the command line, with labels and held-out images."""
    from pipeline.workflow.execution import execute_run

    outputs = tmp_path_factory.mktemp("run") / "outputs"
    words = [*QUICK, "data=digits", "data.test_fraction=0.25", "cluster.k=5", "stage=[cluster,project]"]
    summary = execute_run(compose(*words, outputs=outputs), outputs / "run", [])
    return outputs, summary["run_id"]


@pytest.mark.parametrize("name", ["last", "id"])
def test_a_run_of_the_command_line_is_loaded(run, name):
    outputs, run_id = run
    result = load_run(run_id[:12] if name == "id" else "last", f"output_dir={outputs}")
    assert len(result.clusters) == 1797 - 449
    assert (result.assign(result.images.train[:9])["cluster"] == result.clusters[:9]).all()
    table = result.table()
    assert table["part"].value_counts().to_dict() == {"fitted": 1348, "held out": 449}
    np.testing.assert_array_equal(table["cluster"], [*result.clusters, *result.clustering.held_out])
    np.testing.assert_array_equal(table[["x", "y"]][:1348], result.map.fitted)
    assert table["label"].tolist()[:1348] == [result.labels.names[label] for label in result.labels.train]


def test_a_run_that_does_not_exist_is_refused(run, tmp_path):
    with pytest.raises(UserError, match=r"^run = 'nothing': is no finished run with clusters in .*; the newest: "):
        load_run("nothing", f"output_dir={run[0]}")
    with pytest.raises(UserError, match=r"^run: .* holds no finished run with clusters; run python -m pipeline first"):
        load_run("last", f"output_dir={tmp_path}")
    with pytest.raises(UserError, match=r"^output_dir: .*nowhere does not exist; give the folder of the runs"):
        load_run("last", f"output_dir={tmp_path / 'nowhere'}")
    assert not (tmp_path / "nowhere").exists()
    with pytest.raises(UserError, match=r"^run = 5: give the id of a run, or 'last'"):
        load_run(5)


def test_new_vectors_are_assigned_by_a_result(tmp_path):
    from pipeline.workflow.execution import execute_run

    vectors = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    np.save(tmp_path / "v.npy", vectors)
    words = ["data=vectors", f"data.path={tmp_path / 'v.npy'}", *QUICK[2:], "cluster.k=3", "stage=[cluster,project]"]
    execute_run(compose(*words, outputs=tmp_path / "outputs"), tmp_path / "outputs" / "run", [])
    result = load_run("last", f"output_dir={tmp_path / 'outputs'}")
    assert (result.assign(vectors[:7])["cluster"] == result.clusters[:7]).all()
    for wrong, message in (
        (vectors[:, :3], "have 3 numbers; the run's have 4"),
        (np.full((1, 4), np.nan), "holds NaN"),
    ):
        with pytest.raises(UserError, match=f"^input: .*{message}"):
            result.assign(wrong)


def test_the_table_of_an_array_has_a_row_for_each_image(digits):
    table = cluster_images(digits, *QUICK, k=3).table()
    assert len(table) == len(digits)
    assert {"cluster", "confidence", "misfit", "outlier", "x", "y"} <= set(table)
    assert "label" not in table


@pytest.mark.parametrize("kind", ["function", "estimator"])
def test_verbose_prints_the_stages(digits, capsys, kind):
    if kind == "function":
        result = cluster_images(digits, *QUICK, k=3, verbose=True).clusters
    else:
        keys = dict(word.replace(".", "__").split("=") for word in QUICK)
        result = LatentClusterer(3, verbose=True, **keys).fit(digits).labels_
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    stages = [words[1] for words in lines if words[0] == "✓"]
    assert stages[:6] == ["train", "refine", "extract", "neighbors", "manifold", "cluster"]
    np.testing.assert_array_equal(result, cluster_images(digits, *QUICK, k=3).clusters)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_it_computes_what_the_command_line_computes(digits, outputs):
    from pipeline.workflow.execution import execute_run

    np.save(outputs / "digits.npy", digits)
    words = [*QUICK, "cluster.k=6", "seed=3", "neighbors.k=9"]
    config = compose(*words, "data=npz", f"data.path={outputs / 'digits.npy'}", "stage=cluster", outputs=outputs)
    summary = execute_run(config, outputs / "run", [])
    stored = next(outputs.rglob(f"{summary['stages']['cluster']['run_id']}/artifacts/result/clustering/fitted.npy"))
    result = cluster_images(digits, *QUICK, "neighbors.k=9", seed=3, k=6)
    assert np.array_equal(result.clusters, np.load(stored))


def test_settings_are_chosen_from_python_too(digits):
    words = ("model=pca", "manifold.n_epochs=20", "project=pca", "auto.settings=['seed=7','model=nothing']")
    with pytest.raises(UserError, match="'model=nothing' is wrong"):
        cluster_images(digits, *words, k=4)
    result = cluster_images(digits, *words[:-1], "auto.settings=['model=pixels']", k=4)
    assert len(result.clusters) == len(digits)


def test_progress_reaches_the_observer(digits, recorder):
    cluster_images(digits, *QUICK, observer=recorder, k=4)
    assert recorder.steps


def test_channels_first_arrays_are_recognised(digits, recorder):
    first = cluster_images(np.stack([digits] * 3, axis=1), *QUICK, k=4, observer=recorder)
    last = cluster_images(np.stack([digits] * 3, axis=-1), *QUICK, k=4)
    assert first.images.shape == last.images.shape == (*digits.shape[1:], 3)
    assert np.array_equal(first.clusters, last.clusters)
    assert any("channels first" in note for note in recorder.notes)
    assert np.array_equal(first.assign(np.stack([digits] * 3, axis=1))["cluster"], first.clusters)


def test_integers_of_eight_bits_are_the_same_images_in_any_type(digits):
    expected = cluster_images(digits, *QUICK, k=4)
    wide = cluster_images(digits.astype(np.int64), *QUICK, k=4)
    assert np.array_equal(wide.images.train, expected.images.train)
    assert np.array_equal(wide.assign(digits.astype(np.int32))["cluster"], expected.clusters)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=cnn"], r"^model = 'cnn': no such choice; did you mean cnn64\?"),
        (["cluster.kk=3"], r"^cluster\.kk: no such key"),
        (["neighbors.k=0"], r"^neighbors\.k = 0: "),
        (["train.epochs=some"], r"^train\.epochs = 'some'"),
    ],
)
def test_a_mistake_says_what_would_be_right(digits, words, message):
    with pytest.raises(UserError, match=message):
        cluster_images(digits, *QUICK, *words, k=4)


def test_new_images_get_coordinates_on_the_map(digits):
    result = cluster_images(digits, *QUICK, k=4)
    placed = result.assign(digits)[["x", "y"]].to_numpy()
    assert np.corrcoef(placed[:, 0], result.map.fitted[:, 0])[0, 1] > 0.9


def test_images_get_the_size_that_is_set(digits):
    result = cluster_images(digits, *QUICK[:1], "model.latent_dim=3", *QUICK[2:], "data.image_size=4", k=4)
    assert result.images.shape == (4, 4, 1)
    assert result.assign(digits[:5])["cluster"].tolist() == result.clusters[:5].tolist()


@pytest.mark.parametrize("word", ["data=digits", "data.train_size=50", "data.layout=channels_first", "+data.split=all"])
def test_keys_of_readers_are_refused(digits, word):
    with pytest.raises(UserError, match=r"the images are the given array; of the group data, only data\.value_range"):
        cluster_images(digits, *QUICK, word, k=4)


@pytest.mark.parametrize(
    ("select", "words", "message"),
    [
        (lambda images: images[:0], (), "images: there are 0; give at least two different ones"),
        (lambda images: images[:1], (), "images: there are 1; give"),
        (lambda images: images[[0, 0, 0]], (), "images: there are 3, which are all the same"),
        (lambda images: images.reshape(len(images), -1), (), r"images: an array of shape \(\d+, 64\); give"),
        (lambda images: images, (["cluster=kmeans"],), r"overrides: \['cluster=kmeans'\] is no text"),
        (lambda images: images, ("cluster.k=3",), "cluster.k is among the overrides, and k is an argument"),
    ],
)
def test_unsuitable_arguments_are_refused(digits, select, words, message):
    with pytest.raises(UserError, match=message):
        cluster_images(select(digits), *QUICK, *words, k=4)


def test_lists_of_images_are_arrays(digits):
    result = cluster_images(list(digits), *QUICK, k=4)
    assert result.assign(list(digits[:5]))["cluster"].tolist() == result.clusters[:5].tolist()


def test_a_range_of_values_can_be_set(digits):
    result = cluster_images(digits.astype(np.uint16) * 3, *QUICK, "data.value_range=[0,765]", k=4)
    np.testing.assert_allclose(result.images.train[..., 0], digits / 255, atol=1e-6)


def test_settings_are_chosen_for_a_range_of_values_too(digits):
    words = ("model=pca", "manifold.n_epochs=20", "project=pca", "auto.settings=['model=pixels']")
    assert len(cluster_images(digits, *words, "data.value_range=[0,255]", k=4).clusters) == len(digits)
