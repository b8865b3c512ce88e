"""A training that is cut off goes on from its last epoch, to the same bits."""

import numpy as np
import pytest

from pipeline.models.base import Autoencoder
from pipeline.models.checkpoint import remembered
from tests.conftest import Recorder
from tests.helpers import compose

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]

TABLES = (
    "model.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dropout, rate: 0.3}, "
    "{_target_: keras.layers.Dense, units: 6}, {_target_: keras.layers.BatchNormalization}]",
    "model.decoder=[{_target_: keras.layers.Dense, units: '@size'}, "
    "{_target_: keras.layers.Reshape, target_shape: ['@height', '@width', '@channels']}]",
)
WORDS = ("data=digits", "model.latent_dim=6", "train.epochs=5", "train.min_steps=1", "train.batch_size=28", *TABLES)
STUDENT = (
    "refine.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dropout, rate: 0.3}, "
    "{_target_: keras.layers.Dense, units: 6}]",
    TABLES[1].replace("model", "refine"),
)
CASES = {
    "batches that leave a remainder": ("train.corruption.noise=0.2",),
    "early stopping": (
        "train.validation_fraction=0.2", "train.early_stopping.patience=3", "train.early_stopping.min_delta=0.02",
        "train.epochs=30", "train.schedule=constant",
    ),
    "momentum": (
        "train.optimizer._target_=keras.optimizers.SGD", "+train.optimizer.momentum=0.9", "train.batch_size=32",
    ),
}  # fmt: skip


class CutOffError(Exception):
    """In place of a kill."""


class CutOff(Recorder):
    """Lets a training die in an epoch."""

    def __init__(self, scratch, epoch):
        super().__init__()
        self.scratch, self.epoch = scratch, epoch

    def measured(self, step, metrics):
        super().measured(step, metrics)
        if len(self.epochs) == self.epoch:
            raise CutOffError


def going_on(make, scratch, epochs):
    """What `make` returns when it is cut off in each of the epochs, one after the other, and its last observer."""
    for epoch in epochs:
        with pytest.raises(CutOffError):
            make(CutOff(scratch, epoch))
    last = CutOff(scratch, -1)
    return make(last), last


def same(one: Autoencoder, other: Autoencoder):
    for part in ("encoder", "decoder"):
        for first, second in zip(getattr(one, part).variables, getattr(other, part).variables, strict=True):
            np.testing.assert_array_equal(first, second)
    assert one.history == other.history
    assert one.refinement == other.refinement


@pytest.mark.parametrize("case", CASES)
def test_a_training_that_was_cut_off_comes_to_the_same_bits(case, images, tmp_path):
    from pipeline.stages.train import train

    config = compose(*WORDS, *CASES[case], outputs=tmp_path)
    undisturbed = Recorder()
    whole = train(config.train, config.model, images, undisturbed)
    last = len(whole.history)
    assert last > 3
    resumed, observer = going_on(
        lambda observer: train(config.train, config.model, images, observer), tmp_path, (2, last)
    )
    same(resumed, whole)
    assert observer.notes == [f"goes on after epoch {last - 1}, where an earlier run was interrupted"]
    assert observer.epochs == undisturbed.epochs, "the curves are whole, the epochs before among them"
    assert observer.steps[0][0] > last - 1, "no epoch is trained again"


@pytest.fixture(scope="module")
def cut_off(images, tmp_path_factory):
    """A training in its whole, and the checkpoint of one that died in its last epoch, and of another optimizer's."""
    from pipeline.stages.train import train

    kept = []
    for words in ((), ("train.optimizer._target_=keras.optimizers.SGD",)):
        folder = tmp_path_factory.mktemp("scratch")
        config = compose(*WORDS, "train.epochs=2", *words, outputs=folder)
        with pytest.raises(CutOffError):
            train(config.train, config.model, images, CutOff(folder, 2))
        kept.append((folder / "training.npz").read_bytes())
    config = compose(*WORDS, "train.epochs=2", outputs=folder)
    return config, train(config.train, config.model, images), *kept


@pytest.mark.parametrize("harm", ["truncated", "flipped", "empty", "another optimizer's"])
def test_a_damaged_checkpoint_is_said_and_not_used(harm, cut_off, images, tmp_path):
    from pipeline.stages.train import train

    config, whole, kept, other = cut_off
    flipped = bytearray(kept)
    flipped[len(kept) // 2] ^= 1
    harmed = {"truncated": kept[: len(kept) // 2], "flipped": flipped, "empty": b"", "another optimizer's": other}
    (tmp_path / "training.npz").write_bytes(harmed[harm])
    observer = CutOff(tmp_path, -1)
    resumed = train(config.train, config.model, images, observer)
    (note,) = observer.notes
    assert note.startswith("the checkpoint training of an interrupted run")
    assert note.endswith("beginning anew")
    same(resumed, whole)


def refinement(images, *words):
    from pipeline.models.null import Pixels
    from pipeline.stages.refine import refine
    from pipeline.stages.train import train

    config = compose(*WORDS, "cluster.k=4", "manifold=none", "cluster=kmeans", *words, outputs="unused")
    trained = Pixels(images.shape) if config.refine.name == "self_training" else train(
        config.train, config.model, images
    )  # fmt: skip
    return lambda observer: refine(config.refine, trained, images, observer)


@pytest.mark.parametrize(
    ("words", "cuts"),
    [
        (("refine=idec", "refine.update_every=7", "refine.max_steps=28", "refine.tolerance=0"), (1, 4)),
        # Two rounds of two epochs: it dies in the first, before the second and in it.
        (("refine=self_training", "refine.rounds=2", "refine.epochs=2", "refine.min_steps=1", *STUDENT), (1, 3, 4)),
    ],
)
def test_a_refinement_that_was_cut_off_comes_to_the_same_bits(words, cuts, images, tmp_path):
    make = refinement(images, *words)
    whole = make(Recorder())
    resumed, observer = going_on(make, tmp_path, cuts)
    same(resumed, whole)
    assert len(observer.epochs) == len(whole.refinement)


def test_what_was_made_before_is_not_made_again(tmp_path):
    observer, made = CutOff(tmp_path, -1), []

    def make():
        made.append(1)
        return np.arange(3)

    for _ in range(2):
        np.testing.assert_array_equal(remembered(observer, "numbers", make), np.arange(3))
    assert len(made) == 1
    observer.scratch = None
    remembered(observer, "numbers", make)
    assert len(made) == 2
