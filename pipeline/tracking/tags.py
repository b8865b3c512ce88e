"""The tags by which runs are found again: the project's own, and those that MLflow reads."""

KIND, STAGE, FINGERPRINT = "pipeline.kind", "pipeline.stage", "pipeline.fingerprint"
PROCESS = "pipeline.process"
LISTED = "pipeline.checksums"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"
