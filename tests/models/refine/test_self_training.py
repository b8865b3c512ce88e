"""Self-training: robustness to wrong labels, rounds, seeds and errors."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from pipeline.artifacts import Images
from pipeline.clustering import metrics
from pipeline.config.compose import compose_config
from pipeline.models.baselines import PixelModel
from pipeline.models.refine.self_training import fit_pseudo_labels, self_train
from pipeline.runtime.errors import UserError

WORDS = (
    "refine=self_training", "refine.epochs=1", "refine.min_steps=1", "manifold=none", "cluster=kmeans", "cluster.k=4",
)  # fmt: skip
LAYERS = (
    "refine.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dense, units: 6}]",
    "refine.decoder=[{_target_: keras.layers.Dense, units: '@size'}, "
    "{_target_: keras.layers.Reshape, target_shape: ['@height', '@width', '@channels']}]",
    *(f"refine.corruption.{name}=0" for name in ("rotate", "shift", "scale", "shear")),
)
"""A network and an input pipeline that are traced fast."""


@pytest.fixture(scope="module")
def digits():
    """720 images of the digits 0 to 3, and their classes."""
    data = load_digits(n_class=4)
    return Images.from_array((data.images / 16).astype(np.float32)), data.target.astype(np.int32)


@pytest.fixture(scope="module")
def images(digits):
    """The first 200 images."""
    return Images(digits[0].train[:200], digits[0].test)


def settings(*words):
    return compose_config(*WORDS, *words).refine


def refine(images, *words, **options):
    return self_train(settings(*LAYERS, *words), PixelModel(images.shape), images, **options)


@pytest.mark.slow
def test_wrong_labels_are_corrected(digits):
    """With a fifth of the labels wrong, the clusters of the network's codes are more accurate than these labels."""
    images, truth = digits
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(len(truth)) < 0.2, rng.integers(0, 4, len(truth)), truth).astype(np.int32)
    autoencoder = fit_pseudo_labels(settings("refine.min_steps=120"), labels, images, [])
    clusters = KMeans(4, n_init=10, random_state=0).fit_predict(autoencoder.encode(images.fitted))
    scores = [metrics.accuracy_score(metrics.contingency_matrix(truth, labelling)) for labelling in (labels, clusters)]
    assert scores[0] < 0.87
    assert scores[1] > 0.95


@pytest.mark.slow
def test_seed_determines_the_latents(images):
    first, again, other = (refine(images, f"seed={seed}").encode(images.fitted) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_history_and_progress_have_the_epochs_of_all_rounds(images, recorder):
    refined = refine(images, "refine.rounds=2", "refine.batch_size=100", "refine.epochs=2", observer=recorder)
    steps = [row["step"] for row in refined.refinement]
    assert steps == [2, 4, 6, 8]
    assert all(0 <= row["agreement"] <= 1 for row in refined.refinement)
    epochs = [done for done, total in recorder.steps if total == 4]
    assert epochs == sorted(epochs)
    assert epochs[-1] == 4
    assert refined.decode(refined.encode(images.fitted[:3])).shape == (3, 8, 8, 1)


@pytest.mark.slow
def test_noise_counts_as_disagreement(images):
    labels = np.full(len(images.fitted), -1, np.int32)
    labels[:2] = (0, 1)
    history = []
    fit_pseudo_labels(settings(*LAYERS), labels, images, history)
    assert history[0]["agreement"] <= 2 / len(labels)


def test_a_single_cluster_is_an_error(images):
    with pytest.raises(UserError, match=r"^refine = self_training: self-training needs at least 2 clusters, found 1"):
        refine(images, "cluster.k=1")
