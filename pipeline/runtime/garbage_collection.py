"""Garbage collection: rarely while a stage works, and after it; thoroughly between the jobs of a sweep.

And what the C library keeps of freed memory.
"""

from __future__ import annotations

import ctypes
import gc
import os
import sys
from contextlib import suppress

M_ARENA_MAX = -8
"""The number of `mallopt`'s parameter in glibc's malloc.h."""


def collect_garbage_rarely() -> None:
    """Let Python search for unreachable objects after 10,000 new ones in place of 700.

    Importing MLflow and building TensorFlow's graphs make many objects that stay: searching them took a tenth of the
    time of a run that reuses all stages.
    """
    gc.set_threshold(10_000, 10, 10)


def free_memory(thorough: bool = False) -> None:
    """Free the models that Keras and TensorFlow still refer to, and exclude what stays alive from later collections.

    TensorFlow registers the gradient of each function for the life of the process, and with it the graph and the model:
    some MiB for each training. Modules, Hydra's finished jobs and MLflow's caches stay alive; searching them took a
    third of a small job's time. `thorough` searches them too.
    """
    if thorough:
        gc.unfreeze()
    if "keras" in sys.modules:
        sys.modules["keras"].utils.clear_session(free_memory=False)
    registry = getattr(sys.modules.get("tensorflow.python.framework.ops"), "gradient_registry", None)
    entries = getattr(registry, "_registry", {})
    for name in [name for name in entries if name.startswith("CustomGradient-")]:
        del entries[name]
    gc.collect()
    gc.freeze()


def return_memory() -> None:
    """Free younger objects that nothing refers to, and give freed memory back to the system, where the C library can.

    Otherwise what one stage of a run has used stays with the process beside what the next one needs. Old objects are
    not searched, which would take 0.3 s, nor excluded from later collections: a job's model would outlive the job.
    """
    gc.collect(1)
    with suppress(AttributeError, OSError, TypeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)


def limit_memory_pools(threads: int) -> None:
    """Let all threads of this process share as many of the C library's memory pools as `threads`, but at least two.

    glibc gives each thread a pool of its own, up to eight for each core, and TensorFlow has dozens of threads. What is
    free in one pool serves no other: 130 MiB after training on MNIST. The variable MALLOC_ARENA_MAX takes precedence.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(AttributeError, OSError, TypeError):  # not glibc
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, max(2, threads))
