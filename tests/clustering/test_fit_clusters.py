"""Every configured clusterer finds separated groups and assigns the images that it was not fitted on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_info

from pipeline.artifacts import Clustering, Features, Latents
from pipeline.artifacts.estimators import NearestCentreClassifier
from pipeline.config import Cluster
from pipeline.embedding.neighbors import approximate, exact
from pipeline.models.assigner import Assigner
from pipeline.models.baselines import PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.cluster import cluster

CONF = Path(__file__).parents[2] / "conf" / "cluster"
NAMES = sorted({path.stem for path in CONF.glob("*.yaml")} - {"evoc"})
"""All but EVoC, which is compiled for a minute."""

each = pytest.mark.parametrize("name", NAMES)


def read_config(name, **changes):
    tree = OmegaConf.create({"seed": 0, "deterministic": True, "cluster": OmegaConf.load(CONF / f"{name}.yaml")})
    if "k" in tree.cluster:
        tree.cluster.k = 3
    if "swaps" in tree.cluster:
        tree.cluster.swaps = 3  # fast
    tree.cluster.update(changes)
    return Cluster(**OmegaConf.to_container(tree.cluster, resolve=True))


def run(config, blobs, *observer):
    return cluster(config, blobs.features, blobs.graph, blobs.latents, *observer)


@pytest.fixture(scope="module")
def clusterings(blobs):
    """Return the clustering of the groups by every clusterer."""
    return {name: run(read_config(name), blobs) for name in NAMES}


@each
def test_separated_groups_are_found_and_numbered_by_falling_size(clusterings, blobs, name):
    clustered = clusterings[name].fitted >= 0
    assert clustered.mean() > 0.9
    assert clusterings[name].k == 3
    assert adjusted_rand_score(blobs.labels[clustered], clusterings[name].fitted[clustered]) > 0.95
    # The groups are numbered by falling size, too.
    assert (clusterings[name].fitted == blobs.labels)[clustered].mean() > 0.95
    assert clusterings[name].fitted.dtype == np.int32


@each
def test_held_out_points_join_the_group_they_come_from(clusterings, blobs, name):
    assert (clusterings[name].held_out == blobs.held_labels).mean() > 0.95


@each
def test_confidences_are_shares(clusterings, blobs, name):
    for confidence, points in (
        (clusterings[name].confidence, blobs.labels),
        (clusterings[name].held_confidence, blobs.held_labels),
    ):
        assert confidence.shape == points.shape
        assert confidence.dtype == np.float32
        assert 0 <= confidence.min() <= confidence.max() <= 1
    assert np.median(clusterings[name].confidence) > 0.9


@each
def test_centres_are_the_mean_latents_of_the_members(clusterings, blobs, name):
    for i, centre in enumerate(clusterings[name].centres):
        members = blobs.latents.fitted[clusterings[name].fitted == i]
        np.testing.assert_allclose(centre, members.mean(axis=0), atol=1e-4)


@each
def test_the_same_seed_gives_the_same_clusters(clusterings, blobs, name):
    again = run(read_config(name), blobs)
    for field in ("fitted", "held_out", "confidence", "held_confidence"):
        np.testing.assert_array_equal(getattr(again, field), getattr(clusterings[name], field))


@each
def test_a_saved_clustering_is_restored_with_its_estimator(clusterings, blobs, name, tmp_path):
    clusterings[name].save(tmp_path)
    loaded = Clustering.load(tmp_path)
    np.testing.assert_array_equal(loaded.fitted, clusterings[name].fitted)
    assert loaded.scores == clusterings[name].scores
    assert loaded.metrics()["k"] == 3
    assert type(loaded.estimator) is (NearestCentreClassifier if name == "birch" else type(clusterings[name].estimator))
    if hasattr(loaded.estimator, "predict"):
        clusters = loaded.numbering[loaded.estimator.predict(blobs.latents.held_out) + 1]
        np.testing.assert_array_equal(clusters, clusterings[name].held_out)


@each
def test_a_clusterer_fitted_on_a_subset_assigns_all_images(blobs, recorder, name):
    config = read_config(name, fit_size=90)
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
def test_there_is_no_note_if_all_images_are_fitted(blobs, recorder, fit_size):
    assert run(read_config("kmeans", fit_size=fit_size), blobs, recorder).notes == recorder.notes == []


@each
def test_without_held_out_points_none_are_assigned(blobs, name):
    without_held_out = replace(
        blobs,
        latents=replace(blobs.latents, held_out=blobs.latents.held_out[:0]),
        graph=replace(
            blobs.graph, held_indices=blobs.graph.held_indices[:0], held_distances=blobs.graph.held_distances[:0]
        ),
    )
    clustering = run(read_config(name), without_held_out)
    assert clustering.held_out.shape == clustering.held_confidence.shape == (0,)
    assert clustering.held_out.dtype == np.int32


def test_hdbscan_leaves_distant_points_as_noise_that_is_no_cluster(make_blobs):
    blobs = make_blobs((60, 40))
    far = np.zeros((4, 8), np.float32)
    far[np.arange(4), np.arange(4) + 3] = 1000
    latents = Latents(np.vstack([blobs.latents.fitted, far]), np.vstack([blobs.latents.held_out, far + 1]), [8])
    graph = exact(latents, 10)
    config = read_config("hdbscan")
    clustering = cluster(config, Features(latents.fitted, latents.held_out, "latents"), graph, latents)
    assert clustering.fitted[-4:].tolist() == [-1] * 4
    assert clustering.k == len(clustering.centres) == 2
    assert clustering.metrics()["coverage"] == np.mean(clustering.fitted >= 0) < 1
    np.testing.assert_array_equal(clustering.held_out[:-4], blobs.held_labels)


def test_a_graph_with_many_components_is_clustered_without_a_warning(make_blobs):
    """Eight groups that are not joined, in three clusters; warnings are errors here."""
    blobs = make_blobs((20,) * 8, neighbors=5)
    for name in ("spectral", "agglomerative"):
        clustering = run(read_config(name), blobs)
        assert clustering.k == 3
        pieces = [len(np.unique(clustering.fitted[blobs.labels == group])) for group in range(8)]
        assert np.mean(pieces) < 1.3


@pytest.fixture
def between():
    """Return groups of 30, 20 and 10 at 0, 10 and 20 on a line, and a point with 6, 5 and 4 neighbours in them."""
    rng = np.random.default_rng(0)
    fitted = (np.repeat([0, 10, 20], [30, 20, 10])[:, None] + 0.1 * rng.normal(size=(60, 1))).astype(np.float32)
    latents = Latents(fitted, np.array([[10]], np.float32), [1])
    neighbors = np.array([[*range(6), *range(30, 35), *range(50, 54)]], np.int32)
    distances = np.ones((1, 15), np.float32)
    return latents, replace(exact(latents, 5), held_indices=neighbors, held_distances=distances)


@pytest.mark.parametrize("name", ["kmeans", "gmm"])
def test_neighbours_vote_if_new_points_are_placed_between_them(between, name):
    """The mean of the neighbours is in the middle group, where `predict` would assign the point."""
    latents, graph = between
    clustering = cluster(read_config(name), Features(latents.fitted, latents.held_out, "umap"), graph, latents)
    assert clustering.held_out.tolist() == [0]
    assert clustering.held_confidence == pytest.approx([6 / 15])


@pytest.mark.parametrize("name", ["kmeans", "gmm"])
def test_the_estimator_predicts_if_the_features_can_transform_new_points(between, name):
    """The confidence is the share of neighbours in the same cluster, also of a mixture, whose posterior is 1 here."""
    latents, graph = between
    clustering = cluster(read_config(name), Features(latents.fitted, latents.held_out, "latents"), graph, latents)
    assert clustering.held_out.tolist() == [1]
    assert clustering.held_confidence == pytest.approx([5 / 15])


def test_confidence_is_low_between_clusters_and_the_same_for_fitted_and_held_out_points():
    """Two groups that touch: a mixture is sure of every point, the neighbours are not."""
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.uniform(0, 1, (200, 2)), rng.uniform(0, 1, (200, 2)) + [1, 0]]).astype(np.float32)
    copies = Latents(points, points + np.float32(1e-6), [2])
    graph = exact(copies, 15)
    clustering = cluster(read_config("gmm", k=2), Features(copies.fitted, copies.held_out, "umap"), graph, copies)
    left = clustering.fitted == clustering.fitted[points[:, 0].argmin()]
    boundary = (points[left, 0].max() + points[~left, 0].min()) / 2
    border, inside = np.abs(points[:, 0] - boundary) < 0.05, np.abs(points[:, 0] - boundary) > 0.5
    assert clustering.confidence[border].mean() < 0.9
    assert clustering.confidence[inside].mean() > 0.99
    # A held-out copy has the fitted point itself among its neighbours.
    assert np.abs(clustering.confidence - clustering.held_confidence).mean() < 0.05


@pytest.mark.parametrize("name", ["kmeans", "agglomerative"])
def test_the_assigner_gives_new_images_the_clusters_of_held_out_ones(name, images, tmp_path):
    pixels = PixelModel(images.shape)
    latents = Latents(pixels.encode(images.fitted), pixels.encode(images.held_out), [64])
    features = Features(latents.fitted, latents.held_out, "latents")
    graph = exact(latents, 15)
    clustering = cluster(read_config(name), features, graph, latents)
    Assigner.from_artifacts(pixels, latents, graph, features, clustering).save(tmp_path)
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
def test_an_invalid_estimator_is_refused_with_its_reason(blobs, estimator, message):
    with pytest.raises(UserError, match=message):
        run(Cluster(name="mine", estimator=estimator), blobs)


def test_the_estimators_own_criteria_are_scores(clusterings, blobs):
    inertia = sum(
        ((blobs.latents.fitted[blobs.labels == group] - clusterings["kmeans"].centres[group]) ** 2).sum()
        for group in range(3)
    )
    assert clusterings["kmeans"].scores == {"inertia": pytest.approx(inertia, rel=1e-4)}
    assert set(clusterings["gmm"].scores) == {"mean_log_likelihood", "bic"}
    assert clusterings["gmm"].metrics()["cluster/bic"] == clusterings["gmm"].scores["bic"]


def test_k_is_passed_to_the_estimator(blobs):
    assert run(read_config("kmeans", k=5), blobs).k == 5


class Halves:
    """Splits by the first coordinate into 0 and 2; later it also predicts 1 and 4, which have no fitted members."""

    def fit_predict(self, points):
        return np.where(points[:, 0] > 5, 0, 2)

    def predict(self, points):
        return np.select([points[:, 0] > 5, points[:, 1] > 5], [0, 1], 4)


class Alternating:
    """Labels points alternately, and has no `predict`."""

    def fit_predict(self, points):
        self.points, self.threads = points, [pool["num_threads"] for pool in threadpool_info()]
        return np.arange(len(points)) % 2


def class_config(estimator_class, **settings):
    return Cluster(name="mine", estimator={"_target_": f"{__name__}.{estimator_class.__name__}"}, **settings)


@pytest.fixture
def keep_any_estimator(monkeypatch):
    """Keep estimators of these tests' classes, which cannot be stored."""
    monkeypatch.setattr("pipeline.clustering.fit_clusters.can_store", lambda estimator: True)


def test_a_label_without_fitted_members_is_noise(blobs, keep_any_estimator):
    clustering = run(class_config(Halves), blobs)
    assert clustering.k == 2
    # The estimator's label 2 is the larger half; its labels 1 and 4 have no fitted members.
    np.testing.assert_array_equal(clustering.fitted, np.where(blobs.latents.fitted[:, 0] > 5, 1, 0))
    np.testing.assert_array_equal(clustering.held_out, np.where(blobs.latents.held_out[:, 0] > 5, 1, -1))


def test_images_of_the_subset_keep_their_fitted_cluster(blobs, keep_any_estimator):
    clustering = run(class_config(Alternating, fit_size=40), blobs)
    subset = [np.flatnonzero((blobs.latents.fitted == point).all(axis=1))[0] for point in clustering.estimator.points]
    alternating = clustering.numbering[1 + np.arange(40) % 2]
    np.testing.assert_array_equal(clustering.fitted[subset], alternating)


def test_deterministic_clustering_uses_one_thread(blobs, keep_any_estimator):
    assert set(run(class_config(Alternating), blobs).estimator.threads) == {1}


@pytest.fixture(scope="module")
def landmark_graph(blobs):
    return approximate(blobs.latents, 15, landmarks=100)


@pytest.mark.parametrize("start", ["own", "latents"])
def test_a_clusterer_is_fitted_on_landmarks_that_vote_for_all_other_images(blobs, landmark_graph, start):
    points = blobs.latents.fitted[:, :3].copy()
    # Only the landmarks' coordinates may be used: all others are random.
    others = np.setdiff1d(np.arange(len(points)), landmark_graph.landmarks)
    points[others] = np.random.default_rng(0).normal(size=(len(others), 3))
    features = Features(points, blobs.latents.held_out[:, :3], "umap")
    clustering = cluster(read_config("kmeans", start=start), features, landmark_graph, blobs.latents)
    assert adjusted_rand_score(blobs.labels, clustering.fitted) == 1
    assert clustering.notes == ["kmeans was fitted on 100 landmarks of 156 images"]
    np.testing.assert_array_equal(clustering.held_out, blobs.held_labels)
    assert clustering.confidence.shape == clustering.fitted.shape


def test_all_latents_are_clustered_despite_landmarks(blobs, landmark_graph):
    assert cluster(read_config("kmeans"), blobs.features, landmark_graph, blobs.latents).notes == []


@pytest.mark.parametrize("name", ["kmeans", "gmm"])
def test_there_are_at_most_as_many_clusters_as_images(blobs, name, recorder):
    clustering = run(read_config(name, k=157), blobs, recorder)
    assert clustering.k == 156
    assert f"{name}: cluster.k = 157 is lowered to 156: there are only 156 images to cluster" in recorder.notes


def test_one_cluster_is_noted(blobs, recorder):
    assert run(read_config("kmeans", k=1), blobs, recorder).notes == recorder.notes
    assert recorder.notes == ["kmeans: one cluster holds all; scores that compare clusters say nothing"]
