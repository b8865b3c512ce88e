"""Environment variables that TensorFlow, JAX, MLflow and Ray read when they are imported."""

from __future__ import annotations

import os

from pipeline.runtime.keras_backend import make_xla_deterministic
from pipeline.runtime.temp_dirs import provide_cache_dirs

DEFAULTS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def set_library_environment() -> None:
    """Silence the libraries, make XLA deterministic and give them a cache; what is set already stays."""
    provide_cache_dirs()
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    make_xla_deterministic()
