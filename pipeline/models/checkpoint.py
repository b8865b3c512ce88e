"""Checkpoints of a training, from which an interrupted one resumes with bit-identical results.

`keras.callbacks.BackupAndRestore` restores neither the history nor the state of early stopping. Files lie in the
observer's scratch folder; without one, nothing is saved. Arrays carry checksums, and a checkpoint that is damaged or
does not match the model is ignored with a note.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.models.autoencoder import History
from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.observer import Observer

Arrays = dict[str, NDArray[Any]]
EARLY_STOPPING_STATE = ("wait", "best", "best_epoch")
"""Attributes of `EarlyStopping` that change during a training, beside the best weights."""
VARIABLES = ("model.", "optimizer.")
"""Prefixes of the names of arrays that hold a variable."""


class Checkpoint:
    """Saves and restores a compiled model with its optimizer, the history and the state of early stopping.

    All variables of the model must exist already. A resumed training must continue its data at the next step; their
    order follows from the seed and each batch's corruption from the number of its step.
    """

    def __init__(
        self, observer: Observer, name: str, model: keras.Model, stopping: keras.callbacks.EarlyStopping | None = None
    ) -> None:
        self.observer, self.name, self.model, self.stopping = observer, name, model, stopping
        self._stopping_state: tuple[dict[str, Any], list[NDArray[Any]]] | None = None

    def restore(self) -> History:
        """Restore the model and return the metrics of each finished epoch; an empty list without a checkpoint."""
        self.model.optimizer.build(self.model.trainable_variables)
        arrays = read_arrays(self.observer, self.name)
        if not arrays:
            return []
        metadata = json.loads(str(arrays["metadata"]))
        variables = self._variables()
        shapes = {name: array.shape for name, array in arrays.items() if name.startswith(VARIABLES)}
        if shapes != {name: tuple(variable.shape) for name, variable in variables.items()}:
            self.observer.note(f"ignored the checkpoint {self.name}, which does not match the model; restarting")
            return []
        for name, variable in variables.items():
            variable.assign(arrays[name])
        if metadata["stopping"] is not None:
            best_weights = [arrays[f"best.{index}"] for index in range(metadata["best"])]
            self._stopping_state = metadata["stopping"], best_weights
        history: History = metadata["history"]
        self.observer.note(f"resumed after epoch {len(history)} of an interrupted run")
        return history

    def restore_early_stopping(self) -> None:
        """Restore the state of early stopping; call it at the beginning of a training, which resets that state."""
        if self.stopping is not None and self._stopping_state is not None:
            state, best_weights = self._stopping_state
            for name, value in state.items():
                setattr(self.stopping, name, value)
            self.stopping.best_weights = best_weights or None

    def save(self, history: History) -> None:
        """Save the state after the last epoch in `history`, unless the training stops after this epoch."""
        if self.observer.scratch is None or self.model.stop_training:
            return
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in self._variables().items()}
        metadata: dict[str, Any] = {"history": history, "stopping": None, "best": 0}
        if self.stopping is not None:
            best_weights = self.stopping.best_weights or []
            arrays |= {f"best.{index}": np.asarray(weight) for index, weight in enumerate(best_weights)}
            metadata["stopping"] = {name: getattr(self.stopping, name) for name in EARLY_STOPPING_STATE}
            metadata["best"] = len(best_weights)
        write_arrays(self.observer, self.name, arrays | {"metadata": np.asarray(json.dumps(metadata))})

    def _variables(self) -> dict[str, Any]:
        """Everything that training changes: weights, seeds of dropout, optimizer state; metrics reset each epoch."""
        metric_ids = {id(variable) for variable in self.model.metrics_variables}
        variables = [variable for variable in self.model.variables if id(variable) not in metric_ids]
        named = {f"model.{index}": variable for index, variable in enumerate(variables)}
        return named | {f"optimizer.{index}": slot for index, slot in enumerate(self.model.optimizer.variables)}


def cached_array(observer: Observer, name: str, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return the array that `compute` returns, or the one that an interrupted run saved under `name`."""
    arrays = read_arrays(observer, name)
    if arrays:
        return arrays["array"]
    array = compute()
    write_arrays(observer, name, {"array": array})
    return array


def read_arrays(observer: Observer, name: str) -> Arrays:
    """Return the arrays saved under `name`: an empty dict if there are none, or, with a note, if they are damaged."""
    file = _checkpoint_file(observer, name)
    if file is None or not file.exists():
        return {}
    try:
        # np.load leaves a path that it cannot read open, so it gets a stream.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        observer.note(f"ignored the checkpoint {name}, which is damaged; restarting")
        return {}


def write_arrays(observer: Observer, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Save arrays under `name` atomically, if there is a scratch folder."""
    file = _checkpoint_file(observer, name)
    if file is None:
        return
    with atomic_write(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle


def _checkpoint_file(observer: Observer, name: str) -> Path | None:
    return observer.scratch / f"{name}.npz" if observer.scratch is not None else None
