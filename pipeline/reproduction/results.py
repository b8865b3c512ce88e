"""The recommended recipe and the null models, over every seed that was run."""

from __future__ import annotations

from typing import Any

from pipeline.reproduction.records import Records

SCORES = ("accuracy", "purity", "nmi", "ari")
RECIPES = {
    "autoencoder, UMAP, mixture (the default)": (),
    "PCA, UMAP, mixture": ("model=pca",),
    "pixels, UMAP, mixture": ("model=pixels",),
    "autoencoder, k-means": ("manifold=none", "cluster=kmeans"),
    "PCA, k-means": ("model=pca", "manifold=none", "cluster=kmeans"),
    "pixels, k-means": ("model=pixels", "manifold=none", "cluster=kmeans"),
}
"""What is compared: the same images, the same k; each row's words follow `python -m pipeline`."""


def rows(records: Records) -> list[dict[str, Any]]:
    """Return a row a recipe: its words, its seeds, and the lists of its scores on both parts, seed by seed."""
    return [_row(name, words, records) for name, words in RECIPES.items()]


def _row(name: str, words: tuple[str, ...], records: Records) -> dict[str, Any]:
    found = records.of(words, ("train/accuracy_score", "test/accuracy_score"))
    first = next(iter(found.values()), None)
    return {
        "recipe": name,
        "words": " ".join(words),
        "seeds": list(found),
        "k": int(first.metrics["k"]) if first else None,
        "n": int(first.metrics["data/fitted_images"]) if first else None,
        "seconds": [round(sum(record.seconds.values()), 1) for record in found.values()],
        "scores": {
            f"{part} {score}": [round(record.metrics[f"{part}/{score}_score"], 4) for record in found.values()]
            for part in ("train", "test")
            for score in SCORES
        },
    }
