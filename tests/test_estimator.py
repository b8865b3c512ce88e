"""The scikit-learn estimator: scikit-learn's own checks, its tools, and what the command line computes."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

from pipeline import LatentClusterer, cluster_images
from pipeline.runtime.errors import UserError
from tests.models.conftest import KERAS_COPY

KEYS = {"manifold": "none", "cluster": "kmeans", "project": "pca"}
QUICK = LatentClusterer(n_clusters=3, **KEYS)
SKIPPED = {"check_array_api_input"}
"""Checks that scikit-learn itself skips where an array library is not installed."""


@pytest.fixture(scope="module")
def vectors():
    return make_blobs(90, 6, centers=3, cluster_std=0.5, random_state=0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # checks pass arrays on purpose that libraries warn of
@pytest.mark.parametrize(
    ("estimator", "check"),
    list(estimator_checks_generator(QUICK, mark=None)),
    ids=lambda value: getattr(value, "func", value).__name__ if callable(value) else "",
)
def test_scikit_learns_checks_pass(estimator, check):
    name = check.func.__name__
    if name in SKIPPED:
        pytest.skip("scikit-learn skips it")
    check(estimator)


def test_vectors_are_clustered_assigned_and_mapped(vectors):
    points, groups = vectors
    fitted = clone(QUICK).fit(points)
    assert adjusted_rand_score(groups, fitted.labels_) == 1
    assert np.array_equal(fitted.predict(points), fitted.labels_)
    np.testing.assert_allclose(fitted.transform(points), points, rtol=1e-6)
    assert fitted.confidence_.shape == (90,)
    assert fitted.embedding_.shape == (90, 2)
    assert fitted.score(points) > 0.7


def test_a_second_fit_replaces_the_map(vectors):
    points, _ = vectors
    fitted = clone(QUICK).fit(points)
    assert fitted.embedding_.shape == (90, 2)
    assert fitted.fit(points[:60]).embedding_.shape == (60, 2)


def test_new_images_of_another_size_are_resized(images):
    digits = images.train[..., 0]
    fitted = LatentClusterer(n_clusters=3, model="pixels", **KEYS).fit(digits)
    assert fitted.n_features_in_ == digits[0].size
    enlarged = digits[:9].repeat(2, axis=1).repeat(2, axis=2)
    assert np.array_equal(fitted.predict(enlarged), fitted.labels_[:9])
    with pytest.raises(UserError, match="the array"):
        fitted.predict(digits[0])


def test_images_are_clustered_as_by_cluster_images(images):
    digits = images.train[..., 0]
    keys = {"model": "pca", "model__latent_dim": 8, **KEYS}
    fitted = LatentClusterer(n_clusters=6, random_state=3, **keys).fit(digits)
    expected = cluster_images(
        digits, "model=pca", "model.latent_dim=8", *(f"{k}={v}" for k, v in KEYS.items()), k=6, seed=3
    )
    assert np.array_equal(fitted.labels_, expected.clusters)
    assert np.array_equal(fitted.embedding_, expected.map.fitted)
    assert np.array_equal(fitted.predict(digits[:9]), expected.clusters[:9])
    assert fitted.transform(digits[:9]).shape == (9, 8)


def test_it_works_in_pipelines_and_gives_data_frames(vectors):
    points, groups = vectors
    labels = make_pipeline(StandardScaler(), clone(QUICK)).fit_predict(points)
    assert adjusted_rand_score(groups, labels) == 1
    frame = clone(QUICK).set_output(transform="pandas").fit_transform(pd.DataFrame(points))
    assert list(frame.columns) == [f"latentclusterer{i}" for i in range(6)]


@pytest.mark.slow
def test_a_grid_search_finds_the_number_of_clusters(vectors):
    search = GridSearchCV(clone(QUICK), {"n_clusters": [2, 3, 5], "model__normalize": ["none", "standard"]}, cv=2)
    search.fit(vectors[0])
    assert search.best_params_["n_clusters"] == 3


def test_keys_are_parameters(vectors):
    clusterer = LatentClusterer(n_clusters=4, cluster="kmeans", cluster__estimator__n_init=2)
    assert clusterer.get_params() == {
        "n_clusters": 4, "random_state": 42, "verbose": False, "cluster": "kmeans", "cluster__estimator__n_init": 2,
    }  # fmt: skip
    changed = clone(clusterer).set_params(n_clusters=3, manifold="none", random_state=np.random.RandomState(0))
    assert changed.fit(vectors[0]).labels_.max() == 2
    assert clusterer.get_params()["n_clusters"] == 4
    with pytest.raises(UserError, match=r"^cluster\.kk: no such key"):
        LatentClusterer(cluster__kk=3).fit(vectors[0])


def test_wrong_parameters_are_value_errors(vectors):
    for wrong in (LatentClusterer(n_clusters=0), LatentClusterer(n_clusters="x"), LatentClusterer(no_such=1)):
        with pytest.raises(ValueError, match=r"^(cluster\.k|no_such)"):
            wrong.fit(vectors[0])


@pytest.mark.parametrize(
    "text", ["/my nets (v2)/n.onnx", "it's", "a,b", 'say "hi"', "C:\\nets v2\\", 'q\\"z', "ünï", "a=b", "50 %"]
)
def test_text_reaches_the_configuration_as_it_is(text):
    (word, _) = LatentClusterer(data__path=text)._overrides(is_vectors=False)
    assert OverridesParser.create().parse_override(word).value() == text


def test_a_copy_has_its_own_parameters():
    first = LatentClusterer(model="pca")
    copy.copy(first).set_params(model="pixels")
    assert first.get_params()["model"] == "pca"


@pytest.mark.slow
@pytest.mark.filterwarnings(KERAS_COPY)
def test_a_fitted_estimator_of_images_can_be_pickled(images):
    digits = images.train[..., 0]
    keys = {"train__epochs": 1, "train__min_steps": 1, **KEYS}
    fitted = LatentClusterer(n_clusters=4, **keys).fit(digits)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(digits), fitted.predict(digits))
    assert np.array_equal(again.embedding_, fitted.embedding_)


def test_a_fitted_estimator_of_vectors_can_be_pickled(vectors):
    fitted = clone(QUICK).fit(vectors[0])
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(vectors[0]), fitted.labels_)
    assert np.array_equal(again.embedding_, fitted.embedding_)


def test_a_key_beside_its_parameter_and_too_large_values_are_refused(vectors):
    points, _ = vectors
    with pytest.raises(UserError, match="n_clusters and cluster__k are both set"):
        LatentClusterer(n_clusters=3, cluster__k=4).fit(points)
    with pytest.raises(UserError, match="random_state and seed are both set"):
        LatentClusterer(seed=4).fit(points)
    with pytest.raises(ValueError, match="too large for float32"):
        clone(QUICK).fit(points * 1e300)
    with pytest.raises(ValueError, match="too large for float32"):
        clone(QUICK).fit(points).predict(points * 1e300)
