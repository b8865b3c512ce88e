"""Checkpoints: an interrupted training resumes and ends with the same bits."""

import keras
import numpy as np
import pytest

from pipeline.config.compose import compose_config
from pipeline.models.baselines import PixelModel
from pipeline.models.checkpoint import Checkpoint, cached_array, read_arrays, write_arrays
from pipeline.models.refine.dec import refine_dec
from pipeline.models.refine.self_training import self_train
from pipeline.models.training import train_autoencoder
from tests.conftest import Recorder
from tests.networks import have_equal_weights

TABLES = (
    "model.encoder=[{_target_: keras.layers.Flatten}, {_target_: keras.layers.Dropout, rate: 0.3}, "
    "{_target_: keras.layers.Dense, units: 6}, {_target_: keras.layers.BatchNormalization}]",
    "model.decoder=[{_target_: keras.layers.Dense, units: '@size'}, "
    "{_target_: keras.layers.Reshape, target_shape: ['@height', '@width', '@channels']}]",
)
"""Layers with all state that a checkpoint must hold: dropout seeds and moving averages."""
BASE = (
    "data=digits", "model.latent_dim=6", "train.epochs=3", "train.min_steps=1", "train.batch_size=28",
    "train.corruption.rotate=0", "train.corruption.shift=0", "train.corruption.scale=0", "train.corruption.noise=0.2",
    *TABLES,
)  # fmt: skip
TRAININGS = {
    "a batch size that leaves a remainder": ("train.corruption.rotate=5",),
    "early stopping": (
        "train.validation_fraction=0.2", "train.early_stopping.patience=2", "train.early_stopping.min_delta=0.02",
        "train.epochs=20", "train.schedule=constant", "train.barlow_twins_weight=0",
    ),
    "momentum": (
        "train.optimizer._target_=keras.optimizers.SGD", "+train.optimizer.momentum=0.9", "train.batch_size=32",
    ),
}  # fmt: skip


class InterruptedTrainingError(Exception):
    """Stands for a kill."""


class InterruptingObserver(Recorder):
    """Has a scratch folder and interrupts the training at the n-th report; never by default."""

    def __init__(self, scratch, n=-1):
        super().__init__()
        self.scratch, self.n = scratch, n

    def report_metrics(self, step, metrics):
        super().report_metrics(step, metrics)
        if len(self.epochs) == self.n:
            raise InterruptedTrainingError


def interrupt(train, scratch, *reports):
    """Interrupt `train` at each of these reports, one after the other; each attempt resumes the one before."""
    for n in reports:
        with pytest.raises(InterruptedTrainingError):
            train(InterruptingObserver(scratch, n))


def assert_identical(first, second):
    assert have_equal_weights(first, second)
    assert first.history == second.history
    assert first.refinement == second.refinement


@pytest.fixture(scope="module")
def make_training(images):
    """A function that returns the training of a configuration, a function of the observer."""

    def make(*words):
        config = compose_config(*BASE, *words)
        return lambda observer: train_autoencoder(config.model, config.train, images, observer)

    return make


@pytest.mark.slow
@pytest.mark.parametrize("case", TRAININGS)
def test_an_interrupted_training_ends_with_the_same_bits(case, make_training, tmp_path):
    train = make_training(*TRAININGS[case])
    uninterrupted = Recorder()
    expected = train(uninterrupted)
    last = len(expected.history)
    assert last > 2
    interrupt(train, tmp_path, last)
    observer = InterruptingObserver(tmp_path)
    assert_identical(train(observer), expected)
    assert observer.notes == [f"resumed after epoch {last - 1} of an interrupted run"]
    assert observer.epochs == uninterrupted.epochs, "metrics of earlier epochs are reported again"
    assert observer.steps[0][0] > last - 1, "no epoch is trained twice"


@pytest.mark.slow
def test_a_training_interrupted_twice_ends_with_the_same_bits(make_training, tmp_path):
    train = make_training("train.epochs=4")
    interrupt(train, tmp_path, 2, 4)
    assert_identical(train(InterruptingObserver(tmp_path)), train(Recorder()))


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_checkpoint_is_ignored_with_a_note(damage, tmp_path):
    observer = InterruptingObserver(tmp_path)
    write_arrays(observer, "training", {"array": np.random.default_rng(0).random(1000)})
    file = tmp_path / "training.npz"
    content = file.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    damaged = {"truncated": content[: len(content) // 2], "flipped": flipped, "empty": b""}
    file.write_bytes(damaged[damage])
    assert read_arrays(observer, "training") == {}
    assert observer.notes == ["ignored the checkpoint training, which is damaged; restarting"]


def compiled(optimizer, value):
    """A compiled model of one layer with all weights set to `value`."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(optimizer, loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.set_weights([np.full(weight.shape, value) for weight in model.get_weights()])
    model.stop_training = False
    return model


def test_a_checkpoint_of_another_optimizer_is_ignored_with_a_note(tmp_path):
    observer, history = InterruptingObserver(tmp_path), [{"loss": 0.5}]
    Checkpoint(observer, "training", compiled("adam", 1.0)).save(history)
    other, same = compiled("sgd", 2.0), compiled("adam", 2.0)
    assert Checkpoint(observer, "training", other).restore() == []
    assert observer.notes == ["ignored the checkpoint training, which does not match the model; restarting"]
    assert (other.get_weights()[0] == 2).all()
    assert Checkpoint(observer, "training", same).restore() == history
    assert (same.get_weights()[0] == 1).all()


@pytest.mark.slow
def test_an_interrupted_dec_ends_with_the_same_bits(images, make_training, tmp_path):
    words = ("cluster.k=4", "refine=idec", "refine.update_interval=7", "refine.max_steps=21", "refine.tol=0")
    config = compose_config(*BASE, *words).refine
    trained = make_training("train.epochs=1")(Recorder())
    expected = refine_dec(config, trained, images)
    interrupt(lambda observer: refine_dec(config, trained, images, observer), tmp_path, 3)
    observer = InterruptingObserver(tmp_path)
    assert_identical(refine_dec(config, trained, images, observer), expected)
    assert len(observer.epochs) == len(expected.refinement) == 3
    assert observer.notes == ["resumed after epoch 2 of an interrupted run"]


@pytest.mark.slow
def test_self_training_interrupted_in_and_between_rounds_ends_with_the_same_bits(images, tmp_path):
    words = (
        "cluster.k=4", "manifold=none", "cluster=kmeans", "refine=self_training", "refine.rounds=2", "refine.epochs=2",
        "refine.min_steps=1", *(table.replace("model", "refine", 1) for table in TABLES),
    )  # fmt: skip
    config = compose_config(*BASE, *words).refine
    pixels = PixelModel(images.shape)
    expected = self_train(config, pixels, images)
    interrupt(lambda observer: self_train(config, pixels, images, observer), tmp_path, 1, 3, 4)
    observer = InterruptingObserver(tmp_path)
    assert_identical(self_train(config, pixels, images, observer), expected)
    assert len(observer.epochs) == len(expected.refinement)


def test_cached_array_is_computed_once_per_scratch_folder(tmp_path):
    observer, calls = InterruptingObserver(tmp_path), []

    def compute():
        calls.append(1)
        return np.arange(3)

    for _ in range(2):
        np.testing.assert_array_equal(cached_array(observer, "numbers", compute), np.arange(3))
    assert len(calls) == 1
    observer.scratch = None
    cached_array(observer, "numbers", compute)
    assert len(calls) == 2


def test_a_failed_write_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    observer = InterruptingObserver(tmp_path)
    write_arrays(observer, "training", {"array": np.arange(3)})

    def fail(stream, **_):
        stream.write(b"partial")
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="no space"):
        write_arrays(observer, "training", {"array": np.arange(4)})
    monkeypatch.undo()
    np.testing.assert_array_equal(read_arrays(observer, "training")["array"], np.arange(3))
    assert [file.name for file in tmp_path.iterdir()] == ["training.npz"]
