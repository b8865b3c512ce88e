"""Convolutions of patches as products of matrices: the same outputs and gradients as Keras' own convolutions."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from pipeline.config.compose import compose_config
from pipeline.models.layers import build_decoder, build_encoder
from pipeline.models.patch_convolutions import run_layers, takes_patches

PATCHES = {
    "patches": layers.Conv2D(5, 4, strides=4, padding="same", activation="relu"),
    "pixels": layers.Conv2D(5, 1),
    "oblong patches": layers.Conv2D(3, (2, 4), strides=(2, 4), padding="valid", use_bias=False),
    "transposed": layers.Conv2DTranspose(5, 2, strides=2, padding="same", activation="sigmoid"),
    "transposed, valid": layers.Conv2DTranspose(2, (3, 2), strides=(3, 2), padding="valid"),
}
OTHERS = {
    "overlap": layers.Conv2D(5, 3, strides=2, padding="same"),
    "gaps": layers.Conv2D(5, 1, strides=2),
    "padding": layers.Conv2D(5, 3, strides=3, padding="same"),
    "groups": layers.Conv2D(4, 2, strides=2, groups=2),
    "regularized": layers.Conv2D(4, 2, strides=2, activity_regularizer="l2"),
    "transposed overlap": layers.Conv2DTranspose(5, 3, strides=2, padding="same"),
    "no convolution": layers.Dense(3),
}


def model_of(layer):
    """A model of the layer alone, on images of 8×12 with two channels, with biases other than 0."""
    model = keras.Sequential([keras.Input((8, 12, 2)), type(layer).from_config(layer.get_config())])
    model.set_weights([np.random.default_rng(1).normal(size=weight.shape) for weight in model.get_weights()])
    return model


@pytest.fixture
def batch():
    return np.random.default_rng(0).normal(size=(3, 8, 12, 2)).astype(np.float32)


@pytest.mark.parametrize("name", PATCHES)
def test_patches_have_the_outputs_and_gradients_of_keras(name, batch):
    model = model_of(PATCHES[name])
    assert takes_patches(model.layers[0])
    expected, expected_gradients = _differentiate(model, model, batch)
    actual, gradients = _differentiate(model, lambda images: run_layers(model, images), batch)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-4)


def _differentiate(model, run, batch):
    images = tf.constant(batch)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = run(images)
        loss = tf.reduce_sum(outputs**2)
    return outputs, tape.gradient(loss, [images, *model.trainable_variables])


@pytest.mark.parametrize("name", OTHERS)
def test_other_layers_run_as_they_are(name, batch):
    model = model_of(OTHERS[name])
    assert not takes_patches(model.layers[0])
    np.testing.assert_array_equal(run_layers(model, batch), model(batch))


@pytest.mark.parametrize("side", [28, 30])
def test_the_default_autoencoder_has_the_outputs_of_keras(side):
    model = compose_config().model
    encoder = build_encoder(model.layers, (side, side, 1))
    decoder = build_decoder(model.decoder, encoder, (side, side, 1))
    images = np.random.default_rng(0).random((5, side, side, 1), np.float32)
    code = run_layers(encoder, images)
    np.testing.assert_allclose(code, encoder(images), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run_layers(decoder, code), decoder(code), rtol=1e-4, atol=1e-5)
    assert sum(map(takes_patches, [*encoder.layers, *decoder.layers])) == (4 if side == 28 else 3)


def test_training_mode_reaches_the_layers(batch):
    model = keras.Sequential([keras.Input((8, 12, 2)), layers.Conv2D(4, 2, strides=2), layers.BatchNormalization()])
    run_layers(model, batch, training=True)
    assert np.abs(model.layers[1].moving_mean).max() > 0


def test_images_without_a_static_shape_are_accepted(batch):
    model = model_of(PATCHES["patches"])
    run = tf.function(lambda images: run_layers(model, images), input_signature=[tf.TensorSpec((None, None, None, 2))])
    np.testing.assert_allclose(run(batch), model(batch), rtol=1e-4, atol=1e-5)
