"""Artifacts: every one comes back from disk as it was, and none can be made that makes no sense."""

from dataclasses import fields, replace

import numpy as np
import pytest

from pipeline.artifacts import (
    Clustering,
    Features,
    Graph,
    Images,
    Labels,
    Latents,
    Map,
    NullClusterings,
    Scores,
    unit_range,
)


@pytest.fixture
def artifacts(blobs, images, labels):
    n, m = len(blobs.labels), len(blobs.held_labels)
    clusters, held = blobs.labels.astype(np.int32), blobs.held_labels.astype(np.int32)
    return [
        images,
        replace(images, test=images.test[:0], train_rows=np.arange(96)),
        labels,
        blobs.latents,
        blobs.graph,
        blobs.features,
        Features(blobs.latents.fitted[:, :2], blobs.latents.held_out[:, :2], "pca", np.zeros(8), np.eye(2, 8)),
        Map(blobs.latents.fitted[:, :2], blobs.latents.held_out[:, :2], "umap"),
        Clustering(
            clusters, held, np.ones(n, np.float32), np.ones(m, np.float32), np.eye(3, 8), "kmeans", ["sampled"],
            {"inertia": 1.5}, {"any": "object"}, np.arange(-1, 3),
        ),
        NullClusterings(np.arange(0, n, 2), np.stack([clusters[::2]] * 2)[:, None], ["pixels", "pca"], [64, 8], ["a"]),
        Scores({"train/ari_score": 0.5}, [{"cluster": 0, "size": 3}], np.eye(3, dtype=np.int64), [0, 1, 2], ["none"]),
    ]  # fmt: skip


def test_every_artifact_comes_back_as_it_was(artifacts, tmp_path):
    for place, artifact in enumerate(artifacts):
        folder = tmp_path / str(place)
        artifact.save(folder)
        loaded = type(artifact).load(folder)
        assert type(loaded) is type(artifact)
        for item in fields(artifact):
            before, after = getattr(artifact, item.name), getattr(loaded, item.name)
            if isinstance(before, np.ndarray):
                np.testing.assert_array_equal(after, before)
                assert after.dtype == before.dtype
                assert isinstance(after, np.memmap) or not after.size
                assert not after.flags.writeable or not after.size
            else:
                assert after == before
        assert loaded.metrics() == artifact.metrics()


FINE = np.zeros((4, 3, 3, 1), np.uint8)
PLANE = np.zeros((4, 2), np.float32)
BROKEN = np.array([[0, np.nan]], np.float32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Images(FINE, FINE, split="validation"), "split is 'validation'"),
        (lambda: Images(FINE[..., 0], FINE), r"shape \(4, 3, 3\)"),
        (lambda: Images(FINE, FINE.astype(int)), "int64, not uint8"),
        (lambda: Images(FINE, FINE[:, :2]), "differ in shape"),
        (lambda: Latents(FINE, PLANE, [2]), r"not \(n, d\)"),
        (lambda: Latents(BROKEN, PLANE, [2]), "not finite: training diverged"),
        (lambda: Graph(np.zeros((4, 2), np.int32), np.zeros((4, 3), np.float32), PLANE, PLANE), "a distance for each"),
        (lambda: Features(BROKEN, PLANE, "umap"), "umap gave coordinates that are not finite"),
        (lambda: Map(BROKEN, PLANE, "tsne"), "tsne gave coordinates"),
    ],
)
def test_what_makes_no_sense_cannot_be_made(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("array", "shape", "dtype"),
    [
        (np.zeros((5, 4, 3), np.uint8), (4, 3, 1), np.uint8),
        (np.zeros((5, 4, 3, 2)), (4, 3, 2), np.float32),
    ],
)
def test_a_plain_array_becomes_images_that_are_all_fitted(array, shape, dtype):
    images = Images.from_array(array)
    assert images.shape == shape
    assert images.fitted.dtype == dtype
    assert (len(images.fitted), len(images.held_out)) == (5, 0)


def test_the_unit_range_divides_bytes_alone():
    np.testing.assert_array_equal(unit_range(np.array([0, 51, 255], np.uint8)), np.array([0, 0.2, 1], np.float32))
    np.testing.assert_array_equal(unit_range(np.array([0, 0.5, 1])), np.array([0, 0.5, 1], np.float32))


def test_active_dimensions_are_those_that_vary():
    fitted = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    fitted[:, 1] = 3
    assert Latents(fitted, fitted[:0], [4]).metrics() == {"latent_size": 4, "latents/active_dimensions": 3}


def test_coverage_counts_noise_and_k_does_not():
    none = np.empty(0, np.float32)
    clusters = np.array([0, 0, 1, -1], np.int32)
    clustering = Clustering(
        clusters, clusters[:0], np.ones(4, np.float32), none, PLANE[:2], "hdbscan", [], {"inertia": 2.0}
    )
    assert clustering.metrics() == {"k": 2, "coverage": 0.75, "cluster/inertia": 2.0}


def test_labels_are_known_if_one_of_the_fitted_is():
    unknown, known = np.full(3, -1, np.int32), np.array([-1, 2], np.int32)
    assert not Labels(unknown, known).known
    assert Labels(unknown, known, split="all").known


def test_new_points_are_placed_as_the_method_places_them(blobs):
    latents, graph, fitted = blobs.latents, blobs.graph, blobs.latents.fitted
    rows = latents.held_out, graph.held_indices, graph.held_distances
    np.testing.assert_array_equal(blobs.features.place(*rows), latents.held_out)
    mean, axes = fitted.mean(axis=0), np.eye(2, 8, dtype=np.float32)
    linear = Features(fitted[:, :2], fitted[:0, :2], "pca", mean, axes).with_held_out(latents, graph)
    np.testing.assert_allclose(linear.held_out, latents.held_out[:, :2] - mean[:2], rtol=1e-5)
    other = Features(fitted[:, :2], fitted[:0, :2], "umap").with_held_out(latents, graph)
    lowest, highest = (f(fitted[graph.held_indices][:, :, :2], axis=1) for f in (np.min, np.max))
    assert ((lowest <= other.held_out) & (other.held_out <= highest)).all()
