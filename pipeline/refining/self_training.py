"""Self-training: cluster, teach a fresh network the clusters through distorted images, keep the network.

A cluster's few wrong members look like another cluster's many right ones, more so when shifted, turned and sheared.
A network that may ignore what does not fit learns the many, and its codes put the few where they belong.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras

from pipeline.artifacts.base import Int
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Latents
from pipeline.build import build
from pipeline.config import SelfTraining
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder, History
from pipeline.models.checkpoint import Checkpoint, remembered
from pipeline.models.layers import build_decoder, build_encoder
from pipeline.models.training import KerasAutoencoder, batches, compiled, divisor, length, seed
from pipeline.observer import SILENT, Observer
from pipeline.refining.student import Student
from pipeline.stages.cluster import cluster
from pipeline.stages.manifold import manifold
from pipeline.stages.neighbors import neighbors


def fit(config: SelfTraining, pretrained: Autoencoder, images: Images, observer: Observer = SILENT) -> Autoencoder:
    """Return a new autoencoder of the layers in `config`, whose codes tell the found clusters apart.

    Each of the `rounds` clusters the fitted images as the run itself would, and trains a new network on that. Held-out
    images have no part, and no label has. The same seed gives the same weights to the bit on the same machine.

    Raises:
        UserError: only one cluster was found, a layer cannot be built, or the loss became NaN.
    """
    refined, history = pretrained, list[dict[str, float]]()
    for _ in range(config.rounds):
        taught = remembered(observer, f"taught-{len(history)}", partial(teach, config, refined, images, observer))
        refined = learn(config, taught, images, history, observer)
    refined.history, refined.refinement = pretrained.history, history
    return refined


def teach(config: SelfTraining, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Int:
    """Return the cluster of each fitted image (n,) by its code: neighbours, manifold, clusterer as the stages do it."""
    fitted = autoencoder.encode(images.fitted)
    latents = Latents(fitted, fitted[:0], list(autoencoder.bottleneck))
    graph = neighbors(config.neighbors, latents, observer)
    features = manifold(config.manifold, latents, graph, observer)
    found = cluster(config.cluster, features, graph, latents, observer)
    if found.k < 2:
        raise UserError(f"refine = {config.name}: {found.k} clusters were found, and at least two can be learnt")
    return found.fitted


def learn(
    config: SelfTraining, clusters: Int, images: Images, history: History, observer: Observer = SILENT
) -> KerasAutoencoder:
    """Train a new network on the clusters (n,), −1 for those that have none; a row per epoch goes to `history`."""
    keras.backend.clear_session()
    seed(config)
    encoder = build_encoder(config.encoder, images.shape)
    decoder = build_decoder(config.decoder, encoder, images.shape)
    student = Student(encoder, decoder, clusters, config.forgiveness, config.reconstruction, name=config.name)
    steps, epochs = length(config, len(clusters))
    student.compile(
        optimizer=build(
            config.optimizer,
            "refine.optimizer",
            learning_rate=keras.optimizers.schedules.CosineDecay(config.learning_rate, steps * epochs),
        ),
        steps_per_execution=divisor(steps, config.steps_per_execution),
        jit_compile=compiled(),
    )
    seen = _Epochs(observer, history, steps, epochs, Checkpoint(observer, f"learning-{len(history)}", student))
    student.fit(
        batches(images.fitted, config, lambda *triple: (triple,), first=steps * seen.epoch),
        steps_per_epoch=steps,
        initial_epoch=seen.epoch,
        epochs=epochs,
        shuffle=False,  # the batches are shuffled already
        callbacks=[seen],
        verbose=0,
    )
    return KerasAutoencoder(encoder, decoder)


class _Epochs(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Tells the observer of batches and epochs, and keeps a row per epoch and a checkpoint."""

    def __init__(self, observer: Observer, history: History, steps: int, epochs: int, checkpoint: Checkpoint) -> None:
        super().__init__()
        self.observer, self.history, self.steps, self.epochs = observer, history, steps, epochs
        self.checkpoint, self.rows = checkpoint, len(history)  # those of the rounds before
        self.before = int(history[-1]["step"]) if history else 0
        for values in checkpoint.restore():
            history.append(values)
            observer.measured(int(values["step"]), values)
        self.epoch = len(history) - self.rows

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.progress(self.epoch + (batch + 1) / self.steps, self.epochs, "epochs")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1
        values = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        step = self.before + self.epoch * self.steps
        if not all(math.isfinite(value) for value in values.values()):
            raise UserError(f"refine: the loss became NaN or infinite by step {step}; lower refine.learning_rate")
        self.history.append({"step": float(step), **values})
        self.observer.measured(step, values)
        if self.epoch < self.epochs:
            self.checkpoint.save(self.history[self.rows :])
