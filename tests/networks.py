"""Small autoencoders to test on."""

from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

import pipeline.models.training as training
from pipeline.config import Model, Train
from pipeline.models.layers import build_decoder, build_encoder

CONF = Path(__file__).parent.parent / "conf" / "model"


def load(name, **changes):
    tree = OmegaConf.create({"model": OmegaConf.load(CONF / f"{name}.yaml")})
    OmegaConf.update(tree, "model", changes, merge=True)
    return Model(**OmegaConf.to_container(tree.model, resolve=True))


def pair(model, shape=(28, 28, 1)):
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


def layer(kind, **arguments):
    return {"_target_": f"keras.layers.{kind}", **arguments}


FLAT = [layer("Flatten"), layer("Dense", units=4)]
BACK = [layer("Dense", units="@size", activation="sigmoid"), layer("Reshape", target_shape=["@height", "@width", 1])]
