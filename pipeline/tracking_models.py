"""Trained models in MLflow's own formats, with signatures, so that other tools can load and serve them."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts import unit_range

KERAS = ("tensorflow", "keras", "numpy")
CLUSTERING = ("tensorflow", "keras", "numpy", "scikit-learn", "scipy", "faiss-cpu", "pydantic", "hydra-core", "joblib")


def log_autoencoder(run: Any, load: Callable[[str], Any]) -> None:
    """Log a trained Keras autoencoder, images to images, and its encoder, images to latents."""
    import keras
    import mlflow
    from mlflow.models import infer_signature

    autoencoder, images = load("autoencoder"), load("images")
    if not autoencoder.history:
        return  # a null model: nothing was trained
    example = unit_range(images.fitted[:2])
    encoder, decoder = autoencoder.encoder, autoencoder.decoder
    whole = keras.Sequential([encoder, decoder], name="autoencoder")
    codes = np.asarray(keras.ops.convert_to_numpy(encoder(example)))
    decoded = autoencoder.decode(autoencoder.encode(example))
    for name, model, output in (("autoencoder", whole, decoded), ("encoder", encoder, codes)):
        with _active(run):
            mlflow.tensorflow.log_model(
                model, name=name, signature=infer_signature(example, output), pip_requirements=_pinned(KERAS)
            )


def log_clustering(run: Any, load: Callable[[str], Any]) -> None:
    """Log encoder, manifold and clusterer as one model: images in, cluster, confidence and distance out."""
    import mlflow
    from mlflow.models import infer_signature

    from pipeline.assign import Assigner

    parts = {name: load(name) for name in ("autoencoder", "latents", "features", "clustering")}
    assigner = Assigner(**parts)
    example = unit_range(load("images").fitted[:2])
    with tempfile.TemporaryDirectory() as folder, _active(run):
        assigner.save(Path(folder) / "assigner")
        mlflow.pyfunc.log_model(
            name="clustering",
            loader_module="pipeline.assign",
            data_path=str(Path(folder) / "assigner"),
            signature=infer_signature(example, assigner.predict(example)),
            pip_requirements=_pinned(CLUSTERING),
        )


LOGGERS: dict[str, Callable[[Any, Callable[[str], Any]], None]] = {"train": log_autoencoder, "cluster": log_clustering}


@contextmanager
def _active(run: Any) -> Iterator[None]:
    """Make a run MLflow's active one for a moment, quietly: its model functions know no other way."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(run.store.uri)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # log_status keeps the run open: whoever started it ends it.
        mlflow.start_run(run_id=run.id, log_system_metrics=False)
        try:
            yield
        finally:
            mlflow.end_run("RUNNING")
            # Setting the address also sets the variable, which would decide for every later store of this process.
            mlflow.set_tracking_uri(before or "")
            os.environ.pop("MLFLOW_TRACKING_URI", None)
            os.environ.update({"MLFLOW_TRACKING_URI": before} if before else {})


def _pinned(packages: tuple[str, ...]) -> list[str]:
    return [f"{name}=={version(name)}" for name in packages]
