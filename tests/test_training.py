"""Training: what it is fed, what it lowers and tells, when it stops, and the term that draws two copies together."""

from dataclasses import replace

import numpy as np
import pytest

import pipeline.models.training as training
from pipeline.artifacts import unit_range
from pipeline.config import Corruption, EarlyStopping, Model, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.consistency import cross_correlation
from pipeline.models.corruption import corrupt
from tests.networks import BACK, FLAT, SMALL, fit, layer, same, weights

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


EVERYTHING = {
    "epochs": 1,
    "min_steps": 10,  # 96 images in batches of 32: three steps an epoch, so four epochs
    "learning_rate": 0.01,
    "corruption": Corruption(noise=0.05, mask=0.05, rotate=5.0, shift=0.05, scale=0.05, shear=0.05),
}


@pytest.fixture(scope="module")
def trained(images, module_recorder):
    """An autoencoder trained for a few epochs on corrupted images, and what the observer heard of it."""
    return fit(images, recorder=module_recorder, seed=2**32 - 1, **EVERYTHING), module_recorder


def test_training_lowers_the_loss_on_both_parts(trained, images):
    autoencoder, _ = trained
    for name in ("loss", "val_loss"):
        losses = [row[name] for row in autoencoder.history]
        assert losses[-1] < 0.9 * losses[0]
    clean = unit_range(images.held_out)
    error = np.mean((autoencoder.decode(autoencoder.encode(images.held_out)) - clean) ** 2)
    assert error == pytest.approx(autoencoder.history[-1]["val_loss"], rel=1e-4)


def test_the_observer_hears_every_epoch_and_the_end(trained):
    autoencoder, recorder = trained
    assert [epoch for epoch, _ in recorder.epochs] == [1, 2, 3, 4]
    for (_, heard), row in zip(recorder.epochs, autoencoder.history, strict=True):
        assert heard == pytest.approx(row)
    done = [step for step, _ in recorder.steps]
    assert done == sorted(done)
    assert recorder.steps[-1] == (4, 4)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(trained, images):
    assert same(trained[0], fit(images, seed=2**32 - 1, **EVERYTHING))
    assert not same(trained[0], fit(images, seed=6, **EVERYTHING))


def test_a_saved_autoencoder_encodes_the_same_and_remembers_its_training(trained, images, tmp_path):
    trained[0].save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    np.testing.assert_array_equal(loaded.encode(images.held_out), trained[0].encode(images.held_out))
    assert loaded.history == trained[0].history
    assert loaded.metrics() == trained[0].metrics()
    assert loaded.parameters == sum(weight.size for weight in weights(loaded))


def test_min_steps_prolongs_the_training_of_a_small_set(trained):
    assert len(trained[0].history) == 4


def test_early_stopping_stops_and_keeps_the_best_weights(images):
    stopping = EarlyStopping(patience=2, min_delta=100.0)  # nothing improves that much: the first epoch stays the best
    split = {"validation_fraction": 0.2, "schedule": "constant", "steps_per_execution": 1}
    stopped = fit(images, epochs=9, early_stopping=stopping, **split)
    assert len(stopped.history) == 3
    assert same(stopped, fit(images, epochs=1, **split))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"optimizer": {"_target_": "keras.optimizers.Adamm"}}, r"train\.optimizer: keras\.optimizers\.Adamm"),
        ({"optimizer": {"_target_": "keras.optimizers.SGD"}, "learning_rate": 1e38, "loss": "mae"}, None),
    ],
)
def test_training_that_cannot_work_says_why(images, settings, message):
    if message is None:
        autoencoder = Model(name="linear", encoder=FLAT, decoder=[layer("Dense", units=64), BACK[1]])
        with pytest.raises(UserError, match=r"the loss became .* in epoch \d+; lower train\.learning_rate"):
            fit(images, autoencoder, epochs=3, **settings)
    else:
        with pytest.raises(UserError, match=message):
            fit(images, **settings)


def test_a_latent_size_that_the_table_does_not_give_is_refused(images):
    with pytest.raises(UserError, match=r"model\.latent_dim = 5: but the encoder ends in \(8,\)"):
        fit(images, SMALL.model_copy(update={"latent_dim": 5}))


@pytest.mark.parametrize(
    ("settings", "fitted", "held"),
    [
        ({}, 96, 32),
        ({"validate_on": "none"}, 96, 0),
        ({"validation_fraction": 0.25}, 72, 24),
        ({"split": "all"}, 128, 0),
        ({"split": "test"}, 32, 0),
    ],
)
def test_what_is_trained_on_and_what_is_validated_on(images, settings, fitted, held):
    parts = training._split(Train(name="test", **settings), images)
    assert [len(part) for part in parts] == [fitted, held]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"), [(10, 4, [4, 4, 2]), (9, 8, [5, 4]), (12, 4, [4, 4, 4]), (3, 8, [3])]
)
def test_an_epoch_sees_every_image_once_in_batches_as_equal_as_can_be(dtype, n, batch_size, sizes):
    numbers = np.arange(n, dtype=dtype) * 20
    pixels = np.broadcast_to(numbers[:, None, None, None], (n, 2, 2, 1)) / (1 if dtype == np.uint8 else 255)
    steps, _ = training.length(Train(name="test", batch_size=batch_size), n)
    stream = training.batches(pixels.astype(dtype), Train(name="test", batch_size=batch_size)).as_numpy_iterator()
    orders = []
    for _ in range(3):
        epoch = [next(stream) for _ in range(steps)]
        assert [len(clean) for _, clean in epoch] == sizes
        for (corrupted, _), clean in epoch:
            np.testing.assert_array_equal(corrupted, clean)
        orders.append(np.concatenate([clean[:, 0, 0, 0] for _, clean in epoch]) * 255)
        np.testing.assert_allclose(np.sort(orders[-1]), numbers, atol=1e-4)
    assert not np.array_equal(orders[0], orders[1]) or not np.array_equal(orders[0], orders[2])


def test_each_epoch_is_corrupted_anew():
    pixels = np.full((4, 8, 8, 1), 0.5, np.float32)
    settings = Train(name="test", batch_size=4, corruption=Corruption(noise=0.1))
    stream = training.batches(pixels, settings).as_numpy_iterator()
    ((first, beside), clean), ((second, _), _) = next(stream), next(stream)
    np.testing.assert_array_equal(clean, pixels)
    np.testing.assert_array_equal(beside, clean)
    assert not np.allclose(np.sort(first.ravel()), np.sort(second.ravel()))


@pytest.mark.parametrize("steps", [1, 7, 12, 50, 94, 235])
def test_an_execution_divides_the_epoch(steps):
    size = training.divisor(steps, 50)
    assert steps % size == 0
    assert not [larger for larger in range(size + 1, 51) if steps % larger == 0]


# Consistency


def test_codes_that_agree_and_repeat_nothing_cost_nothing():
    code = np.random.default_rng(0).normal(size=(20000, 6)).astype(np.float32)
    assert float(cross_correlation(code, 3 * code + 1)) < 1e-3


def test_codes_that_do_not_agree_cost_one_and_repeated_dimensions_cost_the_redundancy():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 20000, 6)).astype(np.float32)
    assert float(cross_correlation(one, other)) == pytest.approx(1, abs=0.05)
    repeated = np.repeat(one[:, :1], 6, axis=1)
    assert float(cross_correlation(repeated, repeated, redundancy=0.01)) == pytest.approx(0.01 * 5, abs=1e-3)


def test_consistency_draws_the_codes_of_both_copies_together(images):
    def distance(weight):
        settings = {"consistency": weight, "corruption": Corruption(noise=0.3), "min_steps": 30}
        encode = fit(images, **settings).encode
        clean = unit_range(images.train)
        noisy = np.asarray(corrupt(clean, np.array([1, 2], np.int32), Corruption(noise=0.3)))
        one, two = encode(clean), encode(noisy)
        return np.mean([np.corrcoef(one[:, i], two[:, i])[0, 1] for i in range(one.shape[1])])

    assert distance(5.0) > distance(0.0)


def test_the_loss_that_is_told_is_that_of_the_reconstruction_alone(images):
    few = replace(images, train=images.train[:3])  # two batches, of two images and of one
    settings = {"batch_size": 2, "epochs": 1, "learning_rate": 1e-9, "validate_on": "none"}
    told = [fit(few, **settings, consistency=weight).history[0]["loss"] for weight in (0.0, 5.0)]
    assert told[1] == pytest.approx(told[0], rel=1e-3)
