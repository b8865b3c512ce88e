"""Compiled functions are read from Numba's cache by later processes."""

import numpy as np

from pipeline.embedding.compiled_functions import keep_compiled

SOURCE = "def double(values):\n    return 2 * values\n"


def compile_double(folder):
    """A new dispatcher, as in a new process, of a function in a file of this folder."""
    from numba import njit

    names = {}
    exec(compile(SOURCE, folder / "doubling.py", "exec"), names)
    return njit(names["double"])


def test_a_function_is_compiled_once(tmp_path):
    (tmp_path / "doubling.py").write_text(SOURCE)
    for hits in (0, 1):
        double = compile_double(tmp_path)
        keep_compiled(double)
        assert double(np.arange(3)).tolist() == [0, 2, 4]
        assert sum(double.stats.cache_hits.values()) == hits


def test_without_a_folder_each_process_compiles(tmp_path):
    double = compile_double(tmp_path / "missing")  # Numba finds no source, and therefore no folder
    keep_compiled(double)
    assert double(np.arange(3)).tolist() == [0, 2, 4]
