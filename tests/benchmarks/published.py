"""Run the published `cnn64_elu` set-up as its sources do: `python -m tests.benchmarks.published N EPOCHS FEW`."""

from __future__ import annotations

import sys


def main(n: int, epochs: int, few: int) -> None:
    """Train by plain `fit` on NumPy arrays, predict, cluster by k-means, embed the first latents by t-SNE."""
    import keras
    from omegaconf import OmegaConf
    from sklearn.cluster import KMeans
    from sklearn.manifold import TSNE

    from pipeline.data.mnist import read_mnist
    from pipeline.models.layers import build_decoder, build_encoder
    from pipeline.runtime.paths import conf_dir

    # The layers are those of the published table.
    config = OmegaConf.create({"model": OmegaConf.load(conf_dir() / "model" / "cnn64.yaml")})
    config.model.activation = "elu"
    table = OmegaConf.to_container(config, resolve=True)["model"]
    pixels = read_mnist().train[:n, ..., None].astype("float32") / 255
    encoder = build_encoder(table["encoder"], (28, 28, 1))
    model = keras.Sequential([encoder, build_decoder(table["decoder"], encoder, (28, 28, 1))])
    model.compile("adam", "mse")
    model.fit(pixels, pixels, batch_size=256, epochs=epochs, verbose=0)
    codes = encoder.predict(pixels, verbose=0)
    KMeans(10, n_init=10, random_state=42).fit(codes)
    TSNE(2, learning_rate=100, perplexity=15, random_state=0).fit_transform(codes[:few])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
