"""Refine a trained autoencoder as DEC, IDEC and DCEC do: sharpen its own assignment, follow it, and again."""

from __future__ import annotations

import math
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.images import Images
from pipeline.build import build
from pipeline.config import Refine
from pipeline.errors import UserError
from pipeline.models.base import Autoencoder
from pipeline.models.checkpoint import Checkpoint, remembered
from pipeline.models.training import KerasAutoencoder, batches, compiled, divisor, seed
from pipeline.observer import SILENT, Observer
from pipeline.refining.assignment import soft_assignment, target_distribution
from pipeline.refining.model import Refiner


def fit(config: Refine, pretrained: Autoencoder, images: Images, observer: Observer = SILENT) -> KerasAutoencoder:
    """Return a copy of the trained autoencoder whose codes of the fitted images have gathered around `k` centres.

    Targets come from the clean images; with `refine.corruption` the gradient goes through corrupted ones. Held-out
    images have no part. The same seed gives the same weights to the bit on the same machine, unless
    `refine.deterministic` is false. Sources: Xie et al. 2016 (DEC); Guo et al. 2017 (IDEC; DCEC); Guo et al. 2018
    (DEC-DA, for the corruption).

    Raises:
        UserError: the model has no encoder to train, `k` does not suit the images, or the loss became NaN.
    """
    if not isinstance(pretrained, KerasAutoencoder):
        name = type(pretrained).__name__.lower()
        raise UserError(f"refine = {config.name}: model {name} has no layers to train; choose refine=none, or a model")
    seed(config)
    encoder, decoder = _copy(pretrained.encoder), _copy(pretrained.decoder)
    fitted = images.fitted
    centres = remembered(observer, "centres", lambda: _centres(config, pretrained.encode(fitted)))
    refined = KerasAutoencoder(encoder, decoder, pretrained.history)
    refiner = Refiner(encoder, decoder, centres, len(fitted), config, name=config.name)
    refiner.compile(
        optimizer=build(config.optimizer, "refine.optimizer", learning_rate=config.learning_rate),
        steps_per_execution=divisor(config.update_every, config.steps_per_execution),
        jit_compile=compiled(),
    )
    seen = _Targets(observer, config, refined, fitted, Checkpoint(observer, "refinement", refiner))
    refiner.fit(
        batches(fitted, config, _numbered, first=config.update_every * seen.done),
        steps_per_epoch=config.update_every,  # what Keras calls an epoch lasts from one target to the next
        initial_epoch=seen.done,
        epochs=seen.rounds,
        shuffle=False,  # the batches are shuffled already
        callbacks=[seen],
        verbose=0,
    )
    refined.refinement = seen.history
    return refined


def _copy(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _numbered(rows: Any, corrupted: Any, clean: Any) -> Any:
    """What `Refiner` takes, and nothing beside it."""
    return ((rows, corrupted, clean),)


def _centres(config: Refine, codes: Float) -> Float:
    """Centres (k, d) of the best of `starts` k-means of the codes (n, d)."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if config.k is None or config.k > len(codes):
        raise UserError(f"refine.k = {config.k}: give a number of clusters from 2 to {len(codes)}, the fitted images")
    # One thread sums in one order: the same bits on any number of cores.
    with threadpool_limits(1 if config.deterministic else None), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # too few distinct codes are said below
        found = KMeans(config.k, n_init=config.starts, random_state=config.seed).fit(codes)
    distinct = len(np.unique(found.labels_))
    if distinct < config.k:
        raise UserError(f"refine.k = {config.k}: the codes have only {distinct} distinct groups; train longer")
    return np.asarray(found.cluster_centers_, np.float32)


class _Targets(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Sets new targets every `update_every` steps, tells the observer, and stops when few assignments change.

    A checkpoint needs no more than the model: the targets and the assignments before follow from it.
    """

    def __init__(
        self, observer: Observer, config: Refine, refined: KerasAutoencoder, images: Pixel, checkpoint: Checkpoint
    ) -> None:
        super().__init__()
        self.observer, self.config, self.refined, self.images = observer, config, refined, images
        self.rounds = math.ceil(config.max_steps / config.update_every)
        self.steps = self.rounds * config.update_every
        self.checkpoint = checkpoint
        self.history = checkpoint.restore()
        self.done = len(self.history)
        for values in self.history:
            observer.measured(int(values["step"]), values)

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.assigned = self._update()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.progress(len(self.history) * self.config.update_every + batch + 1, self.steps, "steps")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        step = (epoch + 1) * self.config.update_every
        values = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        if not all(math.isfinite(value) for value in values.values()):
            raise UserError(f"refine: the loss became NaN or infinite by step {step}; lower refine.learning_rate")
        before, self.assigned = self.assigned, self._update()
        values["changed"] = float((self.assigned != before).mean())
        self.history.append({"step": float(step), **values})
        self.observer.measured(step, values)
        if values["changed"] < self.config.tolerance:
            self.model.stop_training = True
            self.observer.progress(self.steps, self.steps, "steps")
        if epoch + 1 < self.rounds:
            self.checkpoint.save(self.history)

    def _update(self) -> Int:
        """Set the targets from the clean images; return the nearest centre of each, (n,)."""
        codes, centres = self.refined.encode(self.images), ops.convert_to_numpy(self.model.centres)
        parts = [
            ops.convert_to_numpy(soft_assignment(codes[i : i + 2048], centres, self.config.alpha))
            for i in range(0, len(codes), 2048)
        ]
        assigned = np.concatenate(parts)
        self.model.targets.assign(target_distribution(assigned))
        return np.asarray(assigned.argmax(axis=1), np.int32)
