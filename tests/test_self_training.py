"""Self-training: a network that forgives wrong labels, and the clusters that come out of its codes."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits

from pipeline import metrics
from pipeline.artifacts import Images
from pipeline.errors import UserError
from pipeline.models.null import Pixels
from tests.helpers import compose

QUICK = ("refine=self_training", "refine.epochs=1", "refine.min_steps=60", "manifold=none", "cluster=kmeans")


@pytest.fixture(scope="module")
def digits():
    found = load_digits(n_class=4)
    return Images.from_array((found.images / 16).astype(np.float32)), found.target.astype(np.int32)


def settings(*words):
    return compose("cluster.k=4", *QUICK, *words, outputs=Path("unused")).refine


def refine(images, *words):
    from pipeline.refining.self_training import fit

    return fit(settings(*words), Pixels(images.shape), images)


@pytest.mark.parametrize(("q", "expected"), [(1.0, 1 - 0.2), (0.7, (1 - 0.2**0.7) / 0.7), (1e-4, -np.log(0.2))])
def test_the_loss_lies_between_the_cross_entropy_and_the_absolute_error(q, expected):
    from pipeline.refining.student import forgiving

    probabilities = np.array([[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]], np.float32)
    loss = np.asarray(forgiving(probabilities, np.array([0, 1]), q))
    assert loss[0] == pytest.approx(expected, rel=1e-3)
    assert loss[1] == pytest.approx(0, abs=1e-6)


def test_a_wrong_fifth_is_forgiven(digits):
    """Codes of a network that was taught labels of which a fifth is wrong cluster more rightly than those labels."""
    from pipeline.refining.self_training import learn

    images, truth = digits
    rng = np.random.default_rng(0)
    taught = np.where(rng.random(len(truth)) < 0.2, rng.integers(0, 4, len(truth)), truth).astype(np.int32)
    autoencoder = learn(settings("refine.min_steps=120"), taught, images, [])
    found = KMeans(4, n_init=10, random_state=0).fit_predict(autoencoder.encode(images.fitted))
    scores = [metrics.accuracy_score(metrics.contingency_matrix(truth, labels)) for labels in (taught, found)]
    assert scores[0] < 0.87
    assert scores[1] > 0.95


def test_the_same_seed_gives_the_same_bits_and_another_does_not(digits):
    images = digits[0]
    first, again, other = (refine(images, f"seed={seed}").encode(images.fitted) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_round_has_its_epochs(digits):
    images = digits[0]
    refined = refine(images, "refine.rounds=2", "refine.min_steps=6", "refine.epochs=2")
    steps = [row["step"] for row in refined.refinement]
    assert len(steps) >= 4
    assert steps == sorted(set(steps))
    assert all(0 <= row["agreement"] <= 1 for row in refined.refinement)
    assert refined.decode(refined.encode(images.fitted[:3])).shape == (3, 8, 8, 1)


def test_one_cluster_teaches_nothing(digits):
    with pytest.raises(UserError, match=r"^refine = self_training: 1 clusters were found"):
        refine(digits[0], "cluster.k=1")
