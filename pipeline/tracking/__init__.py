"""The MLflow store: runs, and the results of stages by fingerprint. No other room imports mlflow.

Other rooms import the names given here; MLflow itself is imported when a store is opened.
"""

from pipeline.tracking.checkout import git_commit
from pipeline.tracking.client import open_client
from pipeline.tracking.inventory import Inventory, folder_size
from pipeline.tracking.models import as_invalid_request
from pipeline.tracking.results import Result
from pipeline.tracking.run import MAX_PARAM_LENGTH, Run, flatten
from pipeline.tracking.store import Store, given_uri, kill_open_runs
from pipeline.tracking.tags import DERIVED_FROM, FINGERPRINT, KIND, PARENT, PROCESS

__all__ = [
    "DERIVED_FROM",
    "FINGERPRINT",
    "KIND",
    "MAX_PARAM_LENGTH",
    "PARENT",
    "PROCESS",
    "Inventory",
    "Result",
    "Run",
    "Store",
    "as_invalid_request",
    "flatten",
    "folder_size",
    "git_commit",
    "given_uri",
    "kill_open_runs",
    "open_client",
]
