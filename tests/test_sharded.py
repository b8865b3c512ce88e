"""Very many images a file at a time: what is left for each, what is not done twice, and k-means over all latents."""

import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from pipeline import on_demand
from pipeline.assign import PARTS, Assigner
from pipeline.config import Assign, Shards
from pipeline.data.new_images import NewImages
from pipeline.errors import UserError
from pipeline.notebook import cluster_images
from pipeline.run import execute
from pipeline.sharded.engine import Local
from pipeline.sharded.kmeans import kmeans, nearest, sampled, start
from pipeline.sharded.ray_engine import RayEngine
from pipeline.sharded.shards import find_shards
from pipeline.stages.assign import assign
from pipeline.stages.shards import shards
from tests.helpers import TINY, compose

WORDS = ("model=pca", "model.latent_dim=6", "neighbors.k=8", "manifold=none", "cluster=kmeans", "project=pca")


@pytest.fixture(scope="module")
def found(images):
    """Digits of 8×8 in ten clusters."""
    return cluster_images(images.fitted, *WORDS, k=10)


@pytest.fixture
def folder(tmp_path, images):
    """128 digits: 96 in an array, to be cut in pieces, the rest in an archive below a folder."""
    place = tmp_path / "in"
    (place / "more").mkdir(parents=True)
    np.save(place / "a.npy", images.fitted)
    np.savez(place / "more" / "b.npz", images=images.held_out)
    return place


def parts(found):
    return {name: getattr(found, name) for name in PARTS}


def work(found, folder, into, engine=None, observer=None, **config):
    settings = Shards(rows=40, **config)
    more = {} if observer is None else {"observer": observer}
    pieces = find_shards(str(folder), settings.rows)
    return shards(settings, pieces, Assigner.of(**parts(found)), (8, 8, 1), into, engine or Local(), **more)


def contents(folder):
    """Every result below a folder, to the byte."""
    kinds = (".npy", ".parquet")
    files = [file for file in folder.rglob("*") if file.suffix in kinds and "assigner" not in file.parts]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_each_shard_leaves_its_latents_and_the_clusters_that_assign_gives(found, folder, images, tmp_path):
    made = work(found, folder, tmp_path / "out")
    assert made.table["shard"].tolist() == [
        "a.npy-000000000000", "a.npy-000000000040", "a.npy-000000000080", "more/b.npz",
    ]  # fmt: skip
    assert made.table["images"].tolist() == [40, 40, 16, 32]
    tables = [pd.read_parquet(tmp_path / "out" / "assigned" / f"{name}.parquet") for name in made.table["shard"]]
    pixels = np.concatenate([images.fitted, images.held_out])
    names = [str(row) for row in (*range(96), *range(32))]
    expected = assign(Assign(), NewImages(pixels, names), **parts(found))
    pd.testing.assert_frame_equal(pd.concat(tables, ignore_index=True), expected, atol=1e-4)
    latents = [np.load(tmp_path / "out" / "latents" / f"{name}.npy") for name in made.table["shard"]]
    assert np.allclose(np.concatenate(latents)[:96], found.latents.fitted, atol=1e-6)
    assert made.table["far"].sum() == expected["far"].sum()


def test_what_is_done_is_not_done_again_and_what_changed_is(found, folder, images, tmp_path, recorder):
    work(found, folder, tmp_path / "out")
    before = contents(tmp_path / "out")
    (tmp_path / "out" / "assigned" / "a.npy-000000000040.parquet").write_bytes(b"damaged")
    (tmp_path / "out" / "latents" / ".left.npy-1.part").touch()
    np.savez(folder / "more" / "b.npz", images=images.held_out[:9])
    made = work(found, folder, tmp_path / "out", observer=recorder)
    assert recorder.steps == [(3, 4), (4, 4)]
    assert made.again == 2
    after = contents(tmp_path / "out")
    assert {name for name in before if before[name] != after[name]} == {
        "assigned/more/b.npz.parquet", "latents/more/b.npz.npy",
    }  # fmt: skip
    assert not list(tmp_path.rglob("*.part"))


def test_the_command_leaves_tables_and_goes_on_where_it_was(outputs, folder):
    execute(compose(*TINY, "stage=cluster", outputs=outputs), outputs / "run", [])
    np.save(folder / "a.npy", np.zeros((30, 28, 28), np.uint8))
    (folder / "more" / "b.npz").unlink()
    words = ["stage=shards", f"input={folder}", "shards.rows=16", "shards.k=1"]
    metrics = on_demand.execute(compose(*words, outputs=outputs), outputs / "first", [])
    assert metrics["shards/images"] == 30
    assert metrics["shards/reused"] == 0
    assert pd.read_csv(outputs / "first" / "shards.csv")["images"].tolist() == [16, 14]
    assert np.load(outputs / "first" / "centres.npy").shape == (1, 784)
    (below,) = (outputs / "shards").iterdir()
    assert len(pd.read_parquet(below / "kmeans-1")) == 30
    assert on_demand.execute(compose(*words, outputs=outputs), outputs / "again", [])["shards/reused"] == 2


def test_mistakes_are_told(found, folder, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"^input: .*nowhere is no file or folder of \.npy, "):
        find_shards(str(tmp_path / "nowhere"), 10)
    (folder / "broken.npy").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"^input: .*broken\.npy cannot be read as \.npy"):
        find_shards(str(folder), 10)
    np.save(folder / "broken.npy", np.zeros((3, 8, 8, 2), np.uint8))
    with pytest.raises(UserError, match=r"broken\.npy have 2 channels; the run's have 1"):
        work(found, folder, tmp_path / "out")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"^engine=ray: Ray is not installed; pip install -e '\.\[ray\]'"):
        work(found, folder, tmp_path / "out", RayEngine())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["engine.tries=0"], r"^engine\.tries = 0: choose 1 or more"),
        (["engine.address=auto", "engine.workers=2"], r"^engine\.workers = 2: the cluster at engine\.address"),
    ],
)
def test_what_an_engine_cannot_do_is_said_by_its_key(tmp_path, words, said):
    from pipeline.build import call

    config = compose("stage=shards", "input=.", "engine=ray", *words, outputs=tmp_path)
    with pytest.raises(UserError, match=said):
        call(config.engine, "engine")


def test_a_cluster_that_is_not_there_is_told_at_once(monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install -e '.[ray]'")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(
        UserError, match=r"^engine\.address = '127\.0\.0\.1:1': no Ray cluster there \(.*refused\); give"
    ):
        next(RayEngine("127.0.0.1:1").map(len, [""]))


# k-means


def files(folder, points, cuts):
    paths = [folder / f"{place}.npy" for place in range(len(cuts) + 1)]
    for path, part in zip(paths, np.split(points, cuts), strict=True):
        np.save(path, part)
    return paths


def drawn_points(seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(900, 5)) + 4 * rng.integers(0, 3, (900, 1))).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_kmeans_is_scikit_learns(tmp_path, seed):
    points = drawn_points(seed)
    first = points[:7].astype(np.float64)
    theirs = KMeans(7, init=first, n_init=1, algorithm="lloyd", tol=0).fit(points)
    ours = kmeans(files(tmp_path, points, [100, 350]), first, Local())
    order = np.argsort(-np.bincount(theirs.labels_, minlength=7), kind="stable")
    assert np.allclose(ours.centres, theirs.cluster_centers_[order], atol=1e-4)
    assert ours.counts.tolist() == np.bincount(theirs.labels_)[order].tolist()
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=1e-5)
    assert ours.iterations == theirs.n_iter_


def test_an_empty_cluster_gets_the_farthest_point_as_in_scikit_learn(tmp_path):
    points = drawn_points()
    first = np.concatenate([points[:4], np.full((1, 5), 1e3)]).astype(np.float64)
    theirs = KMeans(5, init=first, n_init=1, tol=0, max_iter=300).fit(points)
    ours = kmeans(files(tmp_path, points, [10, 890]), first, Local())
    assert ours.counts.min() > 0
    assert ours.inertia == pytest.approx(theirs.inertia_, rel=1e-5)
    assert sorted(ours.counts) == sorted(np.bincount(theirs.labels_))


def test_more_centres_than_different_points_are_left_alone(tmp_path):
    points = np.repeat(np.float32([[0, 0], [1, 1]]), 5, axis=0)
    with pytest.warns(ConvergenceWarning):
        first, _ = start(files(tmp_path, points, [3]), 3, 100, 0)
    ours = kmeans(files(tmp_path, points, [3]), first, Local())
    assert ours.counts.tolist() == [5, 5, 0]
    assert ours.inertia == 0


def test_the_tolerance_and_the_number_of_passes_end_it(tmp_path):
    paths = files(tmp_path, drawn_points(), [450])
    first = sampled(paths, 6, 0)
    whole = kmeans(paths, first, Local())
    assert kmeans(paths, first, Local(), iterations=2).iterations == 2
    assert kmeans(paths, first, Local(), tolerance=0.05).iterations < whole.iterations


def test_a_sample_is_rows_of_all_files_the_same_for_the_same_seed(tmp_path):
    points = drawn_points()
    paths = files(tmp_path, points, [5, 6, 500])
    some = sampled(paths, 50, 3)
    (tmp_path / "cut otherwise").mkdir()
    assert np.array_equal(some, sampled(files(tmp_path / "cut otherwise", points, [700]), 50, 3))
    assert {tuple(row) for row in some} <= {tuple(row) for row in points.astype(np.float64)}
    assert np.array_equal(sampled(paths, 2000, 0), points)


def test_the_nearest_centre_is_the_first_of_equal_ones():
    labels, distances = nearest(np.float32([[0, 0], [2, 0]]), np.array([[1.0, 0], [-1, 0], [1, 0]]))
    assert labels.tolist() == [0, 0]
    assert distances.tolist() == [1, 1]
