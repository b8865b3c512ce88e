"""Autoencoders: the published tables, other image shapes, training, corruption, and the null models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from sklearn import decomposition

import pipeline.models.training as training
from pipeline.artifacts import Images, unit_range
from pipeline.config import Corruption, EarlyStopping, Model, Train
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.consistency import cross_correlation
from pipeline.models.corruption import affine, corrupt
from pipeline.models.layers import build_decoder, build_encoder, summarise
from pipeline.models.null import PCA, Pixels, fit_pca, fit_pixels

CONF = Path(__file__).parent.parent / "conf" / "model"

pytestmark = [
    # Keras copies a variable with np.array, which hands `copy` to TensorFlow's __array__, which does not know it.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"),
]


def load(name, **changes):
    tree = OmegaConf.create({"model": OmegaConf.load(CONF / f"{name}.yaml")})
    OmegaConf.update(tree, "model", changes, merge=True)
    return Model(**OmegaConf.to_container(tree.model, resolve=True))


def pair(model, shape):
    encoder = build_encoder(model.encoder, shape)
    return encoder, build_decoder(model.decoder, encoder, shape)


SMALL = load("conv64", latent_dim=8)


def fit(images, model=SMALL, recorder=None, **settings):
    settings = {"name": "test", "epochs": 1, "batch_size": 32} | settings
    return training.fit(model, Train(**settings), images, *([recorder] if recorder else []))


def weights(autoencoder):
    return [*autoencoder.encoder.get_weights(), *autoencoder.decoder.get_weights()]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(weights(one), weights(other), strict=True))


# Layer tables


@pytest.mark.parametrize(
    ("name", "bottleneck", "outputs", "parameters"),
    [
        ("conv64", (64,), ["14×14×32", "7×7×64", "3136", "64", "64"], 421_377 + 128),
        ("conv7x7x2", (7, 7, 2), ["28×28×16", "14×14×16", "14×14×2", "7×7×2"], 937),
    ],
)
def test_the_published_tables(name, bottleneck, outputs, parameters):
    encoder, decoder = pair(load(name), (28, 28, 1))
    rows = summarise(encoder, decoder)
    assert encoder.output_shape[1:] == bottleneck
    assert decoder.output_shape[1:] == (28, 28, 1)
    assert [row["output"] for row in rows if row["part"] == "encoder"] == outputs
    assert sum(row["parameters"] for row in rows) == encoder.count_params() + decoder.count_params() == parameters


@pytest.mark.parametrize("name", ["conv64", "conv7x7x2"])
@pytest.mark.parametrize("shape", [(8, 8, 1), (30, 30, 3), (12, 20, 1)])
def test_other_image_shapes_need_no_other_table(name, shape, tmp_path):
    built = training.KerasAutoencoder(*pair(load(name), shape))
    pixels = np.random.default_rng(0).random((5, *shape)).astype(np.float32)
    codes, decoded = built.encode(pixels), built.decode(built.encode(pixels))
    assert decoded.shape == pixels.shape
    assert codes.shape == (5, np.prod(built.bottleneck))
    built.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    np.testing.assert_array_equal(loaded.encode(pixels), codes)
    np.testing.assert_array_equal(loaded.decode(codes), decoded)
    assert loaded.summary == built.summary
    assert loaded.bottleneck == built.bottleneck


def test_encoding_in_batches_is_encoding_at_once():
    built = training.KerasAutoencoder(*pair(SMALL, (8, 8, 1)))
    pixels = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(built.encode(pixels, batch_size=3), built.encode(pixels), atol=1e-6)
    np.testing.assert_allclose(built.encode(pixels), built.encode(unit_range(pixels)), atol=1e-6)
    assert built.encode(pixels[:0]).shape == (0, 8)


@pytest.mark.parametrize("latent_dim", [1, 3])
def test_the_latent_size_reaches_the_bottleneck(latent_dim):
    encoder, _ = pair(load("conv64", latent_dim=latent_dim), (8, 8, 1))
    assert encoder.output_shape == (None, latent_dim)
    encoder, _ = pair(load("conv7x7x2", latent_channels=latent_dim), (28, 28, 1))
    assert encoder.output_shape == (None, 7, 7, latent_dim)


def layer(kind, **arguments):
    return {"_target_": f"keras.layers.{kind}", **arguments}


FLAT = [layer("Flatten"), layer("Dense", units=4)]
BACK = [layer("Dense", units="@size", activation="sigmoid"), layer("Reshape", target_shape=["@height", "@width", 1])]


@pytest.mark.parametrize(
    ("encoder", "decoder", "message"),
    [
        (
            [layer("Dense", units="@unknown")],
            BACK,
            r"^model\.encoder\[0\]: @unknown is unknown here; there are @height",
        ),
        # Without a Flatten there is no map for the decoder to mirror.
        (
            [layer("Conv2D", filters=1, kernel_size=1)],
            [layer("Dense", units="@map_size")],
            r"^model\.decoder\[0\]: @map_size",
        ),
        (
            [layer("Flatten"), layer("Conv2D", filters=1, kernel_size=1)],
            BACK,
            r"^model\.encoder\[1\]: keras\.layers\.Conv2D does not fit onto \(64,\): .* expected min_ndim=4, found",
        ),
        (
            FLAT,
            [BACK[0], layer("Reshape", target_shape=[7, 7, 1])],
            r"^model\.decoder\[1\]: keras\.layers\.Reshape does not fit onto \(64,\): The total size",
        ),
        ([{"units": 3}], BACK, r"^model\.encoder\[0\]: has no _target_"),
        ([layer("Dense", unitz=3)], BACK, r"^model\.encoder\[0\]: keras\.layers\.Dense could not be built"),
        ([layer("Dens", units=3)], BACK, r"^model\.encoder\[0\]: keras\.layers\.Dens cannot be imported"),
        (FLAT, [layer("Dense", units=9)], r"^model\.decoder: it makes \(9,\) from images of \(8, 8, 1\)"),
        (
            FLAT,
            [layer("Dense", units=9), layer("Reshape", target_shape=[3, 3, 1])],
            r"^model\.decoder: it makes \(3, 3, 1\)",
        ),
        ([], BACK, r"^model\.encoder: has no layers"),
        (FLAT, [], r"^model\.decoder: has no layers"),
    ],
)
def test_a_table_that_does_not_fit_names_the_layer(encoder, decoder, message):
    with pytest.raises(UserError, match=message):
        pair(Model(name="broken", encoder=encoder, decoder=decoder), (8, 8, 1))


def conv(size, stride=1):
    return layer("Conv2D", filters=1, kernel_size=size, strides=stride, padding="same")


POOL = layer("MaxPooling2D", pool_size=2, padding="same")


@pytest.mark.parametrize(
    ("table", "fields"),
    [
        ([conv(3), POOL, conv(3), POOL], [3, 4, 8, 10]),
        ([conv(2, 2), conv(2, 2), layer("Flatten"), layer("Dense", units=2)], [2, 4, 4, 28]),
        ([conv(5, 2), conv(5, 2), conv(3)], [5, 13, 21]),
        ([conv(3, 2)] * 4, [3, 7, 15, 28]),  # never more than the image
    ],
)
def test_receptive_fields_worked_by_hand(table, fields):
    encoder = build_encoder(table, (28, 28, 1))
    rows = summarise(encoder, build_encoder([conv(1)], (28, 28, 1)))
    assert [row["receptive_field"] for row in rows] == [*fields, None]


# Training


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


# Corruption


@pytest.fixture(scope="module")
def batch(images):
    return unit_range(images.train[:64])


def apply(batch, seed=(3, 4), **settings):
    return np.asarray(corrupt(batch, np.array(seed, np.int32), Corruption(**settings)))


KINDS = {"noise": 0.2, "mask": 0.3, "rotate": 30.0, "shift": 0.2, "scale": 0.3, "shear": 0.3}


@pytest.mark.parametrize("kind", KINDS)
def test_every_corruption_changes_pixels_and_nothing_else(batch, kind):
    changed = apply(batch, **{kind: KINDS[kind]})
    assert changed.shape == batch.shape
    assert changed.dtype == batch.dtype
    assert 0 <= changed.min() < changed.max() <= 1
    touched = np.abs(changed - batch).reshape(len(batch), -1).max(axis=1) > 0.01
    assert touched.mean() > 0.9  # a draw may be near zero
    np.testing.assert_array_equal(changed, apply(batch, **{kind: KINDS[kind]}))
    assert not np.array_equal(changed, apply(batch, seed=(3, 8), **{kind: KINDS[kind]}))


def test_no_corruption_is_the_identity(batch):
    np.testing.assert_array_equal(apply(batch), batch)
    none = affine(batch, np.array([0, 0], np.int32), Corruption())
    np.testing.assert_allclose(none, batch, atol=1e-5)


def test_a_shift_moves_an_image_and_keeps_its_mass():
    dot = np.zeros((40, 20, 20, 1), np.float32)
    dot[:, 8:12, 8:12] = 1
    moved = apply(dot, shift=0.2)
    np.testing.assert_allclose(moved.sum(axis=(1, 2, 3)), 16, rtol=1e-4)
    for axis in (1, 2):
        centre = moved.sum(axis=(3 - axis, 3)) @ np.arange(20) / 16 - 9.5
        assert np.abs(centre).max() <= 4 + 1e-3  # a fifth of twenty, each way
        assert centre.min() < -2 < 2 < centre.max()


def test_a_rotation_keeps_what_lies_in_the_centre():
    dot = np.zeros((20, 21, 21, 1), np.float32)
    dot[:, 10, 10] = 1
    np.testing.assert_allclose(apply(dot, rotate=180.0)[:, 10, 10, 0], 1, atol=1e-4)


def test_the_share_that_is_masked_and_the_spread_of_the_noise():
    grey = np.full((50, 20, 20, 1), 0.5, np.float32)
    assert (apply(grey, mask=0.3) == 0).mean() == pytest.approx(0.3, abs=0.02)
    assert apply(grey, noise=0.1).std() == pytest.approx(0.1, abs=0.005)


# Null models


def test_pixels_are_their_own_latents(images, tmp_path):
    model = fit_pixels(Model(name="pixels"), Train(name="test"), images)
    codes = model.encode(images.fitted)
    assert codes.shape == (96, 64)
    np.testing.assert_array_equal(model.decode(codes), unit_range(images.fitted))
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, Pixels)
    np.testing.assert_array_equal(loaded.decode(loaded.encode(images.held_out)), unit_range(images.held_out))


def test_pca_is_scikit_learns(images, tmp_path):
    model = fit_pca(load("pca", latent_dim=7), Train(name="test"), images)
    reference = decomposition.PCA(7, svd_solver="full").fit(unit_range(images.train).reshape(96, -1))
    held = unit_range(images.held_out).reshape(32, -1)
    codes = model.encode(images.held_out, batch_size=10)
    np.testing.assert_allclose(np.abs(codes), np.abs(reference.transform(held)), atol=1e-4)
    restored = np.clip(reference.inverse_transform(reference.transform(held)), 0, 1)
    np.testing.assert_allclose(model.decode(codes).reshape(32, -1), restored, atol=1e-4)
    assert model.encode(images.train[:0]).shape == (0, 7)
    model.save(tmp_path)
    loaded = Autoencoder.load(tmp_path)
    assert isinstance(loaded, PCA)
    np.testing.assert_array_equal(loaded.encode(images.held_out, batch_size=10), codes)


@pytest.mark.parametrize("latent_dim", [None, 65])
def test_pca_cannot_have_more_components_than_pixels(images, latent_dim):
    with pytest.raises(UserError, match=rf"model\.latent_dim = {latent_dim}: .* 1 to 64"):
        fit_pca(Model(name="pca", latent_dim=latent_dim), Train(name="test"), images)


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_null_models_fit_the_part_that_is_asked_for(images, split):
    fitted = Images(images.part(split), images.test[:0])
    model = Model(name="pca", latent_dim=3)
    wanted = fit_pca(model, Train(name="test"), fitted)
    np.testing.assert_array_equal(fit_pca(model, Train(name="test", split=split), images).mean, wanted.mean)
