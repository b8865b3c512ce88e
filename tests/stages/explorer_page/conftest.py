"""The explorer's page in a browser, opened from disk, without network; all tests share one browser."""

import pytest

from pipeline.stages.explorer.stage import explorer
from tests.explorers import explorer_inputs


@pytest.fixture(scope="package")
def inputs():
    return explorer_inputs(noise=6)


@pytest.fixture(scope="package")
def file(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    explorer(**inputs).save(folder)
    return folder / "explorer.html"


@pytest.fixture(scope="package")
def shared_window(browser):
    from tests.stages.explorer_page.gestures import open_window

    with open_window(browser) as window:
        yield window


@pytest.fixture
def page(shared_window, file):
    """The page, just opened."""
    from tests.stages.explorer_page.gestures import open_page

    page, problems = shared_window
    open_page(page, file)
    yield page
    page.evaluate("localStorage.clear()")
    assert problems == []
