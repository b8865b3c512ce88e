"""The result of stage extend: the extended artifacts, and tables of the new images and of the clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.artifacts.base import Artifact, Float
from pipeline.artifacts.clustering import Clustering
from pipeline.runtime.counts import count_words

NO_NUMBER = -1


@dataclass(frozen=True)
class ExtendResult:
    """The extended `artifacts` by name, a row per new image, a row per cluster, and a note on new clusters."""

    artifacts: Mapping[str, Artifact]
    images: pd.DataFrame
    clusters: pd.DataFrame
    note: str

    def save(self, folder: Path) -> list[str]:
        """Write extend.csv and clusters.csv, and return their names."""
        self.images.to_csv(folder / "extend.csv", index=False, float_format="%.6g")
        self.clusters.to_csv(folder / "clusters.csv", index=False)
        return ["extend.csv", "clusters.csv"]

    def metrics(self) -> dict[str, float]:
        """Return the numbers of new images, of far ones, of those in new clusters, and of new clusters."""
        return {
            "extend/images": float(len(self.images)),
            "extend/far": float(self.images["far"].sum()),
            "extend/images_in_new_clusters": float(self.images["is_new_cluster"].sum()),
            "extend/new_clusters": float(len(self.new_clusters)),
        }

    @property
    def new_clusters(self) -> pd.DataFrame:
        """The rows of the new clusters."""
        return self.clusters[self.clusters["before"] == NO_NUMBER]

    def summary_lines(self) -> list[str]:
        """Return the lines that are printed at the end."""
        sizes = self.clusters["size"].sum()
        lines = [f"extended by {count_words(len(self.images), 'image', 'images')} to {sizes:,} in clusters"]
        lines.append(f"far      {int(self.images['far'].sum()):,} of the new images are far from all fitted images")
        pairs = zip(self.new_clusters["cluster"], self.new_clusters["size"], strict=True)
        proposed = ", ".join(f"{cluster} with {count_words(size, 'image', 'images')}" for cluster, size in pairs)
        lines.append(f"new      {f'clusters {proposed}' if proposed else 'no cluster'}: {self.note}")
        renumbered = self.clusters[
            (self.clusters["before"] != self.clusters["cluster"]) & (self.clusters["before"] >= 0)
        ]
        if len(renumbered):
            pairs = zip(renumbered["before"], renumbered["cluster"], strict=True)
            lines.append(f"numbers  {', '.join(f'{before} → {cluster}' for before, cluster in sorted(pairs))}")
        return lines


def describe_images(
    names: Sequence[str],
    extended: Clustering,
    distances: Float,
    is_far: NDArray[np.bool_],
    novelty: Float,
    is_new: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return a row per new image; `extended` are the clusters of all images, the m new ones last."""
    m = len(names)
    return pd.DataFrame({
        "image": list(names), "cluster": extended.fitted[-m:], "confidence": extended.confidence[-m:],
        "distance": distances, "far": is_far, "novelty": novelty, "is_new_cluster": is_new,
    })  # fmt: skip


def describe_clusters(clustering: Clustering, extended: Clustering, m: int) -> pd.DataFrame:
    """Return a row per cluster: its number, that in the run (−1: a new cluster), name, size, and number of new images.

    The last m images of `extended` are new, the others have the clusters of `clustering`.
    """
    before = np.full(extended.k + 1, NO_NUMBER)
    before[extended.fitted[:-m]] = clustering.fitted  # noise stays the last
    sizes, new_sizes = (
        np.bincount(clusters[clusters >= 0], minlength=extended.k)
        for clusters in (extended.fitted, extended.fitted[-m:])
    )
    return pd.DataFrame({
        "cluster": range(extended.k), "before": before[:-1], "name": extended.names or [""] * extended.k,
        "size": sizes, "new_images": new_sizes,
    })  # fmt: skip
