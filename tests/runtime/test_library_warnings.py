"""Warnings as errors end a run only where they are the package's own."""

import warnings

import pytest

from pipeline.runtime.library_warnings import keep_library_warnings_harmless


def warn_from(module):
    warnings.warn_explicit("old", DeprecationWarning, "file.py", 1, module, registry={})


@pytest.mark.parametrize("module", ["keras.src.backend", "pipelines", "sklearn", ""])
def test_warnings_of_libraries_are_ignored_where_warnings_are_errors(module):
    with warnings.catch_warnings(record=True) as shown:
        warnings.resetwarnings()
        warnings.simplefilter("error")
        keep_library_warnings_harmless()
        warn_from(module)
    assert shown == []


@pytest.mark.parametrize("module", ["pipeline.data.idx", "pipeline", "__main__"])
def test_warnings_of_the_package_stay_errors(module):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keep_library_warnings_harmless()
        with pytest.raises(DeprecationWarning, match="old"):
            warn_from(module)


def test_other_settings_stay():
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("always")
        before = list(warnings.filters)
        keep_library_warnings_harmless()
        assert warnings.filters == before
