"""Garbage is collected rarely, and memory is freed between the jobs of a sweep."""

import gc
import subprocess
import sys
import weakref

import psutil
import pytest

from pipeline.runtime.garbage_collection import free_memory, return_memory
from tests.helpers import environment
from tests.networks import train_model


class Node:
    """Something that may point to itself."""


@pytest.fixture
def released():
    yield free_memory
    gc.unfreeze()


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


def test_what_a_stage_leaves_is_freed_after_the_job(released):
    node = Node()
    node.link = node
    seen = weakref.ref(node)
    return_memory()
    del node
    released()
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


@pytest.mark.skipif(sys.platform != "linux", reason="other C libraries return memory by themselves, or not at all")
def test_memory_between_blocks_in_use_returns_to_the_system():
    blocks = [bytes(10_000) for _ in range(20_000)]
    last = blocks[-1]
    before = psutil.Process().memory_info().rss
    del blocks
    return_memory()
    assert psutil.Process().memory_info().rss < before - 150e6
    assert len(last) == 10_000


COUNT_POOLS = """
import ctypes, sys, threading
from pathlib import Path
from pipeline.runtime.garbage_collection import limit_memory_pools

if len(sys.argv) > 2:
    limit_memory_pools(int(sys.argv[2]))
barrier = threading.Barrier(8)

def allocate():
    barrier.wait()
    blocks = [bytes(10_000) for _ in range(100)]
    barrier.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
library = ctypes.CDLL(None)
library.fopen.restype, library.fopen.argtypes = ctypes.c_void_p, (ctypes.c_char_p, ctypes.c_char_p)
library.malloc_info.argtypes, library.fclose.argtypes = (ctypes.c_int, ctypes.c_void_p), (ctypes.c_void_p,)
stream = library.fopen(sys.argv[1].encode(), b"w")
library.malloc_info(0, stream)
library.fclose(stream)
print(Path(sys.argv[1]).read_text().count("<heap "))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_threads_share_memory_pools(tmp_path):
    variables = {name: value for name, value in environment().items() if name != "MALLOC_ARENA_MAX"}

    def count(*limit, **more):
        command = [sys.executable, "-c", COUNT_POOLS, str(tmp_path / "pools.xml"), *limit]
        return int(subprocess.run(command, env=variables | more, capture_output=True, text=True, check=True).stdout)

    assert count() > 3, "each thread has a pool"
    assert count("3") == 3
    assert count("1") == 2
    assert count("3", MALLOC_ARENA_MAX="4") == 4
