"""Stage shards: the files of each shard, reuse, k-means over all latents, and a finished run."""

import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from pipeline.api import cluster_images
from pipeline.config import Assign, Shards
from pipeline.data.new_images import NewImages
from pipeline.models.assigner import PARTS, Assigner
from pipeline.runtime.errors import UserError
from pipeline.stages.assign import assign
from pipeline.stages.shards import shards
from pipeline.stages.shards.engine import LocalEngine
from pipeline.stages.shards.kmeans import initial_centres, sample_latents, sharded_kmeans
from pipeline.stages.shards.partial_sums import nearest_centres
from pipeline.stages.shards.ray_engine import RayEngine
from pipeline.stages.shards.shard import find_shards
from pipeline.workflow.run_action import run_action
from tests.helpers import compose

WORDS = ("model=pca", "model.latent_dim=6", "neighbors.k=8", "manifold=none", "cluster=kmeans", "project=pca")


@pytest.fixture(scope="module")
def artifacts(images):
    """What an assigner is made of, for digits of 8×8 pixels in ten clusters."""
    result = cluster_images(images.fitted, *WORDS, k=10)
    return {name: getattr(result, name) for name in PARTS}


@pytest.fixture
def folder(tmp_path, images):
    """128 digits: 96 in an array, which is cut into shards, the others in an archive in a subfolder."""
    folder = tmp_path / "in"
    (folder / "more").mkdir(parents=True)
    np.save(folder / "a.npy", images.fitted)
    np.savez(folder / "more" / "b.npz", images=images.held_out)
    return folder


def assign_shards(artifacts, folder, output, engine=None, rows=40, k=None, **arguments):
    config = Shards(rows=rows, k=k)
    assigner = Assigner.from_artifacts(**artifacts)
    inputs = find_shards(str(folder), config.rows)
    return shards(config, inputs, assigner, (8, 8, 1), output, engine or LocalEngine(), **arguments)


def read_results(folder):
    """The bytes of every file of results below a folder, by relative path."""
    files = [file for file in folder.rglob("*") if file.suffix in (".npy", ".parquet") and "assigner" not in file.parts]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


# Shards


def test_shards_get_the_latents_and_clusters_of_stage_assign(artifacts, folder, images, tmp_path):
    output = tmp_path / "out"
    result = assign_shards(artifacts, folder, output)
    names = ["a.npy-000000000000", "a.npy-000000000040", "a.npy-000000000080", "more/b.npz"]
    assert result.table["shard"].tolist() == names
    assert result.table["images"].tolist() == [40, 40, 16, 32]
    tables = [pd.read_parquet(output / "assigned" / f"{name}.parquet") for name in names]
    pixels = np.concatenate([images.fitted, images.held_out])
    rows = [str(row) for row in (*range(96), *range(32))]
    expected = assign(Assign(), NewImages(pixels, rows), **artifacts)
    pd.testing.assert_frame_equal(pd.concat(tables, ignore_index=True), expected, atol=1e-4)
    latents = [np.load(output / "latents" / f"{name}.npy") for name in names]
    assert np.allclose(np.concatenate(latents)[:96], artifacts["latents"].fitted, atol=1e-6)
    assert result.table["far"].sum() == expected["far"].sum()
    assert result.images_per_second > 0
    line = replace(result, images_per_second=1234.5).summary_lines()[0]
    assert line == "assigned 128 images in 4 shards; 1,234 images per second"


def test_results_do_not_depend_on_the_number_of_workers(artifacts, folder, tmp_path):
    results = []
    for workers in (1, 3):
        assign_shards(artifacts, folder, tmp_path / str(workers), LocalEngine(workers), rows=20, k=3)
        results.append(read_results(tmp_path / str(workers)))
    assert results[0] == results[1]
    assert len(results[0]) == 3 * 6


def test_items_that_wait_are_dropped_after_a_failure():
    started = []

    def fail_at_second(item):
        started.append(item)
        if item == 2:
            raise ValueError(item)
        time.sleep(0.02)

    with pytest.raises(ValueError, match="2"):
        list(LocalEngine(1).map(fail_at_second, range(1, 100)))
    assert len(started) < 99


def test_only_changed_shards_are_recomputed(artifacts, folder, images, tmp_path, recorder):
    output = tmp_path / "out"
    assign_shards(artifacts, folder, output)
    before = read_results(output)
    (output / "assigned" / "a.npy-000000000040.parquet").write_bytes(b"damaged")
    (output / "latents" / ".killed.npy-1.part").touch()
    np.savez(folder / "more" / "b.npz", images=images.held_out[:9])
    result = assign_shards(artifacts, folder, output, observer=recorder)
    assert recorder.steps == [(3, 4), (4, 4)]
    assert result.reused == 2
    after = read_results(output)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"assigned/more/b.npz.parquet", "latents/more/b.npz.npy"}
    assert not list(tmp_path.rglob("*.part"))


def test_results_of_removed_and_otherwise_cut_inputs_are_removed(artifacts, folder, tmp_path, recorder):
    output = tmp_path / "out"
    assign_shards(artifacts, folder, output, rows=40, k=2)
    (folder / "more" / "b.npz").unlink()
    result = assign_shards(artifacts, folder, output, rows=60, k=3, observer=recorder)
    assert result.reused == 0
    (note,) = recorder.notes
    assert note.startswith("removed results of 3 shards")
    names = ["a.npy-000000000000", "a.npy-000000000060"]
    assert sorted(read_results(output)) == [
        *(f"assigned/{name}.parquet" for name in names), *(f"kmeans-3/{name}.parquet" for name in names),
        *(f"latents/{name}.npy" for name in names),
    ]  # fmt: skip
    assert len(pd.read_parquet(output / "assigned")) == 96


def test_a_finished_run_assigns_shards_and_reuses_them(finished_run, tmp_path):
    (tmp_path / "in").mkdir()
    np.save(tmp_path / "in" / "a.npy", np.zeros((30, 28, 28), np.uint8))
    words = ["stage=shards", f"input={tmp_path / 'in'}", "shards.rows=16", "shards.k=1"]
    config = compose(*words, outputs=finished_run)
    metrics = run_action(config, tmp_path / "first", [])
    assert metrics["shards/images"] == 30
    assert metrics["shards/reused"] == 0
    assert pd.read_csv(tmp_path / "first" / "shards.csv")["images"].tolist() == [16, 14]
    assert np.load(tmp_path / "first" / "centres.npy").shape == (1, 784)
    (output,) = (finished_run / "shards").iterdir()
    assert len(pd.read_parquet(output / "kmeans-1")) == 30
    again = run_action(config, tmp_path / "second", [])
    assert again["shards/reused"] == 2
    assert "shards/images_per_second" not in again


# Errors


def test_missing_and_unreadable_inputs_are_refused(artifacts, folder, tmp_path):
    with pytest.raises(UserError, match=r"^input: .*nowhere is not a file or folder of \.npy, "):
        find_shards(str(tmp_path / "nowhere"), 10)
    (folder / "broken.npy").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"^input: cannot read .*broken\.npy as \.npy"):
        find_shards(str(folder), 10)
    np.save(folder / "broken.npy", np.array(3))
    with pytest.raises(UserError, match=r"^input: .*broken\.npy holds a single number"):
        find_shards(str(folder), 10)
    np.save(tmp_path / "empty.npy", np.zeros((0, 8, 8), np.uint8))
    with pytest.raises(UserError, match=r"^input: the files of .*empty\.npy hold no images"):
        find_shards(str(tmp_path / "empty.npy"), 10)
    np.save(folder / "broken.npy", np.zeros((3, 8, 8, 2), np.uint8))
    with pytest.raises(UserError, match=r"^input: .*broken\.npy.* 2 channels"):
        assign_shards(artifacts, folder, tmp_path / "out")


def test_a_missing_ray_is_explained(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"^engine=ray: Ray is not installed; run pip install -e '\.\[ray\]'"):
        next(RayEngine().map(len, [""]))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["engine.tries=0"], r"^engine\.tries = 0: must be 1 or more"),
        (
            ["engine.address=auto", "engine.workers=2"],
            r"^engine\.workers = 2: cannot be set together with engine",
        ),
    ],
)
def test_invalid_engines_are_refused_by_their_key(tmp_path, words, message):
    from pipeline.config.instantiate import call_component

    config = compose("stage=shards", "input=.", "engine=ray", *words, outputs=tmp_path)
    with pytest.raises(UserError, match=message):
        call_component(config.engine, "engine")


def test_an_unreachable_cluster_is_refused_at_once(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    message = r"^engine\.address = '127\.0\.0\.1:1': cannot connect to a Ray cluster \(.*refused\); set HOST:PORT"
    with pytest.raises(UserError, match=message):
        next(RayEngine("127.0.0.1:1").map(len, [""]))


# k-means


def save_parts(folder, points, cuts):
    """Save the points in one file for each part between the cuts."""
    paths = [folder / f"{part}.npy" for part in range(len(cuts) + 1)]
    for path, part in zip(paths, np.split(points, cuts), strict=True):
        np.save(path, part)
    return paths


def make_points(seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(900, 5)) + 4 * rng.integers(0, 3, (900, 1))).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_sharded_kmeans_agrees_with_scikit_learn(tmp_path, seed):
    points = make_points(seed)
    start = points[:7].astype(np.float64)
    expected = KMeans(7, init=start, n_init=1, algorithm="lloyd", tol=0).fit(points)
    kmeans = sharded_kmeans(save_parts(tmp_path, points, [100, 350]), start, LocalEngine())
    order = np.argsort(-np.bincount(expected.labels_, minlength=7), kind="stable")
    assert np.allclose(kmeans.centres, expected.cluster_centers_[order], atol=1e-4)
    assert kmeans.counts.tolist() == np.bincount(expected.labels_)[order].tolist()
    assert kmeans.inertia == pytest.approx(expected.inertia_, rel=1e-5)
    assert kmeans.iterations == expected.n_iter_


def test_an_empty_cluster_gets_the_farthest_point_as_in_scikit_learn(tmp_path):
    points = make_points()
    start = np.concatenate([points[:4], np.full((1, 5), 1e3)]).astype(np.float64)
    expected = KMeans(5, init=start, n_init=1, tol=0, max_iter=300).fit(points)
    kmeans = sharded_kmeans(save_parts(tmp_path, points, [10, 890]), start, LocalEngine())
    assert kmeans.counts.min() > 0
    assert kmeans.inertia == pytest.approx(expected.inertia_, rel=1e-5)
    assert sorted(kmeans.counts) == sorted(np.bincount(expected.labels_))


def test_fewer_distinct_points_than_centres_leave_clusters_empty(tmp_path):
    files = save_parts(tmp_path, np.repeat(np.float32([[0, 0], [1, 1]]), 5, axis=0), [3])
    with pytest.warns(ConvergenceWarning):
        start, _ = initial_centres(files, 3, 100, 0)
    kmeans = sharded_kmeans(files, start, LocalEngine())
    assert kmeans.counts.tolist() == [5, 5, 0]
    assert kmeans.inertia == 0


def test_kmeans_stops_by_tolerance_or_number_of_passes(tmp_path):
    files = save_parts(tmp_path, make_points(), [450])
    start = sample_latents(files, 6, 0)
    converged = sharded_kmeans(files, start, LocalEngine())
    assert sharded_kmeans(files, start, LocalEngine(), max_iter=2).iterations == 2
    assert sharded_kmeans(files, start, LocalEngine(), tol=0.05).iterations < converged.iterations


def test_a_sample_does_not_depend_on_the_division_into_files(tmp_path):
    points = make_points()
    files = save_parts(tmp_path, points, [5, 6, 500])
    sample = sample_latents(files, 50, 3)
    (tmp_path / "other").mkdir()
    assert np.array_equal(sample, sample_latents(save_parts(tmp_path / "other", points, [700]), 50, 3))
    assert {tuple(row) for row in sample} <= {tuple(row) for row in points.astype(np.float64)}
    assert np.array_equal(sample_latents(files, 2000, 0), points)


def test_more_centres_than_images_are_refused(tmp_path):
    files = save_parts(tmp_path, make_points(), [450])
    with pytest.raises(UserError, match=r"^shards\.k = 999: there are \d+ images in the sample"):
        initial_centres(files, 999, 2000, 0)


def test_the_first_of_equally_near_centres_is_chosen():
    labels, distances = nearest_centres(np.float32([[0, 0], [2, 0]]), np.array([[1.0, 0], [-1, 0], [1, 0]]))
    assert labels.tolist() == [0, 0]
    assert distances.tolist() == [1, 1]
