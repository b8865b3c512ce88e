"""Trained models in MLflow's own formats, with signatures, so that other tools can load and serve them."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.artifacts.images import unit_range
from pipeline.tracking.client import patient

REGISTERED, ALIAS = "latent-clustering", "newest"
"""The name in the model registry, and the alias of the newest execution's version."""

KERAS = ("tensorflow", "keras", "numpy")
CLUSTERING = ("tensorflow", "keras", "numpy", "scikit-learn", "scipy", "faiss-cpu", "pydantic", "pandas", "skops")


def log_autoencoder(run: Any, load: Callable[[str], Any]) -> None:
    """Log the final Keras autoencoder, refined or not, images to images, and its encoder, images to latents."""
    autoencoder, images = load("autoencoder"), load("images")
    if not autoencoder.history:
        return  # a null model: nothing was trained, and Keras need not be imported
    import keras
    import mlflow
    from mlflow.models import infer_signature

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
    """Log encoder, manifold and clusterer as one model: images in; cluster, confidence, distance and far out."""
    import mlflow
    from mlflow.models import infer_signature

    from pipeline.assign import PARTS, Assigner

    assigner = Assigner.of(**{name: load(name) for name in PARTS})
    example = unit_range(load("images").fitted[:2])
    with tempfile.TemporaryDirectory() as folder, _active(run):
        assigner.save(Path(folder) / "assigner")
        mlflow.pyfunc.log_model(
            name="clustering",
            loader_module="pipeline.assign",
            data_path=str(Path(folder) / "assigner"),
            signature=infer_signature(example, assigner.predict(example)),
            input_example=example,
            pip_requirements=_pinned(CLUSTERING),
        )


LOGGERS: dict[str, Callable[[Any, Callable[[str], Any]], None]] = {"refine": log_autoencoder, "cluster": log_clustering}


def register(store: Any, run_id: str) -> str:
    """Give the clustering model of a stage's run a version in the registry, once, and point the alias at it.

    Returns why it could not be done, or nothing: a store without a registry is no reason for a run to fail.
    """
    from mlflow.exceptions import MlflowException

    client = store.client
    try:
        found = client.search_model_versions(f"name = '{REGISTERED}' and run_id = '{run_id}'")
        if not found:
            models = client.search_logged_models([store.experiment_id], f"source_run_id = '{run_id}'")
            if not models:
                return ""  # models were not logged
            with suppress(MlflowException):  # it exists
                client.create_registered_model(REGISTERED)
            model = models[0]
            with _address(store.uri):  # where it looks for the model's files
                found = [client.create_model_version(REGISTERED, model.model_uri, run_id, model_id=model.model_id)]
        client.set_registered_model_alias(REGISTERED, ALIAS, found[0].version)
    except MlflowException as error:
        return f"the model is not in the registry of {store.uri}: {str(error).splitlines()[0]}"
    return ""


@contextmanager
def _active(run: Any) -> Iterator[None]:
    """Make a run MLflow's active one for a moment, quietly: its model functions know no other way."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    with _address(run.store.uri), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # log_status keeps the run open: whoever started it ends it.
        mlflow.start_run(run_id=run.id, log_system_metrics=False)
        try:
            yield
        finally:
            mlflow.end_run("RUNNING")


@contextmanager
def _address(uri: str) -> Iterator[None]:
    """Make a store MLflow's own for a moment: what goes by a model's address asks no client."""
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(patient(uri))
    try:
        yield
    finally:
        # Setting the address also sets the variable, which would decide for every later store of this process.
        # None unsets both, so that the variable decides again, as it was.
        mlflow.set_tracking_uri(None)
        os.environ.update({"MLFLOW_TRACKING_URI": before} if before else {})


def _pinned(packages: tuple[str, ...]) -> list[str]:
    return [f"{name}=={version(name)}" for name in packages]
