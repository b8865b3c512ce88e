"""A finished run that the tests of actions share."""

import shutil

import pytest

from pipeline.workflow.execution import execute_run
from tests.helpers import TINY, compose


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, empty_store):
    """An outputs folder with one finished run, 400 digits in five clusters; tests add actions but no other runs."""
    outputs = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, outputs / "mlflow.db")
    execute_run(compose(*TINY, "cluster.k=5", "stage=cluster", outputs=outputs), outputs / "run", [])
    return outputs
