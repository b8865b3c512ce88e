"""Environment variables that TensorFlow, MLflow and Ray read when they are imported."""

from __future__ import annotations

import os

from pipeline.runtime.temp_dirs import provide_cache_dirs

DEFAULTS = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def set_library_environment() -> None:
    """Silence the libraries and give them a cache; variables that are set already stay."""
    provide_cache_dirs()
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
