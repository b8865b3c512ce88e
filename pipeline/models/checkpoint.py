"""The state of a training after an epoch, from which one that was cut off goes on to the same bits.

Files lie in the observer's scratch folder; without one nothing is kept. A file appears whole or not at all, its arrays
carry checksums, and one that is damaged or does not fit is left out with a note.
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

from pipeline.models.base import History
from pipeline.observer import Observer

Arrays = dict[str, NDArray[Any]]
STOPPING = ("wait", "best", "best_epoch")
"""What `EarlyStopping` knows beside the best weights."""


class Checkpoint:
    """Keeps a compiled model with its optimizer, the history, and what early stopping knows.

    The model has all its variables from the start. Whoever restores it starts the data at the step that follows: their
    order is seeded, and so is each batch's corruption by the number of its step.
    """

    def __init__(
        self, observer: Observer, name: str, model: keras.Model, stopping: keras.callbacks.EarlyStopping | None = None
    ) -> None:
        self.observer, self.name, self.model, self.stopping = observer, name, model, stopping
        self._stopping: tuple[dict[str, Any], list[NDArray[Any]]] | None = None

    def restore(self) -> History:
        """Put the model into the kept state; return the rows of the epochs that are done, none if nothing is kept."""
        self.model.optimizer.build(self.model.trainable_variables)
        kept = read(self.observer, self.name)
        if not kept:
            return []
        facts = json.loads(str(kept["facts"]))
        variables = self._variables()
        if {name: array.shape for name, array in kept.items() if name in variables} != {
            name: tuple(variable.shape) for name, variable in variables.items()
        }:
            self.observer.note(f"the checkpoint {self.name} of an interrupted run does not fit: beginning anew")
            return []
        for name, variable in variables.items():
            variable.assign(kept[name])
        if facts["stopping"] is not None:
            best = [kept[f"best.{place}"] for place in range(facts["best"])]
            self._stopping = facts["stopping"], best
        history: History = facts["history"]
        self.observer.note(f"goes on after epoch {len(history)}, where an earlier run was interrupted")
        return history

    def begin(self) -> None:
        """Hand early stopping what it knew; it forgets all when a training begins."""
        if self.stopping is not None and self._stopping is not None:
            facts, best = self._stopping
            for name, value in facts.items():
                setattr(self.stopping, name, value)
            self.stopping.best_weights = best or None

    def save(self, history: History) -> None:
        """Keep the state after the epoch of the last row, unless the training ends with it: then its result follows."""
        if self.observer.scratch is None or self.model.stop_training:
            return
        arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in self._variables().items()}
        best = (self.stopping.best_weights or []) if self.stopping is not None else []
        arrays |= {f"best.{place}": np.asarray(weight) for place, weight in enumerate(best)}
        known = {name: getattr(self.stopping, name) for name in STOPPING} if self.stopping is not None else None
        facts = {"history": history, "stopping": known, "best": len(best)}
        write(self.observer, self.name, arrays | {"facts": np.asarray(json.dumps(facts))})

    def _variables(self) -> dict[str, Any]:
        """All that training changes: weights, seeds of dropout, the optimizer's; metrics begin anew each epoch."""
        passing = {id(variable) for variable in self.model.metrics_variables}
        found = [variable for variable in self.model.variables if id(variable) not in passing]
        named = {f"model.{place}": variable for place, variable in enumerate(found)}
        return named | {f"optimizer.{place}": one for place, one in enumerate(self.model.optimizer.variables)}


def remembered(observer: Observer, name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return what `make` does, or did in an earlier attempt that was cut off later."""
    kept = read(observer, name)
    if kept:
        return kept["made"]
    made = make()
    write(observer, name, {"made": made})
    return made


def read(observer: Observer, name: str) -> Arrays:
    """Return the arrays kept under a name: none if there are none, and none with a note if they are damaged."""
    file = _file(observer, name)
    if file is None or not file.exists():
        return {}
    try:
        # NumPy leaves a file that it cannot read open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        observer.note(f"the checkpoint {name} of an interrupted run is damaged: beginning anew")
        return {}


def write(observer: Observer, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Keep arrays under a name, where there is a place for them; the file takes its name when it is whole."""
    file = _file(observer, name)
    if file is None:
        return
    unready = file.with_suffix(".new")
    with unready.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # no array is named allow_pickle
    unready.replace(file)


def _file(observer: Observer, name: str) -> Path | None:
    return observer.scratch / f"{name}.npz" if observer.scratch is not None else None
