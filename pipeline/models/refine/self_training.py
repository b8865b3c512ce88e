"""Self-training: cluster the codes, then train a new network to predict these clusters from distorted images.

The few wrong members of a cluster resemble the many right members of another, even more so after distortion. With a
loss that is robust to wrong labels, the new network learns from the many and moves the codes of the few to them.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras

from pipeline.artifacts.base import Int
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.latents import Graph, Latents
from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.config import SelfTraining
from pipeline.config.instantiate import call_component, instantiate
from pipeline.models.autoencoder import Autoencoder, History
from pipeline.models.checkpoint import Checkpoint, cached_array
from pipeline.models.input_pipeline import corrupted_batches
from pipeline.models.keras_autoencoder import KerasAutoencoder
from pipeline.models.keras_settings import largest_divisor, set_seed, uses_xla
from pipeline.models.layers import build_decoder, build_encoder
from pipeline.models.refine.pseudo_label_model import PseudoLabelModel
from pipeline.models.training_length import training_length
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer


def self_train(
    config: SelfTraining, pretrained: Autoencoder, images: Images, observer: Observer = SILENT
) -> Autoencoder:
    """Return a new autoencoder of the layers in `config`, trained on cluster labels of the fitted images.

    Each of the `rounds` clusters the codes of the model before and trains a new network. No ground truth is used. On
    the same machine, the same seed gives bit-identical weights unless `refine.deterministic` is false.

    Raises:
        UserError: there are vectors and no images, there are fewer than two clusters, a layer cannot be built, or the
            loss became infinite or NaN.
    """
    if not images.has_images:
        raise UserError(
            "refine = self_training: it trains a network on images, and the data are vectors; set refine=none"
        )
    refined, history = pretrained, list[dict[str, float]]()
    for _ in range(config.rounds):
        labels = cached_array(
            observer, f"pseudo-labels-{len(history)}", partial(pseudo_label, config, refined, images, observer)
        )
        refined = fit_pseudo_labels(config, labels, images, history, observer)
    refined.history, refined.refinement = pretrained.history, history
    return refined


def pseudo_label(config: SelfTraining, autoencoder: Autoencoder, images: Images, observer: Observer = SILENT) -> Int:
    """Cluster the fitted images by their codes as the stages do; return labels (n,) int32, −1 for noise."""
    fitted = autoencoder.encode(autoencoder.inputs(images)[0])
    latents = Latents(fitted, fitted[:0], list(autoencoder.bottleneck))
    graph: Graph = call_component(config.neighbors, "neighbors", latents, observer=observer)
    features: Features = call_component(config.manifold, "manifold", latents, graph, observer=observer)
    clustering = fit_clusters(config.cluster, features, graph, latents, observer)
    if clustering.k < 2:
        raise UserError(f"refine = {config.name}: self-training needs at least 2 clusters, found {clustering.k}")
    return clustering.fitted


def fit_pseudo_labels(
    config: SelfTraining, clusters: Int, images: Images, history: History, observer: Observer = SILENT
) -> KerasAutoencoder:
    """Train a new network on cluster labels (n,), −1 for noise, and append a row per epoch to `history`."""
    keras.backend.clear_session()
    set_seed(config)
    encoder = build_encoder(config.encoder, images.shape)
    decoder = build_decoder(config.decoder, encoder, images.shape)
    model = PseudoLabelModel(encoder, decoder, clusters, config.gce_q, config.reconstruction, name=config.name)
    steps, epochs = training_length(config, len(clusters), observer=observer)
    model.compile(
        optimizer=instantiate(
            config.optimizer,
            "refine.optimizer",
            learning_rate=keras.optimizers.schedules.CosineDecay(config.learning_rate, steps * epochs),
        ),
        steps_per_execution=largest_divisor(steps, config.steps_per_execution),
        jit_compile=uses_xla(),
    )
    checkpoint = Checkpoint(observer, f"self-training-{len(history)}", model)
    callback = _EpochCallback(observer, history, steps, epochs, config.rounds, checkpoint)
    model.fit(
        corrupted_batches(images.fitted, config, lambda *triple: (triple,), first_step=steps * callback.epoch),
        steps_per_epoch=steps,
        initial_epoch=callback.epoch,
        epochs=epochs,
        shuffle=False,  # the dataset shuffles
        callbacks=[callback],
        verbose=0,
    )
    return KerasAutoencoder(encoder, decoder)


class _EpochCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Reports progress and metrics, saves checkpoints, and appends a row per epoch to the history of all rounds."""

    def __init__(
        self, observer: Observer, history: History, steps: int, epochs: int, rounds: int, checkpoint: Checkpoint
    ) -> None:
        super().__init__()
        self.observer, self.history, self.steps, self.epochs = observer, history, steps, epochs
        self.rounds, self.checkpoint = rounds, checkpoint
        self.first_row = len(history)  # rows of earlier rounds come before
        self.first_step = int(history[-1]["step"]) if history else 0
        for row in checkpoint.restore():
            history.append(row)
            observer.report_metrics(int(row["step"]), {name: row[name] for name in row if name != "step"})
        self.epoch = len(history) - self.first_row

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        done = self.first_row + self.epoch + (batch + 1) / self.steps
        self.observer.progress(done, self.rounds * self.epochs, "epochs")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch + 1
        metrics = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        step = self.first_step + self.epoch * self.steps
        if not all(math.isfinite(value) for value in metrics.values()):
            raise UserError(f"refine: the loss became infinite or NaN by step {step}; lower refine.learning_rate")
        self.history.append({"step": float(step), **metrics})
        self.observer.report_metrics(step, metrics)
        if self.epoch < self.epochs:
            self.checkpoint.save(self.history[self.first_row :])
