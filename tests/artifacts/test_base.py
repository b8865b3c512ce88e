"""Artifacts: saving and loading restores every field, and invalid values are refused."""

from dataclasses import fields, replace

import numpy as np
import pytest

from pipeline.artifacts import (
    BaselineClusterings,
    Clustering,
    Features,
    Graph,
    Images,
    Latents,
    Map,
    Scores,
)


@pytest.fixture
def artifacts(blobs, images, labels):
    n, m = len(blobs.labels), len(blobs.held_labels)
    clusters, held_out = blobs.labels.astype(np.int32), blobs.held_labels.astype(np.int32)
    sample = np.arange(0, n, 2)
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
            clusters, held_out, np.ones(n, np.float32), np.ones(m, np.float32), np.eye(3, 8), "kmeans", ["sampled"],
            {"inertia": 1.5}, {"any": "object"}, np.arange(-1, 3),
        ),
        BaselineClusterings(sample, np.stack([clusters[sample]] * 2)[:, None], ["pixels", "pca"], [64, 8], ["a"]),
        BaselineClusterings.none(),
        Scores({"train/ari_score": 0.5}, [{"cluster": 0, "size": 3}], np.eye(3, dtype=np.int64), [0, 1, 2], ["none"]),
    ]  # fmt: skip


def test_saving_and_loading_restores_every_field(artifacts, tmp_path):
    for index, artifact in enumerate(artifacts):
        folder = tmp_path / str(index)
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


IMAGES = np.zeros((4, 3, 3, 1), np.uint8)
POINTS = np.zeros((4, 2), np.float32)
NOT_FINITE = np.array([[0, np.nan]], np.float32)


@pytest.mark.parametrize(
    ("create", "message"),
    [
        (lambda: Images(IMAGES, IMAGES, split="validation"), "split is 'validation'"),
        (lambda: Images(IMAGES[..., 0], IMAGES), r"shape \(4, 3, 3\)"),
        (lambda: Images(IMAGES, IMAGES.astype(int)), "int64, not uint8"),
        (lambda: Images(IMAGES, IMAGES[:, :2]), "differ in shape"),
        (lambda: Latents(IMAGES, POINTS, [2]), r"not \(n, d\)"),
        (lambda: Latents(NOT_FINITE, POINTS, [2]), "not finite: training diverged"),
        (
            lambda: Graph(np.zeros((4, 2), np.int32), np.zeros((4, 3), np.float32), POINTS, POINTS),
            "a distance for each",
        ),
        (lambda: Features(NOT_FINITE, POINTS, "umap"), "umap gave coordinates that are not finite"),
        (lambda: Map(NOT_FINITE, POINTS, "tsne"), "tsne gave coordinates"),
        (lambda: BaselineClusterings(np.arange(4), POINTS, ["pca"], [2]), r"not \(spaces, repeats, rows\)"),
        (lambda: BaselineClusterings(np.arange(4), POINTS[None], ["pca"], [2]), "a cluster for each row"),
    ],
)
def test_invalid_artifacts_are_refused(create, message):
    with pytest.raises(ValueError, match=message):
        create()
