"""A Hydra callback that measures each job of a sweep in its process: memory, open files, time, size of the database."""

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
    """Writes `probe.json` to the folder of each job; Hydra calls it in the job's process."""

    def __init__(self) -> None:
        self.started = (0.0, 0.0)

    def on_job_start(self, config, **kwargs):
        """Read the clocks."""
        self.started = read_clocks()

    def on_job_end(self, config, job_return, **kwargs):
        """Write the measurements."""
        cpu, wall = (after - before for after, before in zip(read_clocks(), self.started, strict=True))
        process = psutil.Process()
        measurements = {
            "job": config.hydra.job.num,
            "process": os.getpid(),
            "ended": time.time(),
            "cpu_seconds": cpu,
            "wall_seconds": wall,
            "yardstick_seconds": time_yardstick(),
            "memory_mib": process.memory_info().rss / 2**20,
            "open_files": process.num_fds(),
            "threads": threading.active_count(),
            "database_mib": (Path(config.output_dir) / "mlflow.db").stat().st_size / 2**20,
        }
        (Path(config.hydra.runtime.output_dir) / FILE).write_text(json.dumps(measurements))


def read_clocks():
    """Return the processor time of this process, which other programs hardly change, and the wall-clock time."""
    return time.process_time(), time.perf_counter()


def time_yardstick():
    """Return the processor time of a fixed computation, the minimum of three: the machine's speed at this moment.

    It creates no objects that the garbage collector tracks, so the objects that a sweep leaves do not slow it down.
    """
    numbers, seconds = np.random.default_rng(0).random(400_000), []
    for _ in range(3):
        started = time.process_time()
        np.sort(numbers)
        for number in range(150_000):
            hash(str(number))
        seconds.append(time.process_time() - started)
    return min(seconds)
