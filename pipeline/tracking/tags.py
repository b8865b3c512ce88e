"""The tags by which runs are looked up: the project's own, and those of MLflow."""

KIND, STAGE, FINGERPRINT = "pipeline.kind", "pipeline.stage", "pipeline.fingerprint"
PROCESS = "pipeline.process"
CHECKSUMS_DIGEST = "pipeline.checksums"
DERIVED_FROM = "pipeline.derived_from"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"
