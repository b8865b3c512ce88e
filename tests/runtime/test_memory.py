"""Peak memory is measured."""

import time

import numpy as np
import psutil

from pipeline.runtime.memory import PeakMemory


def test_a_short_peak_is_measured():
    with PeakMemory(interval=0.005) as peak:
        held = np.ones(2**25)
        time.sleep(0.1)
        during = psutil.Process().memory_info().rss / 2**20
        del held
    assert peak.mib > during - 8
    assert psutil.Process().memory_info().rss / 2**20 < during - 200
