"""Compiled functions are read from Numba's cache by later processes."""

import subprocess
import sys

import numpy as np
import pytest

from pipeline.embedding.compiled_functions import keep_compiled
from tests.helpers import environment

SOURCE = "def double(values):\n    return 2 * values\n"
PROGRAM = """
import numba, numpy
from doubling import double
from pipeline.embedding.compiled_functions import keep_compiled
compiled = numba.njit(double)
keep_compiled(compiled)
print(compiled(numpy.arange(3)).tolist(), sum(compiled.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_a_function_is_compiled_by_the_first_process(tmp_path):
    (tmp_path / "doubling.py").write_text(SOURCE)
    for hits in (0, 1):
        words = [sys.executable, "-c", PROGRAM]
        output = subprocess.check_output(words, cwd=tmp_path, env=environment(), text=True)
        assert output == f"[0, 2, 4] {hits}\n"


def compile_double(folder):
    """A dispatcher of a function in a file of this folder."""
    from numba import njit

    names = {}
    exec(compile(SOURCE, folder / "doubling.py", "exec"), names)
    return njit(names["double"])


@pytest.mark.slow
def test_without_a_folder_each_process_compiles(tmp_path):
    double = compile_double(tmp_path / "missing")  # Numba finds no source, and therefore no folder
    keep_compiled(double)
    assert double(np.arange(3)).tolist() == [0, 2, 4]


def test_a_function_that_cannot_be_saved_is_used(tmp_path):
    (tmp_path / "doubling.py").write_text(SOURCE)
    double = compile_double(tmp_path)

    def save(*_):
        raise OSError(28, "No space left on device")

    double.enable_caching()
    double._cache._save_overload = save
    double.enable_caching = lambda: None
    keep_compiled(double)
    assert double(np.arange(3)).tolist() == [0, 2, 4]
