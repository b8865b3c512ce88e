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
SERVER, DATABASE = "PROBE_SERVER", "PROBE_DATABASE"
"""Variables: the process id of MLflow's server, and the address of its database for psycopg."""


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
            "database_mib": database_size(Path(config.output_dir) / "mlflow.db") / 2**20,
        } | measure_server()
        (Path(config.hydra.runtime.output_dir) / FILE).write_text(json.dumps(measurements))


def database_size(file):
    """Return the size in bytes of the database in this file, or of the PostgreSQL database that a variable names."""
    if DATABASE not in os.environ:
        return file.stat().st_size
    import psycopg

    with psycopg.connect(os.environ[DATABASE]) as connection:
        return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]


def measure_server():
    """Return memory and open files of the server whose process id a variable gives, its worker processes included."""
    if SERVER not in os.environ:
        return {}
    server = psutil.Process(int(os.environ[SERVER]))
    processes = [server, *server.children(recursive=True)]
    return {
        "server_memory_mib": sum(process.memory_info().rss for process in processes) / 2**20,
        "server_open_files": sum(process.num_fds() for process in processes),
    }


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
