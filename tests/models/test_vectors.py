"""The model of vectors: normalisation, principal components, storage; and a run on vectors from end to end."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler, normalize

from pipeline.artifacts import Images
from pipeline.config import Model, Train
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.vectors import fit_vectors
from pipeline.runtime.errors import UserError
from tests.helpers import SMALL_REPORT, pipeline, summaries

VECTORS = np.random.default_rng(0).normal(3, [1, 2, 5, 0, 1e-3], (40, 5)).astype(np.float32)
TRAIN = Train(name="default")
CARDS = np.zeros((40, 2, 2, 1), np.uint8)


def image_set(vectors=VECTORS, train=30):
    return Images(CARDS[:train], CARDS[: len(vectors) - train], vectors=vectors, has_images=False)


def fit(**keys):
    return fit_vectors(Model(name="vectors", **keys), TRAIN, image_set())


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("none", lambda train, all_vectors: all_vectors),
        ("l2", lambda train, all_vectors: normalize(all_vectors)),
        ("standard", lambda train, all_vectors: StandardScaler().fit(train).transform(all_vectors)),
    ],
)
@pytest.mark.parametrize("latent_dim", [None, 3])
def test_latents_are_those_of_scikit_learn(rule, expected, latent_dim):
    model = fit(normalize=rule, latent_dim=latent_dim)
    fitted, held_out = (model.encode(part) for part in model.inputs(image_set()))
    latents = np.concatenate([fitted, held_out])
    reference = expected(VECTORS[:30], VECTORS)
    if latent_dim is None:
        np.testing.assert_allclose(latents, reference, rtol=1e-4, atol=1e-4)
    else:
        reference = PCA(latent_dim).fit(reference[:30]).transform(reference)
        np.testing.assert_allclose(np.abs(latents), np.abs(reference), rtol=1e-3, atol=1e-3)  # signs are arbitrary
    assert model.bottleneck == latents.shape[1:]


def test_whitened_latents_are_those_of_scikit_learn():
    model = fit(normalize="whiten", latent_dim=3)
    reference = PCA(3, whiten=True).fit(normalize(VECTORS[:30])).transform(normalize(VECTORS))
    np.testing.assert_allclose(np.abs(model.encode(VECTORS)), np.abs(normalize(reference)), rtol=1e-3, atol=1e-3)


def test_whitening_keeps_few_components_of_few_vectors(recorder):
    """With as many components as vectors, all whitened vectors are equally far apart."""
    few = image_set(VECTORS[:12], train=12)
    model = fit_vectors(Model(name="vectors", normalize="whiten", latent_dim=5), TRAIN, few, recorder)
    assert model.bottleneck == (3,)
    assert recorder.notes == ["model.latent_dim = 5 is lowered to 3: the components are computed from 12 vectors"]


def test_whitening_ignores_directions_without_variance():
    flat = VECTORS.copy()
    flat[:, 1:] = 1
    model = fit_vectors(Model(name="vectors", normalize="whiten", latent_dim=4), TRAIN, image_set(flat))
    latents = model.encode(flat)
    assert np.isfinite(latents).all()
    assert (latents.std(axis=0) > 1e-3).sum() <= 2, "length 1 bends one direction into two"


def test_a_stored_whitened_model_encodes_alike(tmp_path):
    model = fit(normalize="whiten", latent_dim=2)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(Autoencoder.load(tmp_path / "model").encode(VECTORS), model.encode(VECTORS))


def test_whitening_needs_components():
    with pytest.raises(
        UserError, match=r"^model\.normalize = 'whiten': needs principal components; set model\.latent_dim"
    ):
        fit(normalize="whiten")


def test_a_vector_of_length_0_stays():
    assert fit(normalize="l2").encode(np.zeros((1, 5))).tolist() == [[0] * 5]


def test_a_stored_model_encodes_alike(tmp_path):
    model = fit(normalize="standard", latent_dim=2)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(Autoencoder.load(tmp_path / "model").encode(VECTORS), model.encode(VECTORS))


def test_impossible_settings_are_refused():
    with pytest.raises(UserError, match=r"^model\.latent_dim = 6: the vectors have 5 dimensions; give at most 5"):
        fit(latent_dim=6)
    with pytest.raises(UserError, match=r"^model = vectors: images has images and no vectors"):
        fit_vectors(Model(name="vectors"), TRAIN, Images(CARDS, CARDS[:0]))


def test_more_components_than_vectors_are_lowered_with_a_note(recorder):
    few = Images(CARDS[:3], CARDS[:0], vectors=VECTORS[:3], has_images=False)
    model = fit_vectors(Model(name="vectors", latent_dim=4), TRAIN, few, recorder)
    assert model.bottleneck == (3,)
    assert recorder.notes[0].startswith("model.latent_dim = 4 is lowered to 3")


@pytest.mark.slow
def test_vectors_go_from_a_table_to_pages_and_new_ones_are_assigned(outputs):
    load_wine(as_frame=True).frame.to_csv(outputs / "wine.csv", index=False)
    words = [
        "data=vectors",
        "data.path=wine.csv",
        "model.normalize=standard",
        "manifold=none",
        "project=pca",
        "tracking.models=false",
    ]
    answer = pipeline(*words, "cluster=kmeans", "cluster.k=3", *SMALL_REPORT, outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    (summary,) = summaries(outputs)
    assert summary["metrics"]["train/accuracy_score"] > 0.9
    assert "reconstruction/train_mse" not in summary["metrics"]
    assert summary["data"]["dimensions"] == 13
    (report,) = outputs.glob("runs/*/*/report.html")
    assert "The item nearest to the mean vector of each cluster" in report.read_text(encoding="utf-8")
    answer = pipeline("stage=assign", "input=wine.csv", outputs=outputs)
    assert (answer.returncode, answer.stderr) == (0, "")
    assigned = pd.read_parquet(next(outputs.rglob("assigned.parquet")))
    sizes = assigned["cluster"].value_counts().tolist()
    assert (len(assigned), sum(sizes), len(sizes)) == (178, 178, 3)
    assert assigned["distance"].max() < 1e-3
