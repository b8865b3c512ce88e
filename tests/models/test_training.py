"""Training: losses, reports, seeds, early stopping, splits and errors."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import pipeline.models.training as training
from pipeline.artifacts import Images, to_unit_range
from pipeline.config import Corruption, EarlyStopping, Model, Train
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.errors import UserError
from tests.helpers import compose
from tests.networks import (
    DENSE,
    DENSE_DECODER,
    DENSE_ENCODER,
    have_equal_weights,
    layer,
    load_model,
    train_model,
    weights,
)

TAIL = {"validation_fraction": 0.25, "validation_part": "tail"}

train_corrupted = partial(
    train_model,
    epochs=4,
    learning_rate=0.01,
    corruption=Corruption(noise=0.05, mask=0.05, rotate=5.0, shift=0.05, scale=0.05, shear=0.05),
)


@pytest.fixture(scope="module")
def trained(images, module_recorder):
    """An autoencoder trained on corrupted images for four epochs; `module_recorder` observed it."""
    return train_corrupted(images, recorder=module_recorder, seed=2**32 - 1)


def test_training_lowers_both_losses(trained, images):
    for name in ("loss", "val_loss"):
        losses = [row[name] for row in trained.history]
        assert losses[-1] < 0.9 * losses[0]
    error = np.mean((trained.decode(trained.encode(images.held_out)) - to_unit_range(images.held_out)) ** 2)
    assert error == pytest.approx(trained.history[-1]["val_loss"], rel=1e-4)


def test_observer_gets_every_epoch_and_the_progress(trained, module_recorder):
    assert [epoch for epoch, _ in module_recorder.epochs] == [1, 2, 3, 4]
    assert [metrics for _, metrics in module_recorder.epochs] == trained.history
    done = [step for step, _ in module_recorder.steps]
    assert done == sorted(done)
    assert module_recorder.steps[-1] == (4, 4)


def test_saved_autoencoder_has_the_same_latents_and_history(trained, images, tmp_path):
    trained.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    np.testing.assert_array_equal(loaded.encode(images.held_out), trained.encode(images.held_out))
    assert loaded.history == trained.history
    assert loaded.metrics() == trained.metrics()
    assert loaded.parameters == sum(weight.size for weight in weights(loaded))


def test_same_seed_gives_the_same_weights(trained, images):
    assert have_equal_weights(trained, train_corrupted(images, seed=2**32 - 1, validate_on="none"))


@pytest.mark.slow
def test_seed_determines_the_weights_of_a_convolutional_model(images):
    model = load_model("patch64", latent_dim=8)
    first, again, other = (train_corrupted(images, model, seed=seed) for seed in (1, 1, 2))
    assert have_equal_weights(first, again)
    assert not have_equal_weights(first, other)
    assert first.history == again.history
    assert first.history[-1]["val_loss"] < first.history[0]["val_loss"]


@pytest.mark.slow
def test_early_stopping_restores_the_best_weights(images):
    stopping = EarlyStopping(patience=2, min_delta=100.0)  # no improvement counts: the first epoch stays the best
    stopped = train_model(images, epochs=9, early_stopping=stopping, schedule="constant", **TAIL)
    losses = [row["val_loss"] for row in stopped.history]
    assert len(losses) == 3
    error = np.mean((stopped.reconstruct(images.train[72:]) - to_unit_range(images.train[72:])) ** 2)
    assert error == pytest.approx(losses[0], rel=1e-4)
    assert error != pytest.approx(losses[2], rel=1e-4)


@pytest.mark.slow
def test_epoch_size_shortens_the_epochs(images, recorder):
    trained = train_model(images, recorder=recorder, epoch_size=40, epochs=2, steps_per_execution=1, validate_on="none")
    assert len(trained.history) == 2
    assert [done for done, _ in recorder.steps] == [0.5, 1, 1.5, 2]


def test_a_diverged_loss_is_an_error(images):
    linear = Model(name="linear", encoder=DENSE_ENCODER, decoder=[layer("Dense", units=64), DENSE_DECODER[1]])
    settings = {"optimizer": {"_target_": "keras.optimizers.SGD"}, "learning_rate": 1e38, "loss": "mae"}
    with pytest.raises(UserError, match=r"the loss became .* in epoch \d+; lower train\.learning_rate"):
        train_model(images, linear, epochs=3, validate_on="none", **settings)


def test_an_unknown_optimizer_is_an_error(images):
    with pytest.raises(UserError, match=r"train\.optimizer: .*keras\.optimizers\.Adamm"):
        train_model(images, optimizer={"_target_": "keras.optimizers.Adamm"})


def test_a_latent_size_other_than_the_encoders_is_an_error(images):
    with pytest.raises(UserError, match=r"model\.latent_dim = 5: the encoder's output has shape \(4,\)"):
        train_model(images, DENSE.model_copy(update={"latent_dim": 5}))


@pytest.mark.parametrize(
    ("settings", "n_training", "n_validation"),
    [
        ({}, 96, 32),
        ({"validate_on": "none"}, 96, 0),
        ({"validation_fraction": 0.25}, 72, 24),
        ({"validation_fraction": 0.001}, 95, 1),
        (TAIL, 72, 24),
        ({"split": "all"}, 128, 0),
        ({"split": "test"}, 32, 0),
    ],
)
def test_split_into_training_and_validation_images(images, settings, n_training, n_validation):
    parts = training._split(Train(name="test", **settings), images)
    assert [len(part) for part in parts] == [n_training, n_validation]
    if settings == TAIL:
        np.testing.assert_array_equal(parts[1], images.train[72:])


def test_validation_images_are_a_random_part_that_the_seed_chooses():
    """On images sorted by class the last tenth would be of one class."""
    pixels = np.repeat(np.arange(10, dtype=np.uint8), 100)[:, None, None, None]
    images = Images(pixels, pixels[:0], "train", "sorted")
    first, again, other = (
        training._split(Train(name="test", validation_fraction=0.1, seed=seed), images) for seed in (1, 1, 2)
    )
    assert len(np.unique(first[1])) >= 9
    for part, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(part, same)
        assert not np.array_equal(part, different)
    np.testing.assert_array_equal(np.sort(np.concatenate(first), axis=0), pixels)


def test_the_published_experiment_validates_on_the_last_5000_images(tmp_path):
    train = compose("experiment=selu_transpose", outputs=tmp_path).train
    pixels = np.arange(60_000).reshape(-1, 1, 1, 1)
    fitted, validation = training._split(train, SimpleNamespace(part=lambda _: pixels))
    assert (len(fitted), len(validation)) == (55_000, 5_000)
    np.testing.assert_array_equal(validation, pixels[55_000:])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "foo"}, r"^train\.loss = 'foo': Keras has nothing of this name; give one such as mse$"),
        ({"metrics": ["foo"]}, r"^train\.metrics = 'foo': Keras has nothing of this name"),
        ({"split": "test"}, r"^train\.split = 'test': that part has 0 images; choose another$"),
    ],
)
def test_settings_that_keras_or_the_images_do_not_suit_are_refused(images, settings, message):
    only_train = Images(images.train, images.train[:0])
    with pytest.raises(UserError, match=message):
        train_model(only_train, **settings)
