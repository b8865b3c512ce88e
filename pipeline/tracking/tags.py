"""The tags by which runs are looked up: the project's own, and those of MLflow."""

import platform

from pipeline.runtime import processes

KIND, STAGE, FINGERPRINT = "pipeline.kind", "pipeline.stage", "pipeline.fingerprint"
PROCESS = "pipeline.process"
CHECKSUMS_DIGEST = "pipeline.checksums"
DERIVED_FROM = "pipeline.derived_from"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"


def is_running(process: str) -> bool:
    """Return whether the process that a run is tagged with runs on this machine; False for other machines."""
    return process.partition(":")[0] == platform.node() and not processes.has_exited(process)
