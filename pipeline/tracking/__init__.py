"""The MLflow store: runs, and results by fingerprint. Nothing else imports mlflow to keep runs.

Who keeps or looks up a run needs no more than the names given here; MLflow itself is imported when a store is opened.
"""

from pipeline.tracking.checkout import git_commit
from pipeline.tracking.client import prepare
from pipeline.tracking.results import Result
from pipeline.tracking.run import Run, flatten
from pipeline.tracking.store import Store, end_all

__all__ = ["Result", "Run", "Store", "end_all", "flatten", "git_commit", "prepare"]
