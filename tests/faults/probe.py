"""What a job of a sweep leaves behind in its process: memory, open files, seconds, the size of the database."""

import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from hydra.experimental.callback import Callback

FILE = "probe.json"


class Probe(Callback):
    """Hydra calls this in the process of each job, before and after it."""

    def __init__(self) -> None:
        self.started = (0.0, 0.0)

    def on_job_start(self, config, **kwargs):
        self.started = now()

    def on_job_end(self, config, job_return, **kwargs):
        cpu, wall = (after - before for after, before in zip(now(), self.started, strict=True))
        process = psutil.Process()
        found = {
            "job": config.hydra.job.num,
            "process": os.getpid(),
            "ended": time.time(),
            "cpu_seconds": cpu,
            "wall_seconds": wall,
            "yardstick_seconds": yardstick(),
            "memory_mib": process.memory_info().rss / 2**20,
            "open_files": process.num_fds(),
            "threads": threading.active_count(),
            "database_mib": (Path(config.output_dir) / "mlflow.db").stat().st_size / 2**20,
        }
        (Path(config.hydra.runtime.output_dir) / FILE).write_text(json.dumps(found))


def now():
    """This process's seconds on a processor, which other programs do not lengthen much, and those on the wall."""
    return time.process_time(), time.perf_counter()


def yardstick():
    """Seconds of processor for a fixed piece of work, the least of three: how fast the machine is at this moment.

    It makes no object that Python's garbage collector follows, so what a sweep leaves behind does not slow it down.
    """
    numbers, seconds = np.random.default_rng(0).random(400_000), []
    for _ in range(3):
        before = time.process_time()
        np.sort(numbers)
        for number in range(150_000):
            hash(str(number))
        seconds.append(time.process_time() - before)
    return min(seconds)
