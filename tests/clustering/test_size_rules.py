"""Parameters of a clusterer that follow from the number of images."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from pipeline import cluster_images
from pipeline.clustering.size_rules import suit_number_of_images
from tests import helpers

compose = partial(helpers.compose, outputs=Path("/nowhere"))


@pytest.mark.parametrize(
    ("n", "size", "samples"),
    [(60_000, 500, 10), (10_000, 83, 10), (1_797, 15, 10), (600, 5, 5), (50, 5, 5), (8, 4, 4), (3, 2, 2)],
)
def test_the_smallest_cluster_of_hdbscan_grows_with_the_number_of_images(n, size, samples):
    cluster, notes = suit_number_of_images(compose("cluster=hdbscan").cluster, n)
    assert (cluster.estimator["min_cluster_size"], cluster.estimator["min_samples"]) == (size, samples)
    assert notes == [f"min_cluster_size = {size}, min_samples = {samples}, for {n:,} images"]


def test_given_sizes_are_not_changed():
    words = "cluster.estimator.min_cluster_size=40", "cluster.estimator.min_samples=30"
    config = compose("cluster=hdbscan", *words).cluster
    assert suit_number_of_images(config, 60_000) == (config, [])
    only_samples = compose("cluster=hdbscan", words[1]).cluster
    assert suit_number_of_images(only_samples, 600)[0].estimator["min_samples"] == 30


@pytest.mark.parametrize("name", ["gmm", "kmeans", "birch"])
def test_clusterers_without_such_parameters_are_unchanged(name):
    config = compose(f"cluster={name}").cluster
    assert suit_number_of_images(config, 60_000) == (config, [])


@pytest.mark.parametrize(("name", "parameter"), [("gmm", "n_components"), ("kmeans", "n_clusters")])
def test_there_are_no_more_clusters_than_images(name, parameter):
    cluster, notes = suit_number_of_images(compose(f"cluster={name}").cluster, 4)
    assert cluster.k == cluster.estimator[parameter] == 4
    assert notes == ["cluster.k = 10 is lowered to 4: there are only 4 images to cluster"]


def test_a_clusterer_of_the_graph_has_fewer_clusters_than_images():
    cluster, _ = suit_number_of_images(compose("cluster=spectral").cluster, 10)
    assert cluster.k == cluster.estimator["n_clusters"] == 9


@pytest.mark.parametrize("name", ["gmm", "kmeans"])
def test_a_few_images_with_copies_are_clustered(name):
    images = np.random.default_rng(0).random((3, 8, 8)).astype(np.float32)[[0, 1, 2, 0, 1, 2, 0, 1]]
    result = cluster_images(images, "model=pixels", "manifold=none", "project=pca", f"cluster={name}")
    assert all(len(np.unique(result.clusters[copy::3])) == 1 for copy in range(3))
