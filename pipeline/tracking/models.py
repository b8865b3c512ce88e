"""Log models in MLflow's formats with signatures, and register them, so that other tools can load and serve them."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.runtime.errors import first_line
from pipeline.tracking.client import with_timeout
from pipeline.tracking.collisions import write_shared_row

REGISTERED_MODEL, ALIAS = "latent-clustering", "newest"
"""The name in the model registry, and the alias of the newest run's version."""

KERAS_REQUIREMENTS = ("tensorflow", "keras", "numpy")
CLUSTERING_REQUIREMENTS = (
    "tensorflow", "keras", "numpy", "scikit-learn", "scipy", "faiss-cpu", "pydantic", "pandas", "skops",
)  # fmt: skip


def log_keras_model(uri: str, run_id: str, name: str, model: Any, example: Any, output: Any) -> None:
    """Log a Keras model to a run of the store at `uri`."""
    import mlflow
    from mlflow.models import infer_signature

    with _active_run(uri, run_id):
        mlflow.tensorflow.log_model(
            model,
            name=name,
            signature=infer_signature(example, output),
            pip_requirements=_installed(KERAS_REQUIREMENTS),
        )


def log_pyfunc_model(
    uri: str, run_id: str, name: str, loader_module: str, data: Path, example: Any, output: Any
) -> None:
    """Log the folder `data`, which `loader_module` loads as a model, to a run of the store at `uri`.

    The signature describes only the output: MLflow converts inputs to the type in a signature, so that the model could
    not distinguish integers from fractions.
    """
    import mlflow
    from mlflow.models import ModelSignature, infer_signature

    with _active_run(uri, run_id):
        mlflow.pyfunc.log_model(
            name=name,
            loader_module=loader_module,
            data_path=str(data),
            signature=ModelSignature(outputs=infer_signature(example, output).outputs),
            input_example=example,
            pip_requirements=_installed(CLUSTERING_REQUIREMENTS),
        )


def register_model(client: Any, uri: str, experiment_id: str, run_id: str) -> str:
    """Register the clustering model of a stage's run once, and set the alias to it.

    Returns the reason if it could not be registered, else an empty text: a run does not fail for want of a registry.
    """
    from mlflow.exceptions import MlflowException

    try:
        versions = client.search_model_versions(f"name = '{REGISTERED_MODEL}' and run_id = '{run_id}'")
        if not versions:
            models = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
            if not models:
                return ""  # tracking.models is off
            with suppress(MlflowException):  # it exists
                client.create_registered_model(REGISTERED_MODEL)
            model = models[0]
            with _tracking_uri(uri):  # MLflow looks up the model's files there
                created = client.create_model_version(
                    REGISTERED_MODEL, model.model_uri, run_id, model_id=model.model_id
                )
            versions = [created]
        write_shared_row(lambda: client.set_registered_model_alias(REGISTERED_MODEL, ALIAS, versions[0].version))
    except MlflowException as error:
        return f"the model was not registered in {uri}: {first_line(error)}"
    return ""


def as_invalid_request(error: Exception) -> Exception:
    """Return an error of the images in a request as an error that MLflow's server answers with status 400."""
    from mlflow.exceptions import INVALID_PARAMETER_VALUE, MlflowException

    invalid: Exception = MlflowException(str(error), error_code=INVALID_PARAMETER_VALUE)
    return invalid


@contextmanager
def _active_run(uri: str, run_id: str) -> Iterator[None]:
    """Make a run MLflow's active run for a moment: its functions for models accept no other."""
    import mlflow

    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    with _tracking_uri(uri), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.start_run(run_id=run_id, log_system_metrics=False)
        try:
            yield
        finally:
            mlflow.end_run("RUNNING")  # it stays open: whoever started it ends it


@contextmanager
def _tracking_uri(uri: str) -> Iterator[None]:
    """Set MLflow's global tracking address for a moment."""
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(with_timeout(uri))
    try:
        yield
    finally:
        # Setting the address also sets the variable, which every later store of this process would read.
        mlflow.set_tracking_uri(None)
        os.environ.update({"MLFLOW_TRACKING_URI": before} if before else {})


def _installed(packages: tuple[str, ...]) -> list[str]:
    return [f"{name}=={version(name)}" for name in packages]
