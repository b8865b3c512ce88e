"""Peak memory is seen, and between the jobs of a sweep what nobody uses any more is let go."""

import gc
import time
import weakref

import numpy as np
import psutil
import pytest

from pipeline.memory import PeakMemory, release
from tests.networks import fit


class Node:
    """Something that may point to itself."""


@pytest.fixture
def released():
    yield release
    gc.unfreeze()


def test_a_passing_peak_is_seen():
    with PeakMemory(interval=0.005) as peak:
        held = np.ones(2**25)
        time.sleep(0.1)
        during = psutil.Process().memory_info().rss / 2**20
        del held
    assert peak.mib > during - 8
    assert psutil.Process().memory_info().rss / 2**20 < during - 200


def test_garbage_goes_and_what_lives_is_passed_by_from_then_on(released):
    dead, alive = Node(), Node()
    dead.own = dead
    seen = weakref.ref(dead)
    del dead
    released()
    assert seen() is None
    assert not any(one is alive for one in gc.get_objects())
    alive.own = alive
    seen = weakref.ref(alive)
    del alive
    released()
    assert seen() is not None
    released(thorough=True)
    assert seen() is None


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_what_tensorflow_keeps_of_a_training_is_let_go(images, released):
    from tensorflow.python.framework.ops import gradient_registry

    def kept():
        return [name for name in gradient_registry.list() if name.startswith("CustomGradient-")]

    released()
    fit(images)
    assert kept(), "TensorFlow has changed: nothing needs to be let go of any more"
    released()
    assert not kept()
