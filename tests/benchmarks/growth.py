"""How the costs grow with the number of images: graph and manifold of ever more latents."""

from __future__ import annotations

import time
from typing import Any

from tests.benchmarks import inputs
from tests.benchmarks.row import Row
from tests.benchmarks.sizes import Sizes
from tests.benchmarks.worker import Facts, Work

PARTS = (16, 8, 4, 2)


def ours(sizes: Sizes) -> Work:
    """The stages neighbors and manifold; the facts are their seconds by the number of images."""
    from pipeline.embeddings import umap
    from pipeline.knn import exact

    settings: Any = {"n_components": 10, "min_dist": 0.0, "n_epochs": sizes.map_epochs}
    few = inputs.latents(sizes, 100)
    umap(few, exact(few, 10), **settings)

    def work() -> Facts:
        facts: dict[str, float] = {}
        for part in PARTS:
            n = sizes.images // part
            latents, started = inputs.latents(sizes, n), time.perf_counter()
            graph = exact(latents, min(20, n - 1))
            between = time.perf_counter()
            umap(latents, graph, **settings)
            facts |= {f"graph {n}": between - started, f"UMAP {n}": time.perf_counter() - between}
        return facts

    return work


ROW = Row("graph and UMAP of a sixteenth, an eighth, a quarter and half of the latents", {"ours": ours}, repeats=1)
