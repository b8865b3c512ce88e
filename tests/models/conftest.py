"""What the tests of models share."""

from pathlib import Path

import pytest

# Keras copies a variable with np.array, which passes `copy` to TensorFlow's __array__, which does not take it.
KERAS_COPY = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"


def pytest_collection_modifyitems(items):
    """Ignore a warning of Keras in every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings(KERAS_COPY))
