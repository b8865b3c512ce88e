"""The number of clusters that `cluster.k=auto` chooses."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import homogeneity_score, silhouette_score

from pipeline.clustering.choose_k import LARGEST, choose_k
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.config import Cluster
from pipeline.config.compose import compose_config


def kmeans(**changes):
    return Cluster.model_validate(compose_config("cluster=kmeans", "cluster.k=auto").cluster.model_dump() | changes)


@pytest.mark.parametrize("sizes", [(60, 50), (40, 40, 40), (30,) * 6])
def test_separated_groups_are_counted(make_blobs, sizes):
    config, (note,) = choose_k(kmeans(), make_blobs(sizes=sizes).latents.fitted)
    assert config.k == config.estimator["n_clusters"] == len(sizes)
    assert note.startswith(f"cluster.k = auto: {len(sizes)} clusters have the highest silhouette, 0.")


@pytest.mark.slow
def test_the_choice_has_the_highest_silhouette_of_scikit_learn():
    points = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    scores = {
        k: silhouette_score(points, KMeans(k, n_init=3, random_state=0).fit_predict(points))
        for k in range(2, LARGEST + 1)
    }
    config, _ = choose_k(kmeans(seed=0), points)
    assert config.k == max(scores, key=lambda k: scores[k])


def test_a_given_number_is_kept(blobs):
    config = kmeans(k=4)
    assert choose_k(config, blobs.latents.fitted) == (config, [])


@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (3, 2)])
def test_few_points_have_few_clusters(n, k):
    config, _ = choose_k(kmeans(), np.arange(n, dtype=np.float32)[:, None])
    assert config.k == k


def test_equal_points_are_one_cluster():
    config, (note,) = choose_k(kmeans(), np.zeros((20, 2), np.float32))
    assert config.k == 1
    assert "nan" not in note


def test_other_values_named_auto_are_kept():
    estimator = {"_target_": "sklearn.cluster.KMeans", "n_clusters": "auto", "n_init": "auto"}
    config, _ = choose_k(kmeans(estimator=estimator), np.arange(20, dtype=np.float32)[:, None])
    assert config.estimator == estimator | {"n_clusters": config.k}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gmm", "kmeans", "agglomerative", "birch", "minibatch_kmeans", "spectral"])
def test_every_clusterer_takes_the_chosen_number(blobs, name, recorder):
    config = compose_config(f"cluster={name}", "cluster.k=auto").cluster
    clustering = fit_clusters(config, blobs.features, blobs.graph, blobs.latents, recorder)
    assert clustering.k == 3
    assert any(note.startswith(f"{name}: cluster.k = auto: 3 clusters") for note in recorder.notes)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # EVoC's
def test_evoc_needs_no_number(make_blobs, recorder):
    pytest.importorskip("evoc", reason="EVoC is not installed: pip install -e '.[evoc]'")
    blobs = make_blobs(sizes=(300, 250, 200), held=20)
    config = compose_config("cluster=evoc").cluster
    first, again = (fit_clusters(config, blobs.features, blobs.graph, blobs.latents, recorder) for _ in range(2))
    np.testing.assert_array_equal(first.fitted, again.fitted)
    clustered = first.fitted >= 0
    assert clustered.mean() > 0.5
    assert homogeneity_score(blobs.labels[clustered], first.fitted[clustered]) > 0.95, "groups may be split, not merged"
