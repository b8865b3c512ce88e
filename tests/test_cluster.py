"""Every clusterer that has a file finds separated groups, and places what it was not fitted on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_info

from pipeline.artifacts import Clustering, Features, Latents
from pipeline.assign import NEIGHBOURS, Assigner
from pipeline.config import Cluster
from pipeline.errors import UserError
from pipeline.estimators import Nearest
from pipeline.knn import exact
from pipeline.models.null import Pixels
from pipeline.stages.cluster import cluster

CONF = Path(__file__).parent.parent / "conf" / "cluster"
NAMES = sorted(path.stem for path in CONF.glob("*.yaml"))
SMALL = {"hdbscan": {"min_cluster_size": 15, "min_samples": 5}}
"""Parameters that are counts of images, for as few images as here."""

each = pytest.mark.parametrize("name", NAMES)


def load(name, **changes):
    tree = OmegaConf.create({"seed": 0, "deterministic": True, "cluster": OmegaConf.load(CONF / f"{name}.yaml")})
    if "k" in tree.cluster:
        tree.cluster.k = 3
    tree.cluster.estimator.update(SMALL.get(name, {}))
    tree.cluster.update(changes)
    return Cluster(**OmegaConf.to_container(tree.cluster, resolve=True))


def run(config, blobs, *observer):
    return cluster(config, blobs.features, blobs.graph, blobs.latents, *observer)


@pytest.fixture(scope="module")
def found(blobs):
    """Each clustering of the groups, made once."""
    return {name: run(load(name), blobs) for name in NAMES}


@each
def test_separated_groups_are_found_and_numbered_by_falling_size(found, blobs, name):
    clustered = found[name].fitted >= 0
    assert clustered.mean() > 0.9
    assert found[name].k == 3
    assert adjusted_rand_score(blobs.labels[clustered], found[name].fitted[clustered]) > 0.95
    # The groups are numbered by falling size, too.
    assert (found[name].fitted == blobs.labels)[clustered].mean() > 0.95
    assert found[name].fitted.dtype == np.int32


@each
def test_held_out_points_join_the_group_they_come_from(found, blobs, name):
    assert (found[name].held_out == blobs.held_labels).mean() > 0.95


@each
def test_confidences_are_shares(found, blobs, name):
    for confidence, points in (
        (found[name].confidence, blobs.labels),
        (found[name].held_confidence, blobs.held_labels),
    ):
        assert confidence.shape == points.shape
        assert confidence.dtype == np.float32
        assert 0 <= confidence.min() <= confidence.max() <= 1
    assert np.median(found[name].confidence) > 0.9


@each
def test_centres_are_the_mean_latents_of_the_members(found, blobs, name):
    for i, centre in enumerate(found[name].centres):
        members = blobs.latents.fitted[found[name].fitted == i]
        np.testing.assert_allclose(centre, members.mean(axis=0), atol=1e-4)


@each
def test_the_same_seed_gives_the_same_clusters(found, blobs, name):
    again = run(load(name), blobs)
    for field in ("fitted", "held_out", "confidence", "held_confidence"):
        np.testing.assert_array_equal(getattr(again, field), getattr(found[name], field))


@each
def test_a_saved_clustering_comes_back_with_its_estimator(found, blobs, name, tmp_path):
    found[name].save(tmp_path)
    loaded = Clustering.load(tmp_path)
    np.testing.assert_array_equal(loaded.fitted, found[name].fitted)
    assert loaded.scores == found[name].scores
    assert loaded.metrics()["k"] == 3
    assert type(loaded.estimator) is (Nearest if name == "birch" else type(found[name].estimator))
    if hasattr(loaded.estimator, "predict"):
        own = loaded.numbering[loaded.estimator.predict(blobs.latents.held_out) + 1]
        np.testing.assert_array_equal(own, found[name].held_out)


@each
def test_what_a_subset_was_fitted_on_is_said(blobs, recorder, name):
    config = load(name, fit_size=90)
    if config.graph != "none":
        with pytest.raises(UserError, match=r"cluster\.fit_size: a subset has no shared graph"):
            run(config, blobs)
        return
    part = run(config, blobs, recorder)
    assert part.notes == recorder.notes
    assert "fitted on 90 of 156 images" in part.notes[0]
    assert len(part.fitted) == len(blobs.labels)
    clustered = part.fitted >= 0
    assert clustered.mean() > 0.8
    assert adjusted_rand_score(blobs.labels[clustered], part.fitted[clustered]) > 0.95
    assert (part.held_out == blobs.held_labels).mean() > 0.9


@pytest.mark.parametrize("fit_size", [None, 156, 1000])
def test_nothing_is_said_where_everything_was_fitted(blobs, recorder, fit_size):
    assert run(load("kmeans", fit_size=fit_size), blobs, recorder).notes == recorder.notes == []


@each
def test_without_held_out_points_nothing_is_assigned(blobs, name):
    alone = replace(
        blobs,
        latents=replace(blobs.latents, held_out=blobs.latents.held_out[:0]),
        graph=replace(
            blobs.graph, held_indices=blobs.graph.held_indices[:0], held_distances=blobs.graph.held_distances[:0]
        ),
    )
    clustering = run(load(name), alone)
    assert clustering.held_out.shape == clustering.held_confidence.shape == (0,)
    assert clustering.held_out.dtype == np.int32


def test_hdbscan_leaves_lone_points_as_noise_and_no_cluster_is_counted_for_them(make_blobs):
    blobs = make_blobs((60, 40))
    far = np.zeros((4, 8), np.float32)
    far[np.arange(4), np.arange(4) + 3] = 1000
    latents = Latents(np.vstack([blobs.latents.fitted, far]), np.vstack([blobs.latents.held_out, far + 1]), [8])
    graph = exact(latents, 10)
    config = load("hdbscan")
    clustering = cluster(config, Features(latents.fitted, latents.held_out, "latents"), graph, latents)
    assert clustering.fitted[-4:].tolist() == [-1] * 4
    assert clustering.k == len(clustering.centres) == 2
    assert clustering.metrics()["coverage"] == np.mean(clustering.fitted >= 0) < 1
    np.testing.assert_array_equal(clustering.held_out[:-4], blobs.held_labels)


def test_a_graph_in_many_pieces_is_clustered_without_a_guess(make_blobs):
    """Eight groups, none joined to another, cut into three: warnings are errors here."""
    blobs = make_blobs((20,) * 8, neighbours=5)
    for name in ("spectral", "agglomerative"):
        clustering = run(load(name), blobs)
        assert clustering.k == 3
        pieces = [len(np.unique(clustering.fitted[blobs.labels == group])) for group in range(8)]
        assert np.mean(pieces) < 1.3


@pytest.fixture
def between():
    """Groups of 30, 20 and 10 on a line at 0, 10 and 20, and a point with six, five and four neighbours in them."""
    rng = np.random.default_rng(0)
    fitted = (np.repeat([0, 10, 20], [30, 20, 10])[:, None] + 0.1 * rng.normal(size=(60, 1))).astype(np.float32)
    latents = Latents(fitted, np.array([[10]], np.float32), [1])
    neighbours = np.array([[*range(6), *range(30, 35), *range(50, 54)]], np.int32)
    even = np.ones((1, 15), np.float32)
    return latents, replace(exact(latents, 5), held_indices=neighbours, held_distances=even)


@pytest.mark.parametrize("name", ["kmeans", "gmm"])
def test_where_new_points_are_only_guessed_their_neighbours_vote(between, name):
    """Their mean lies in the middle group, where a neighbour embedding would put the point and `predict` find it."""
    latents, graph = between
    clustering = cluster(load(name), Features(latents.fitted, latents.held_out, "umap"), graph, latents)
    assert clustering.held_out.tolist() == [0]
    assert clustering.held_confidence == pytest.approx([6 / 15])


@pytest.mark.parametrize(("name", "confidence"), [("kmeans", 5 / 15), ("gmm", 1)])
def test_where_new_points_are_placed_exactly_the_estimator_decides(between, name, confidence):
    """The confidence is the share of the neighbours that agree, or the posterior."""
    latents, graph = between
    clustering = cluster(load(name), Features(latents.fitted, latents.held_out, "latents"), graph, latents)
    assert clustering.held_out.tolist() == [1]
    assert clustering.held_confidence == pytest.approx([confidence])


@pytest.mark.parametrize("name", ["kmeans", "agglomerative"])
def test_new_images_get_the_clusters_that_held_out_ones_got(name, images, tmp_path):
    pixels = Pixels(images.shape)
    latents = Latents(pixels.encode(images.fitted), pixels.encode(images.held_out), [64])
    features = Features(latents.fitted, latents.held_out, "latents")
    clustering = cluster(load(name), features, exact(latents, NEIGHBOURS), latents)
    Assigner.of(pixels, latents, exact(latents, 1), features, clustering).save(tmp_path)
    table = Assigner.load(tmp_path).predict(images.held_out)
    np.testing.assert_array_equal(table["cluster"], clustering.held_out)
    np.testing.assert_allclose(table["confidence"], clustering.held_confidence, atol=1e-6)
    assert (table["distance"] > 0).all()
    assert Assigner.load(tmp_path)(images.fitted)["distance"].max() < 1e-2


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (
            {"_target_": "sklearn.cluster.KMeans", "clusters": 3},
            r"^cluster\.estimator: sklearn\.cluster\.KMeans could not",
        ),
        ({"_target_": "sklearn.cluster.KMeans", "n_clusters": -1}, r"^cluster\.estimator: KMeans: .*'n_clusters'"),
        ({"_target_": "sklearn.cluster.KMeans", "n_clusters": 157}, r"^cluster\.estimator: KMeans: n_samples=156"),
        ({"_target_": "sklearn.cluster.Kmeans"}, r"^cluster\.estimator: sklearn\.cluster\.Kmeans cannot be"),
        ({"n_clusters": 3}, r"^cluster\.estimator: has no _target_"),
    ],
)
def test_an_estimator_that_cannot_work_says_why(blobs, estimator, message):
    with pytest.raises(UserError, match=message):
        run(Cluster(name="mine", estimator=estimator), blobs)


def test_the_estimators_own_criteria_are_kept(found, blobs):
    inertia = sum(
        ((blobs.latents.fitted[blobs.labels == group] - found["kmeans"].centres[group]) ** 2).sum()
        for group in range(3)
    )
    assert found["kmeans"].scores == {"inertia": pytest.approx(inertia, rel=1e-4)}
    assert set(found["gmm"].scores) == {"mean_log_likelihood", "bic"}
    assert found["gmm"].metrics()["cluster/bic"] == found["gmm"].scores["bic"]


def test_the_number_of_clusters_reaches_the_estimator(blobs):
    assert run(load("kmeans", k=5), blobs).k == 5


class Halves:
    """Splits by the first coordinate into 0 and 2; later it also predicts 1 and 4, which nothing fell into."""

    def fit_predict(self, points):
        return np.where(points[:, 0] > 5, 0, 2)

    def predict(self, points):
        return np.select([points[:, 0] > 5, points[:, 1] > 5], [0, 1], 4)


class Alternating:
    """Labels in turns, whatever the points are, and knows no `predict`."""

    def fit_predict(self, points):
        self.points, self.threads = points, [pool["num_threads"] for pool in threadpool_info()]
        return np.arange(len(points)) % 2


def of_class(kind, **settings):
    return Cluster(name="mine", estimator={"_target_": f"{__name__}.{kind.__name__}"}, **settings)


@pytest.fixture
def trusting(monkeypatch):
    """Keeps estimators of the tests' own classes, which no file could hold."""
    monkeypatch.setattr("pipeline.stages.cluster.storable", lambda estimator: True)


def test_a_cluster_without_fitted_members_does_not_count(blobs, trusting):
    clustering = run(of_class(Halves), blobs)
    assert clustering.k == 2
    # The estimator's 2 is the larger half; nothing fitted is like what it later calls 1 and 4.
    np.testing.assert_array_equal(clustering.fitted, np.where(blobs.latents.fitted[:, 0] > 5, 1, 0))
    np.testing.assert_array_equal(clustering.held_out, np.where(blobs.latents.held_out[:, 0] > 5, 1, -1))


def test_images_of_the_subset_keep_the_cluster_that_they_were_given(blobs, trusting):
    clustering = run(of_class(Alternating, fit_size=40), blobs)
    chosen = [np.flatnonzero((blobs.latents.fitted == point).all(axis=1))[0] for point in clustering.estimator.points]
    turns = clustering.numbering[1 + np.arange(40) % 2]
    np.testing.assert_array_equal(clustering.fitted[chosen], turns)


def test_deterministic_clustering_sums_on_one_thread(blobs, trusting):
    assert set(run(of_class(Alternating), blobs).estimator.threads) == {1}
