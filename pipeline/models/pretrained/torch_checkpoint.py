"""Read the arrays of a PyTorch checkpoint in the format before version 1.6, without PyTorch.

The format is a sequence of pickles and then the raw storages. The unpickler below builds ordered dictionaries and
descriptions of tensors, and refuses everything else, so that a file cannot run code.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
ITEM_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor(NamedTuple):
    """A view of a storage; strides count items, and need not be those of an array in C order."""

    storage: str
    dtype: np.dtype[Any]
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Unpickler(pickle.Unpickler):
    """Builds dictionaries of tensors' descriptions only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in ITEM_TYPES:
            return ITEM_TYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _describe_tensor
        raise pickle.UnpicklingError(f"the checkpoint names {module}.{name}, which is not read")

    def persistent_load(self, pid: Any) -> tuple[str, np.dtype[Any]]:
        _, dtype, key, _, _, *_ = pid
        return key, dtype


def _describe_tensor(
    storage: tuple[str, np.dtype[Any]], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> _Tensor:
    return _Tensor(*storage, offset, shape, strides)


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a checkpoint by name.

    Raises:
        ValueError: the file is not such a checkpoint.
    """
    with path.open("rb") as file:
        try:
            magic, _, _, tensors = (_Unpickler(file).load() for _ in range(4))
            keys = _Unpickler(file).load()
        except (pickle.UnpicklingError, EOFError, ValueError) as error:
            raise ValueError(f"{path.name} is not a checkpoint of PyTorch before 1.6: {error}") from error
        if magic != MAGIC_NUMBER:
            raise ValueError(f"{path.name} is not a checkpoint of PyTorch before 1.6")
        dtypes = {tensor.storage: tensor.dtype for tensor in tensors.values()}
        storages = {key: _read_storage(file, dtypes[key]) for key in keys}
    return {name: _view(storages[tensor.storage], tensor) for name, tensor in tensors.items()}


def _read_storage(file: BinaryIO, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The next storage of the file: the number of its items, and the items."""
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * dtype.itemsize), dtype, count)


def _view(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    """The tensor as an array in C order."""
    highest = tensor.offset + sum((side - 1) * step for side, step in zip(tensor.shape, tensor.strides, strict=True))
    if highest >= len(storage):
        raise ValueError("a tensor of the checkpoint exceeds its storage")
    strides = tuple(step * tensor.dtype.itemsize for step in tensor.strides)
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False)
    return np.ascontiguousarray(view)
