"""Refinement of a trained autoencoder with DEC, IDEC or DCEC."""

from __future__ import annotations

import math
import warnings
from typing import Any

import keras
import numpy as np
from keras import ops

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.images import Images
from pipeline.config import Refine
from pipeline.config.instantiate import instantiate
from pipeline.models.autoencoder import Autoencoder
from pipeline.models.checkpoint import Checkpoint, cached_array
from pipeline.models.input_pipeline import corrupted_batches
from pipeline.models.keras_autoencoder import KerasAutoencoder
from pipeline.models.keras_settings import largest_divisor, set_seed, uses_xla
from pipeline.models.refine.dec_model import DECModel
from pipeline.models.refine.soft_assignment import soft_assignment, target_distribution
from pipeline.runtime.errors import UserError
from pipeline.runtime.limits import lower_to_limit
from pipeline.runtime.observer import SILENT, Observer


def refine_dec(
    config: Refine, pretrained: Autoencoder, images: Images, observer: Observer = SILENT
) -> KerasAutoencoder:
    """Return a copy of the trained autoencoder, trained further so that its codes form `k` clusters.

    Only the fitted images are used. Targets come from the clean images, gradients from corrupted ones if
    `refine.corruption` is set. On the same machine, the same seed gives bit-identical weights unless
    `refine.deterministic` is false. Sources: Xie et al. 2016 (DEC); Guo et al. 2017 (IDEC; DCEC); Guo et al. 2018
    (DEC-DA, the corruption).

    Raises:
        UserError: the model has no layers to train, `k` does not suit the images, or the loss became infinite or NaN.
    """
    if not isinstance(pretrained, KerasAutoencoder):
        name = type(pretrained).__name__
        raise UserError(
            f"refine = {config.name}: {name} has no layers to train; set refine=none or choose another model"
        )
    set_seed(config)
    encoder, decoder = _copy(pretrained.encoder), _copy(pretrained.decoder)
    fitted = images.fitted
    if config.k is not None:
        config = config.model_copy(
            update={"k": lower_to_limit("refine.k", config.k, len(fitted), len(fitted), observer)}
        )
    centres = cached_array(observer, "centres", lambda: _initial_centres(config, pretrained.encode(fitted)))
    refined = KerasAutoencoder(encoder, decoder, pretrained.history)
    dec_model = DECModel(encoder, decoder, centres, len(fitted), config, name=config.name)
    dec_model.compile(
        optimizer=instantiate(config.optimizer, "refine.optimizer", learning_rate=config.learning_rate),
        steps_per_execution=largest_divisor(config.update_interval, config.steps_per_execution),
        jit_compile=uses_xla(),
    )
    callback = _TargetCallback(observer, config, refined, fitted, Checkpoint(observer, "refinement", dec_model))
    dec_model.fit(
        corrupted_batches(fitted, config, _as_input, first_step=config.update_interval * callback.first_epoch),
        steps_per_epoch=config.update_interval,  # a Keras epoch lasts from one target to the next
        initial_epoch=callback.first_epoch,
        epochs=callback.epochs,
        shuffle=False,  # the dataset shuffles
        callbacks=[callback],
        verbose=0,
    )
    refined.refinement = callback.history
    return refined


def _copy(model: keras.Model) -> keras.Model:
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _as_input(rows: Any, corrupted: Any, clean: Any) -> Any:
    """Return the input of `DECModel` without a target."""
    return ((rows, corrupted, clean),)


def _initial_centres(config: Refine, codes: Float) -> Float:
    """Return the centres (k, d) of k-means of the codes (n, d), the best of `n_init` runs."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    if config.k is None:
        raise UserError(f"refine.k = null: set a number from 2 to {len(codes):,}, the number of fitted images")
    # With one thread the order of summation, and so the bits, do not depend on the number of cores.
    with threadpool_limits(1 if config.deterministic else None), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the error below reports too few distinct codes
        kmeans = KMeans(config.k, n_init=config.n_init, random_state=config.seed).fit(codes)
    distinct = len(np.unique(kmeans.labels_))
    if distinct < config.k:
        raise UserError(f"refine.k = {config.k}: the latents have only {distinct:,} distinct groups; train longer")
    return np.asarray(kmeans.cluster_centers_, np.float32)


class _TargetCallback(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Updates the targets every `update_interval` steps, reports metrics, and stops when few assignments change.

    A checkpoint needs only the model: targets and assignments follow from it.
    """

    def __init__(
        self, observer: Observer, config: Refine, refined: KerasAutoencoder, images: Pixel, checkpoint: Checkpoint
    ) -> None:
        super().__init__()
        self.observer, self.config, self.refined, self.images = observer, config, refined, images
        self.epochs = math.ceil(config.max_steps / config.update_interval)
        self.steps = self.epochs * config.update_interval
        self.checkpoint = checkpoint
        self.history = checkpoint.restore()
        self.first_epoch = len(self.history)
        for row in self.history:
            observer.report_metrics(int(row["step"]), {name: row[name] for name in row if name != "step"})

    def on_train_begin(self, logs: Any = None) -> None:  # noqa: ARG002
        self.assigned = self._update_targets()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self.observer.progress(len(self.history) * self.config.update_interval + batch + 1, self.steps, "steps")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        step = (epoch + 1) * self.config.update_interval
        metrics = {name: float(value) for name, value in (logs or {}).items() if name != "loss"}
        if not all(math.isfinite(value) for value in metrics.values()):
            raise UserError(f"refine: the loss became infinite or NaN by step {step}; lower refine.learning_rate")
        before, self.assigned = self.assigned, self._update_targets()
        metrics["changed"] = float((self.assigned != before).mean())
        self.history.append({"step": float(step), **metrics})
        self.observer.report_metrics(step, metrics)
        if metrics["changed"] < self.config.tol:
            self.model.stop_training = True
            self.observer.progress(self.steps, self.steps, "steps")
        if epoch + 1 < self.epochs:
            self.checkpoint.save(self.history)

    def _update_targets(self) -> Int:
        """Set the targets from the clean images; return the index of each image's nearest centre, (n,) int32."""
        codes, centres = self.refined.encode(self.images), ops.convert_to_numpy(self.model.centres)
        batches = [
            ops.convert_to_numpy(soft_assignment(codes[i : i + 2048], centres, self.config.alpha))
            for i in range(0, len(codes), 2048)
        ]
        q = np.concatenate(batches)
        self.model.targets.assign(target_distribution(q))
        return np.asarray(q.argmax(axis=1), np.int32)
