"""Import what small runs import, without TensorFlow and UMAP; the fork server imports this module and is then forked.

Nothing may be computed here: a fork has only the thread that forked it.
"""

import importlib

MODULES = (
    "pipeline.tracking.client", "hydra.main", "pipeline.cli.sweep", "pipeline.cli.job", "pipeline.cli.console",
    "pipeline.config.override_errors", "pipeline.workflow.execution", "pipeline.workflow.run_action",
    "pipeline.workflow.stored_results", "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store", "sklearn.cluster", "sklearn.datasets", "sklearn.decomposition",
    "sklearn.neighbors", "faiss", "matplotlib.figure",
)  # fmt: skip
"""The first sets variables that MLflow reads when it is imported."""

for name in MODULES:
    importlib.import_module(name)
