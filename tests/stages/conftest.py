"""A finished run that the tests of actions share, and a browser for pages."""

import shutil

import pytest

from pipeline.workflow.execution import execute_run
from tests.explorers import CHROMIUM, CHROMIUM_OPTIONS
from tests.helpers import TINY, compose


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, empty_store):
    """An outputs folder with one finished run, 400 digits in five clusters; tests add actions but no other runs."""
    outputs = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, outputs / "mlflow.db")
    execute_run(compose(*TINY, "cluster.k=5", "stage=cluster", outputs=outputs), outputs / "run", [])
    return outputs


@pytest.fixture
def undrawn(monkeypatch):
    """Let a report have figures without content: drawing takes most of its time."""
    monkeypatch.setattr("pipeline.stages.report.stage.figure_to_png", lambda *_: b"")


@pytest.fixture(scope="package")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: none of chromium, chromium-browser, google-chrome exists")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()
