"""Small autoencoders to test on."""

from pathlib import Path

import keras
import numpy as np
from omegaconf import OmegaConf

from pipeline.config import Model, Train
from pipeline.models.layers import build_decoder, build_encoder
from pipeline.models.training import train_autoencoder

CONF = Path(__file__).parent.parent / "conf" / "model"


def load_model(name, **changes):
    """The model of `conf/model/<name>.yaml` with other values."""
    tree = OmegaConf.create({"model": OmegaConf.load(CONF / f"{name}.yaml")})
    OmegaConf.update(tree, "model", changes, merge=True)
    return Model(**OmegaConf.to_container(tree.model, resolve=True))


def build_pair(model, shape=(28, 28, 1)):
    """The encoder and decoder of a model, with the same weights each time."""
    keras.utils.set_random_seed(0)
    encoder = build_encoder(model.encoder, shape)
    return encoder, build_decoder(model.decoder, encoder, shape)


def layer(kind, **arguments):
    """A row of a layer table."""
    return {"_target_": f"keras.layers.{kind}", **arguments}


DENSE_ENCODER = [layer("Flatten"), layer("Dense", units=4)]
DENSE_DECODER = [
    layer("Dense", units="@size", activation="sigmoid"), layer("Reshape", target_shape=["@height", "@width", 1]),
]  # fmt: skip
DENSE = Model(name="dense", encoder=DENSE_ENCODER, decoder=DENSE_DECODER)
"""The model that is traced fastest."""


def train_model(images, model=DENSE, recorder=None, **settings):
    """Train a model for one epoch of batches of 32, or with other settings."""
    settings = {"name": "test", "epochs": 1, "batch_size": 32} | settings
    return train_autoencoder(model, Train(**settings), images, *([recorder] if recorder else []))


def weights(autoencoder):
    """All weights of an autoencoder."""
    return [*autoencoder.encoder.get_weights(), *autoencoder.decoder.get_weights()]


def have_equal_weights(first, second):
    """Whether two autoencoders have the same weights to the bit."""
    return all(np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
