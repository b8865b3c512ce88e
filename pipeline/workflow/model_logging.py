"""The MLflow models of a run: the autoencoder, its encoder, and the clustering model that assigns new images."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.images import to_unit_range
from pipeline.tracking import Run

Load = Callable[[str], Any]
"""Returns an artifact of the run by name."""


def log_models(run: Run, stage: str, load: Load) -> None:
    """Log the models that belong to a stage's result to the stage's run."""
    if stage in MODEL_LOGGERS:
        MODEL_LOGGERS[stage](run, load)


def _log_autoencoder(run: Run, load: Load) -> None:
    """Log the autoencoder (images to images) and the encoder (images to latents) as Keras models."""
    autoencoder, images = load("autoencoder"), load("images")
    if not autoencoder.is_keras_model:
        return  # pixels or PCA
    example = to_unit_range(images.fitted_rows(range(min(2, images.n_fitted))))
    codes = autoencoder.encode(example)
    run.log_keras_model("autoencoder", autoencoder.end_to_end(), example, autoencoder.decode(codes))
    run.log_keras_model("encoder", autoencoder.encoder, example, codes.reshape(-1, *autoencoder.bottleneck))


def _log_clustering(run: Run, load: Load) -> None:
    """Log encoder, manifold and clusterer as one model: images in; cluster, confidence, distance and far out."""
    from pipeline.models.assigner import PARTS, Assigner

    images = load("images")
    parts = {name: load(name) for name in PARTS}
    example = to_unit_range(np.asarray(parts["autoencoder"].inputs(images)[0][:2]))
    assigner = Assigner.from_artifacts(**parts, shape=example.shape[1:], is_8_bit=images.train.dtype == np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "assigner"
        assigner.save(path)
        run.log_pyfunc_model("clustering", "pipeline.workflow.served_model", path, example, assigner.predict(example))


MODEL_LOGGERS: dict[str, Callable[[Run, Load], None]] = {"refine": _log_autoencoder, "cluster": _log_clustering}
