"""The recommended recipes, the null models and the published deep clusterings, over every seed that was run."""

from __future__ import annotations

from typing import Any

from pipeline.reproduction.records import Records

SCORES = ("accuracy", "purity", "nmi", "ari")
MNIST = "MNIST, 60,000 training images clustered, 10,000 assigned"
DIGITS = "scikit-learn's digits, all 1,797 images of 8×8 clustered"
GLYPHS = "Letters A to J drawn in 21 fonts, 10,000 clustered, 2,000 assigned"
WHOLE = "MNIST, all 70,000 images clustered together, as in the publications"
RECIPES: dict[str, dict[str, tuple[str, ...]]] = {
    MNIST: {
        "autoencoder, UMAP, mixture (the default)": (),
        "the same, and self-training": ("experiment=best",),
        "PCA, UMAP, mixture": ("model=pca",),
        "pixels, UMAP, mixture": ("model=pixels",),
        "autoencoder, k-means": ("manifold=none", "cluster=kmeans"),
        "PCA, k-means": ("model=pca", "manifold=none", "cluster=kmeans"),
        "pixels, k-means": ("model=pixels", "manifold=none", "cluster=kmeans"),
    },
    DIGITS: {
        "autoencoder, UMAP, mixture (the default)": ("data=digits",),
        "the same, and self-training": ("data=digits", "experiment=best"),
        "pixels, UMAP, mixture": ("data=digits", "model=pixels"),
        "pixels, k-means": ("data=digits", "model=pixels", "manifold=none", "cluster=kmeans"),
    },
    GLYPHS: {
        "autoencoder, UMAP, mixture (the default)": ("data=glyphs",),
        "the same, and self-training": ("data=glyphs", "experiment=best"),
        "pixels, UMAP, mixture": ("data=glyphs", "model=pixels"),
        "pixels, k-means": ("data=glyphs", "model=pixels", "manifold=none", "cluster=kmeans"),
    },
    WHOLE: {
        "DEC, published accuracy 0.843": ("experiment=dec",),
        "IDEC, published accuracy 0.881": ("experiment=idec",),
        "DCEC, published accuracy 0.890": ("experiment=dcec",),
    },
}
"""What is compared within a table: the same images, the same k; each row's words follow `python -m pipeline`."""

HELD_OUT = (MNIST, GLYPHS)
"""The tables whose data have images that were only assigned."""


def rows(records: Records) -> list[dict[str, Any]]:
    """Return a row a recipe: its table and words, its seeds, and the lists of its scores, seed by seed."""
    return [_row(table, name, words, records) for table, recipes in RECIPES.items() for name, words in recipes.items()]


def _row(table: str, name: str, words: tuple[str, ...], records: Records) -> dict[str, Any]:
    parts = ("train", "test") if table in HELD_OUT else ("train",)
    found = records.of(words, [f"{part}/accuracy_score" for part in parts])
    first = next(iter(found.values()), None)
    return {
        "table": table,
        "recipe": name,
        "words": " ".join(words),
        "seeds": list(found),
        "k": int(first.metrics["k"]) if first else None,
        "n": int(first.metrics["data/fitted_images"]) if first else None,
        "seconds": [round(sum(record.seconds.values()), 1) for record in found.values()],
        "scores": {
            f"{part} {score}": [round(record.metrics[f"{part}/{score}_score"], 4) for record in found.values()]
            for part in parts
            for score in SCORES
        },
    }
