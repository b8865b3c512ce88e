"""Numba's compiled code on disk, so that not every process compiles UMAP for ten seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any


def keep_compiled(*functions: Callable[..., Any]) -> None:
    """Let Numba write what it compiles of these functions to its cache, and read it from there in later processes.

    The cache is the folder `__pycache__` beside a function's source, or one of the user. It is for one version of
    Numba, one processor, and the source as it is, so the code has the same bits as if it were compiled anew. Without a
    folder that can be written, each process compiles.
    """
    for function in functions:
        with suppress(RuntimeError):  # Numba finds no folder
            function.enable_caching()  # type: ignore[attr-defined]  # a dispatcher of Numba
