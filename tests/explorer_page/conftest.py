"""The explorer's page in a real browser, opened from disk, without network."""

import pytest

from pipeline.stages.explorer import explorer
from tests.explorers import CHROMIUM, QUIET, parts


@pytest.fixture(scope="package")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: none of chromium, chromium-browser, google-chrome is found")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def inputs():
    return parts(noise=6)


@pytest.fixture(scope="package")
def file(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("explorer")
    explorer(**inputs).save(folder)
    return folder / "explorer.html"


@pytest.fixture(scope="package")
def shared_window(browser):
    from tests.explorer_page.gestures import window

    with window(browser) as found:
        yield found


@pytest.fixture
def page(shared_window, file):
    """The page as it is when it was just opened."""
    from tests.explorer_page.gestures import visit

    page, complaints = shared_window
    visit(page, file)
    yield page
    assert complaints == []
