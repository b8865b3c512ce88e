"""Peak memory is measured, and memory is freed between the jobs of a sweep."""

import gc
import time
import weakref

import numpy as np
import psutil
import pytest

from pipeline.runtime.memory import PeakMemory, free_memory
from tests.networks import train_model


class Node:
    """Something that may point to itself."""


@pytest.fixture
def released():
    yield free_memory
    gc.unfreeze()


def test_a_short_peak_is_measured():
    with PeakMemory(interval=0.005) as peak:
        held = np.ones(2**25)
        time.sleep(0.1)
        during = psutil.Process().memory_info().rss / 2**20
        del held
    assert peak.mib > during - 8
    assert psutil.Process().memory_info().rss / 2**20 < during - 200


@pytest.mark.slow
def test_objects_that_survive_are_excluded_from_later_collections(released):
    dead, alive = Node(), Node()
    dead.link = dead
    seen = weakref.ref(dead)
    del dead
    released()
    assert seen() is None
    assert not any(item is alive for item in gc.get_objects())
    alive.link = alive
    seen = weakref.ref(alive)
    del alive
    released()
    assert seen() is not None
    released(thorough=True)
    assert seen() is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_gradients_that_tensorflow_registers_are_freed(images, released):
    from tensorflow.python.framework.ops import gradient_registry

    def registered():
        return [name for name in gradient_registry.list() if name.startswith("CustomGradient-")]

    released()
    train_model(images)
    assert registered(), "TensorFlow has changed: nothing needs to be freed any more"
    released()
    assert not registered()
