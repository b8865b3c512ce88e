"""The ground truth, apart from the images, so that what must not see it does not get it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.artifacts.base import Artifact, Int


@dataclass(frozen=True)
class Labels(Artifact):
    """Ground truth for evaluate, report and explorer alone: `train` (a,) and `test` (b,) int32, −1 where unknown.

    `names[i]` is class i in words. Both arrays may be empty: then nothing is known.
    """

    train: Int
    test: Int
    names: list[str] = field(default_factory=list)
    split: str = "train"

    @property
    def known(self) -> bool:
        """Whether there is anything to score against."""
        return bool((self.fitted >= 0).any())

    @property
    def fitted(self) -> Int:
        """Labels of the fitted images, (n,)."""
        return np.concatenate([self.train, self.test]) if self.split == "all" else getattr(self, self.split)

    @property
    def held_out(self) -> Int:
        """Labels of the held-out images, (m,)."""
        return self.test if self.split == "train" else self.train[:0]
