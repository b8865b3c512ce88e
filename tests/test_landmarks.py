"""Too many images to fit on: approximate neighbours, and landmarks for manifold, map, clusters and explorer."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline import embeddings
from pipeline.artifacts import Features, Graph, Latents
from pipeline.config import Cluster
from pipeline.exploring import Facts, at_landmarks
from pipeline.knn import CHECKED, approximate, exact
from pipeline.stages.cluster import cluster
from pipeline.stages.explorer import explorer
from tests.explorers import parts

KMEANS = {"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "random_state": 0}


@pytest.fixture(scope="module")
def cloud():
    """Three groups of different size, 3,000 points in eight dimensions, and 30 held-out ones."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat([0, 1, 2], [1500, 1000, 500]))
    points = (12 * np.eye(3, 8)[groups] + rng.normal(size=(3000, 8))).astype(np.float32)
    held = (12 * np.eye(3, 8)[np.arange(30) % 3] + rng.normal(size=(30, 8))).astype(np.float32)
    return groups, Latents(points, held, [8])


@pytest.fixture(scope="module")
def reduced(cloud):
    return approximate(cloud[1], 10, landmarks=300)


def same(one: Graph, other: Graph) -> None:
    for name in ("indices", "distances", "held_indices", "held_distances"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_up_to_a_size_the_search_is_exact(cloud, recorder):
    same(approximate(cloud[1], 10, observer=recorder), exact(cloud[1], 10))
    assert recorder.notes == []


def test_an_approximate_search_finds_most_neighbours_and_says_how_many(cloud, recorder):
    found, true = approximate(cloud[1], 10, exact_up_to=100, probes=6, observer=recorder), exact(cloud[1], 10)
    shared = np.mean([np.isin(own, near).mean() for own, near in zip(found.indices, true.indices, strict=True)])
    assert 0.7 < found.recall < 1
    assert found.recall == pytest.approx(shared, abs=0.02)
    assert found.metrics()["neighbors/recall"] == found.recall
    assert f"{found.recall:.1%} of the true ones are found, as {CHECKED:,} show" in recorder.notes[0]
    assert (found.indices != np.arange(3000)[:, None]).all()


def test_more_probes_find_more(cloud):
    few, many = (approximate(cloud[1], 10, exact_up_to=100, probes=probes).recall for probes in (1, 6))
    assert few < many


def test_the_same_seed_gives_the_same_graph(cloud):
    one, again = (approximate(cloud[1], 10, exact_up_to=100, landmarks=200, seed=3) for _ in range(2))
    same(one, again)
    np.testing.assert_array_equal(one.landmarks, again.landmarks)
    assert not np.array_equal(one.landmarks, approximate(cloud[1], 10, landmarks=200, seed=4).landmarks)


def test_landmarks_are_every_points_nearest_ones_and_no_point_is_its_own(cloud, reduced):
    points, rows = cloud[1].fitted, reduced.landmarks
    assert len(np.unique(rows)) == 300
    full = np.linalg.norm(points[:, None] - points[rows][None], axis=2)
    full[rows, np.arange(300)] = np.inf
    np.testing.assert_allclose(reduced.landmark_distances, np.sort(full, axis=1)[:, :10], atol=1e-3)
    near = np.take_along_axis(full, reduced.landmark_indices.astype(int), axis=1)
    np.testing.assert_allclose(near, reduced.landmark_distances, atol=1e-3)


def test_as_many_landmarks_as_points_are_none(cloud, recorder):
    assert approximate(cloud[1], 10, landmarks=3000, observer=recorder).landmarks is None
    assert recorder.notes == []


def test_a_graph_comes_back_from_its_folder_with_its_landmarks(reduced, cloud, tmp_path):
    for graph in (reduced, exact(cloud[1], 5)):
        graph.save(tmp_path / str(graph.k))
        loaded = Graph.load(tmp_path / str(graph.k))
        same(loaded, graph)
        assert (loaded.landmarks is None) == (graph.landmarks is None)
    with pytest.raises(ValueError, match="no landmarks"):
        loaded.among_landmarks()


@pytest.mark.parametrize("name", ["umap", "tsne"])
def test_an_embedding_is_fitted_on_the_landmarks_and_places_the_others_between_them(cloud, reduced, name):
    groups, latents = cloud
    embed, settings = getattr(embeddings, name), {"n_epochs": 50, "seed": 0}
    drawn = embed(latents, reduced, **settings)
    part = Latents(latents.fitted[reduced.landmarks], latents.fitted[:0], [8])
    alone = embed(part, reduced.among_landmarks(), **settings)
    np.testing.assert_array_equal(drawn.fitted[reduced.landmarks], alone.fitted)
    assert drawn.fitted.shape == (3000, 2)
    assert drawn.held_out.shape == (30, 2)
    centres = np.stack([drawn.fitted[groups == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(drawn.fitted[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == groups).mean() > 0.95


@pytest.mark.parametrize("start", ["own", "latents"])
def test_clusters_are_fitted_on_landmarks_and_the_others_vote(cloud, reduced, start):
    groups, latents = cloud
    placed = Features(latents.fitted[:, :3] + 0, latents.held_out[:, :3], "umap")
    # What lies between the landmarks is placed anywhere: only the landmarks' own places may be looked at.
    rest = np.setdiff1d(np.arange(3000), reduced.landmarks)
    placed.fitted[rest] = np.random.default_rng(0).normal(size=(len(rest), 3))
    config = Cluster(name="kmeans", k=3, estimator=KMEANS, start=start)
    found = cluster(config, placed, reduced, latents)
    assert adjusted_rand_score(groups, found.fitted) > 0.99
    assert "fitted on 300 landmarks of 3,000 images" in found.notes[0]
    assert (found.held_out == np.arange(30) % 3).mean() > 0.95
    assert found.confidence.shape == (3000,)


def test_latents_as_they_are_are_clustered_whole(cloud, reduced):
    latents = cloud[1]
    config = Cluster(name="kmeans", k=3, estimator=KMEANS)
    assert cluster(config, Features(latents.fitted, latents.held_out, "latents"), reduced, latents).notes == []


def test_the_explorer_shows_the_landmarks(recorder):
    inputs = parts(n=300)
    latents = Latents(inputs["map"].fitted, inputs["map"].held_out, [2])
    inputs["graph"] = approximate(latents, 6, landmarks=100)
    rows = inputs["graph"].landmarks
    shown = at_landmarks(Facts(**{name: value for name, value in inputs.items() if name != "config"}))
    assert shown.n == 100
    np.testing.assert_array_equal(shown.rows, rows)
    np.testing.assert_array_equal(shown.truth, inputs["labels"].train[rows])
    np.testing.assert_array_equal(shown.images.fitted, inputs["images"].train[rows])
    assert shown.neighbours.max() < 100
    explorer(**inputs, observer=recorder)
    assert recorder.notes == ["the explorer shows the 100 landmarks of 300 images"]
    whole = Facts(**{name: value for name, value in inputs.items() if name != "config"})
    assert at_landmarks(replace(whole, graph=exact(latents, 6))).n == 300
