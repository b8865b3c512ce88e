"""Numba's compiled code on disk, so that not every process compiles UMAP for ten seconds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any


def keep_compiled(*functions: Callable[..., Any]) -> None:
    """Let Numba write what it compiles of these functions to its cache, and read it from there in later processes.

    The cache is the folder `__pycache__` beside a function's source, or one of the user. It is for one version of
    Numba, one processor, and the source as it is, so the code has the same bits as if it were compiled anew. Without a
    folder that can be written, each process compiles; so it does if the code cannot be saved, as on a full disk.
    """
    for function in functions:
        with suppress(RuntimeError):  # Numba finds no folder
            function.enable_caching()  # type: ignore[attr-defined]  # a dispatcher of Numba
            _ignore_failures_to_save(function._cache)  # type: ignore[attr-defined]


def _ignore_failures_to_save(cache: Any) -> None:
    """Let the function be used although its code cannot be saved; Numba itself would raise the error."""
    save = cache.save_overload

    def save_if_possible(*arguments: Any) -> None:
        with suppress(Exception):  # of the disk, or of pickle
            save(*arguments)

    cache.save_overload = save_if_possible
