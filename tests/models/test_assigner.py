"""The assigner: clusters, confidence and distance of new images, stored and loaded."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Features, Latents
from pipeline.artifacts.features import Map
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.config import Cluster
from pipeline.embedding.neighbors import approximate, exact
from pipeline.embedding.placement import place_held_out
from pipeline.models.assigner import PARTS, Assigner, _load_pyfunc
from pipeline.models.baselines import PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.project import project
from tests.helpers import compose

KMEANS = Cluster(
    name="kmeans",
    k=5,
    estimator={"_target_": "sklearn.cluster.KMeans", "n_clusters": 5, "n_init": 3, "random_state": 0},
)


@pytest.fixture(scope="module")
def artifacts(images):
    """What a run on 96 digits stores, with the pixels as latents."""
    model = PixelModel(images.shape)
    latents = Latents(model.encode(images.fitted), model.encode(images.held_out), [8, 8, 1])
    graph = exact(latents, 10)
    features = Features(latents.fitted, latents.held_out, "latents")
    clustering = fit_clusters(KMEANS, features, graph, latents)
    return dict(zip(PARTS, (model, latents, graph, features, clustering), strict=True))


@pytest.fixture(scope="module")
def assigner(artifacts):
    return Assigner.from_artifacts(**artifacts, shape=(8, 8, 1))


def test_fitted_images_get_their_own_cluster_and_are_near(assigner, artifacts, images):
    table = assigner(images.fitted)
    assert list(table.columns) == ["cluster", "confidence", "distance", "far"]
    np.testing.assert_array_equal(table["cluster"], artifacts["clustering"].fitted)
    assert not table["far"].any()
    assert table["distance"].max() < 1e-2


def test_images_get_the_coordinates_of_the_run_on_its_map(artifacts, images):
    latents, graph = artifacts["latents"], artifacts["graph"]
    points = np.random.default_rng(0).normal(size=(len(latents.fitted), 2)).astype(np.float32)
    drawn = place_held_out(Map(points, points[:0], "umap"), latents, graph)
    table = Assigner.from_artifacts(**artifacts, map=drawn)(images.held_out)
    assert table["x"].dtype == table["y"].dtype == np.float32
    np.testing.assert_allclose(table[["x", "y"]], drawn.held_out, rtol=1e-5)


def test_a_linear_map_transforms_new_images_as_held_out_ones(artifacts, images):
    config = compose("data=digits", "project=pca", outputs="x").project
    drawn = project(config, artifacts["latents"], artifacts["graph"])
    table = Assigner.from_artifacts(**artifacts, map=drawn)(images.held_out)
    np.testing.assert_allclose(table[["x", "y"]], drawn.held_out, rtol=1e-4, atol=1e-4)


def test_a_served_model_of_vectors_refuses_numbers_that_are_not_finite():
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    latents = Latents(vectors, vectors[:0], [6])
    graph, features = exact(latents, 5), Features(vectors, vectors[:0], "latents")
    clustering = fit_clusters(KMEANS, features, graph, latents)
    parts = dict(zip(PARTS, (PixelModel((1, 1, 6)), latents, graph, features, clustering), strict=True))
    served = Assigner.from_artifacts(**parts, shape=(6,))
    vectors[3, 2] = np.nan
    with pytest.raises(UserError, match="1 vector in the request holds NaN"):
        served.predict(vectors)


def test_held_out_images_get_the_cluster_of_the_run(assigner, artifacts, images):
    np.testing.assert_array_equal(assigner(images.held_out)["cluster"], artifacts["clustering"].held_out)


@pytest.mark.parametrize(
    "search",
    [exact, partial(exact, metric="cosine"), partial(approximate, exact_up_to=40, probes=1)],
    ids=["exact", "cosine", "approximate"],
)
@pytest.mark.parametrize("can_transform", [True, False])
@pytest.mark.parametrize("k", [1, 5, 20, 40])
def test_new_images_are_assigned_as_held_out_ones_with_any_number_of_neighbours(images, search, can_transform, k):
    pixels = np.concatenate([images.fitted, images.held_out])
    model = PixelModel(images.shape)
    latents = Latents(model.encode(pixels[:80]), model.encode(pixels[80:]), [8, 8, 1])
    graph = search(latents, k)
    method = "latents" if can_transform else "a map"
    features = place_held_out(
        Features(latents.fitted[:, 20:30] if not can_transform else latents.fitted, None, method), latents, graph
    )
    clustering = fit_clusters(KMEANS, features, graph, latents)
    table = Assigner.from_artifacts(model, latents, graph, features, clustering)(pixels[80:])
    np.testing.assert_array_equal(table["cluster"], clustering.held_out)
    np.testing.assert_allclose(table["confidence"], clustering.held_confidence, rtol=1e-5)


def test_an_assigner_of_an_earlier_version_votes_among_as_many_neighbours_as_it_did(assigner, tmp_path):
    assigner.save(tmp_path)
    (tmp_path / "assigner.json").write_text(json.dumps({"reach": 1.5}))
    loaded = Assigner.load(tmp_path)
    assert (loaded.reach, loaded.k, loaded.shape) == (1.5, 15, None)


def test_noise_is_far(assigner):
    noise = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 1), np.uint8)
    assert assigner(noise)["far"].all()


def test_a_smaller_quantile_calls_more_images_far(artifacts, images):
    shares = [
        Assigner.from_artifacts(**artifacts, far_quantile=q)(images.held_out)["far"].mean() for q in (0.2, 0.9, 1)
    ]
    assert shares[0] > shares[1] >= shares[2]


@pytest.mark.parametrize(
    "convert",
    [
        np.copy,
        lambda pixels: pixels.astype(np.int64),
        lambda pixels: pixels / 255,
        lambda pixels: pixels.tolist(),
        lambda pixels: (pixels / 255).astype(np.float32).tolist(),
        lambda pixels: np.moveaxis(pixels, -1, 1),
        lambda pixels: pixels[..., 0],
        lambda pixels: pd.DataFrame({"images": list(pixels.reshape(len(pixels), -1))}),
        lambda pixels: pd.DataFrame({"images": pixels.tolist()}),
    ],
    ids=[
        "uint8",
        "int64",
        "float64",
        "integers of JSON",
        "fractions of JSON",
        "channels first",
        "grey",
        "flat",
        "nested",
    ],
)
def test_predict_reads_every_way_to_write_an_image_alike(assigner, images, convert):
    expected = assigner(images.held_out)
    table = assigner.predict(convert(images.held_out))
    np.testing.assert_array_equal(table["cluster"], expected["cluster"])
    np.testing.assert_allclose(table["distance"], expected["distance"], rtol=1e-5)
    np.testing.assert_array_equal(table["far"], expected["far"])


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"a": [[0.0] * 64], "b": [0]}),
        pd.DataFrame({"a": [[0.0] * 63]}),
        pd.DataFrame({"a": [[0.0] * 32] * 4}),
        pd.DataFrame({"a": []}),
    ],
)
def test_predict_refuses_tables_without_a_column_of_images(assigner, table):
    with pytest.raises(UserError, match=r"^inputs: "):
        assigner.predict(table)


@pytest.mark.parametrize("as_table", [False, True])
def test_a_request_of_too_many_images_is_refused_before_it_is_read(assigner, as_table):
    n = 2**26 // 64 + 1
    images = np.broadcast_to(np.zeros((8, 8, 1), np.uint8), (n, 8, 8, 1))
    table = pd.DataFrame({"image": np.broadcast_to(0, n)})
    message = (
        r"^inputs: 1,048,577 images of 64 values are more than a request may hold, 1,048,576 of them; send several"
    )
    with pytest.raises(UserError, match=message):
        assigner.predict(table if as_table else images)


def test_loaded_assigner_gives_the_same_table(assigner, images, tmp_path):
    assigner.save(tmp_path)
    assert json.loads((tmp_path / "assigner.json").read_text()) == {
        "reach": assigner.reach, "k": 10, "shape": [8, 8, 1], "is_8_bit": True, "metric": "euclidean",
    }  # fmt: skip
    for loaded in (Assigner.load(tmp_path), _load_pyfunc(str(tmp_path))):
        pd.testing.assert_frame_equal(loaded(images.held_out), assigner(images.held_out))
