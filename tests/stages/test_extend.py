"""Stage extend: new images join a run, and those unlike its images become new clusters."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans

from pipeline.artifacts import Clustering, Map
from pipeline.clustering.renumbering import number_by_size
from pipeline.config import Extend
from pipeline.data.new_images import NewImages
from pipeline.models.vectors import VectorModel
from pipeline.stages.extend import extend, new_clusters
from pipeline.stages.extend.balanced_neighbors import BalancedNeighbors

IDENTITY = VectorModel.identity(8)


@pytest.fixture(autouse=True)
def _no_umap(monkeypatch):
    """Cluster the latents of blobs themselves: the first UMAP of a process compiles for ten seconds."""
    from pipeline.embedding.methods import identity

    monkeypatch.setattr(new_clusters, "umap", lambda latents, graph, _, observer, seed: identity(latents, graph))


@pytest.fixture(scope="module")
def inputs(make_blobs):
    """Three clusters of 200, 150 and 100 images, found by k-means."""
    blobs = make_blobs((200, 150, 100), held=5)
    estimator = KMeans(3, n_init=2, random_state=0).fit(blobs.features.fitted)
    numbering = number_by_size(estimator.labels_)
    n = len(blobs.labels)
    clustering = Clustering(
        blobs.labels.astype(np.int32), blobs.held_labels.astype(np.int32), np.ones(n, np.float32),
        np.ones(15, np.float32), np.zeros((3, 8), np.float32), "kmeans", scores={"inertia": 1.0},
        estimator=estimator, numbering=numbering, names=["a", "", "c"],
    )  # fmt: skip
    points = Map(blobs.latents.fitted[:, :2], blobs.latents.held_out[:, :2], "umap")
    return {
        "latents": blobs.latents, "graph": blobs.graph, "features": blobs.features, "clustering": clustering,
        "map": points,
    }  # fmt: skip


def draw(*counts, seed=1):
    """New points of the groups 0, 1, …; from 3 on they are of groups that the run does not have."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(counts)), counts)
    return (10 * np.eye(8)[groups] + rng.normal(size=(len(groups), 8))).astype(np.float32), groups


def apply(inputs, points, **settings):
    new = NewImages(points, [f"new/{row}" for row in range(len(points))])
    return extend(Extend(**settings), new, IDENTITY, **inputs)


def test_images_of_known_groups_are_assigned_and_nothing_new_is_proposed(inputs):
    points, groups = draw(60, 20, 5)
    result = apply(inputs, points)
    clustering = result.artifacts["clustering"]
    assert result.images["cluster"].tolist() == groups.tolist()
    assert not result.images["is_new_cluster"].any()
    assert clustering.k == 3
    assert clustering.estimator is inputs["clustering"].estimator
    assert np.array_equal(clustering.fitted[:450], inputs["clustering"].fitted)
    assert result.summary_lines()[2].startswith("new      no cluster: 0 of 85 new images are unlike the fitted ones")


@pytest.mark.parametrize("counts", [(40, 0, 0), (0, 300, 0), (0, 0, 1)])
def test_other_frequencies_of_the_known_groups_are_nothing_new(inputs, counts):
    points, groups = draw(*counts)
    result = apply(inputs, points)
    assert result.artifacts["clustering"].k == 3
    assert len(result.images) == len(groups)


def test_unknown_groups_become_clusters_and_the_old_ones_stay_together(inputs):
    points, groups = draw(30, 30, 30, 120, 40)
    result = apply(inputs, points)
    clustering = result.artifacts["clustering"]
    assert clustering.k == 5
    assert result.clusters["size"].tolist() == [230, 180, 130, 120, 40]
    assert result.clusters["before"].tolist() == [0, 1, 2, -1, -1]
    assert result.images["cluster"].tolist() == groups.tolist()
    assert result.images["is_new_cluster"].tolist() == (groups >= 3).tolist()
    assert result.images["far"][groups >= 3].all()
    assert clustering.names == ["a", "", "c", "", ""]
    assert (clustering.estimator, clustering.numbering, clustering.scores) == (None, None, {})
    assert np.array_equal(clustering.held_out, inputs["clustering"].held_out)
    assert np.array_equal(clustering.confidence[:450], inputs["clustering"].confidence)
    assert clustering.centres.shape == (5, 8)
    for name in ("latents", "features", "map"):
        assert len(result.artifacts[name].fitted) == 450 + 250
    assert isinstance(result.artifacts["map"], Map)


def test_a_single_new_group_is_one_cluster(inputs):
    points, _ = draw(0, 0, 0, 90)
    result = apply(inputs, points)
    assert result.clusters["size"].tolist() == [200, 150, 100, 90]
    assert result.images["is_new_cluster"].all()


def test_large_new_clusters_change_the_numbers_and_the_summary_says_so(inputs):
    points, _ = draw(0, 0, 0, 170)
    result = apply(inputs, points)
    assert result.clusters["before"].tolist() == [0, -1, 1, 2]
    assert result.artifacts["clustering"].names == ["a", "", "", "c"]
    assert result.summary_lines()[-2:] == [
        "new      clusters 1 with 170 images: 170 of 170 new images are unlike the fitted ones",
        "numbers  1 → 2, 2 → 3",
    ]
    assert set(result.artifacts["clustering"].held_out) == {0, 2, 3}


def test_few_images_keep_their_clusters(inputs):
    points, _ = draw(30, 30, 30, 12)
    result = apply(inputs, points)
    assert result.artifacts["clustering"].k == 3
    assert "12 keep the assigned clusters" in result.note
    assert apply(inputs, points, min_size=10).artifacts["clustering"].k == 4


def test_new_clusters_can_be_turned_off(inputs):
    points, _ = draw(0, 0, 0, 90)
    result = apply(inputs, points, new_clusters=False)
    assert result.artifacts["clustering"].k == 3
    assert result.note == "extend.new_clusters=false; 90 of 90 new images are unlike the fitted ones"


def test_the_map_is_left_to_the_recipe_if_it_is_drawn_again(inputs):
    assert "map" not in apply(inputs, draw(5)[0], redraw_map=True).artifacts


def test_marks_and_noise_of_the_run_stay(inputs):
    clusters = np.array(inputs["clustering"].fitted)
    clusters[:4] = -1
    marks = np.zeros(450, np.int8)
    marks[:4] = 2
    edited = replace(inputs["clustering"], fitted=clusters, marks=marks)
    clustering = apply(inputs | {"clustering": edited}, draw(10, 10, 10, 50)[0]).artifacts["clustering"]
    assert (clustering.fitted[:4] == -1).all()
    assert clustering.marks.tolist() == [2] * 4 + [0] * 526


def test_an_extended_run_is_extended_again(inputs):
    first = apply(inputs, draw(0, 0, 0, 60)[0]).artifacts
    again = apply(inputs | first, draw(10, 10, 10, 30, seed=2)[0])
    assert again.artifacts["clustering"].k == 4
    assert again.images["cluster"].tolist() == [0] * 10 + [1] * 10 + [2] * 10 + [3] * 30


def test_novelty_does_not_depend_on_how_frequent_the_clusters_are():
    """Neighbours of a new image: j new ones and as many fitted ones as the frequency of its cluster implies."""
    fitted = np.repeat(np.arange(2, dtype=np.int32), (100, 400))
    assigned = np.zeros(50, np.int32)
    is_new = np.tile([True] * 10 + [False] * 20, (50, 1))
    indices = np.where(is_new, 500 + np.arange(30), np.arange(30)).astype(np.int32)
    _, novelty = BalancedNeighbors(indices, fitted, assigned).find_novel(0.8)
    assert novelty == pytest.approx(10 / (10 + 20 * 50 / 100 + 1))


def test_images_of_the_run_are_extended_by_their_own_copies_without_new_clusters(inputs):
    result = apply(inputs, inputs["latents"].fitted)
    assert not result.images["is_new_cluster"].any()
    assert (result.images["distance"] < 1e-2).all()


def test_the_tables_are_written(inputs, tmp_path):
    result = apply(inputs, draw(5, 5, 5)[0])
    assert result.save(tmp_path) == ["extend.csv", "clusters.csv"]
    header = (tmp_path / "extend.csv").read_text().splitlines()[0]
    assert header == "image,cluster,confidence,distance,far,novelty,is_new_cluster"
    assert result.metrics()["extend/images"] == 15
