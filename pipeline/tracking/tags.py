"""The tags by which runs are found again: the project's own, and those that MLflow reads."""

KIND, STAGE, FINGERPRINT = "pipeline.kind", "pipeline.stage", "pipeline.fingerprint"
LISTED = "pipeline.checksums"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"
