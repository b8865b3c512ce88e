"""The ground truth, separate from the images, so that unsupervised stages cannot receive it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Int


@dataclass(frozen=True)
class Labels(Artifact):
    """True classes of the images: `train` (a,) and `test` (b,) int32, −1 where a label is unknown.

    `names[i]` is the name of class i. `split` is that of `Images`. Both arrays are empty if the data has no labels.
    Only the stages evaluate, report, explorer, spaces, export, quality and tree, and the simulation in label, receive
    them.
    """

    train: Int
    test: Int
    names: list[str] = field(default_factory=list)
    split: str = "train"

    @property
    def has_labels(self) -> bool:
        """Whether at least one fitted image has a label."""
        return bool((self.fitted >= 0).any())

    @property
    def fitted(self) -> Int:
        """Labels of the fitted images, (n,)."""
        return np.concatenate([self.train, self.test]) if self.split == "all" else getattr(self, self.split)

    @property
    def held_out(self) -> Int:
        """Labels of the held-out images, (m,)."""
        return self.test if self.split == "train" else self.train[:0]

    def name(self, label: int) -> str:
        """Return the name of a label, or its number if it has no name; empty if the label is unknown."""
        if label < 0:
            return ""
        return self.names[label] if label < len(self.names) else str(label)

    def fitted_or_unknown(self, n: int) -> Int:
        """Return the labels (n,) int32 of the n fitted images; all are −1 if the data has no labels."""
        return np.asarray(self.fitted, np.int32) if len(self.fitted) else np.full(n, -1, np.int32)

    def without(self, is_removed: NDArray[np.bool_]) -> Labels:
        """Return labels in which those of some fitted images, given by a mask (n,), are unknown."""
        if not is_removed.any() or not len(self.fitted):
            return self
        fitted = np.where(is_removed, np.int32(-1), self.fitted)
        if self.split == "all":
            n_train = len(self.train)
            return replace(self, train=fitted[:n_train], test=fitted[n_train:])
        return replace(self, train=fitted) if self.split == "train" else replace(self, test=fitted)
