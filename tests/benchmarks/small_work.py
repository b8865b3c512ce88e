"""Work of no use for tests of workers; a worker's process imports this module and nothing heavy."""

import os
import time


def printing_work(_sizes):
    print("output of a library")
    return lambda: {"pid": float(os.getpid()), "at": time.time()}


def self_timed_work(_sizes):
    return lambda: {"pid": float(os.getpid()), "at": time.time(), "seconds": 7.0}


def failing_work(_sizes):
    raise ValueError("no such thing")


def failing_preparation():
    return failing_work(None)


def dying():
    os._exit(3)
