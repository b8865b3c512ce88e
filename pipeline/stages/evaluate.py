"""Score the run: against labels where they are known, and without them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images, unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.artifacts.nulls import NullClusterings
from pipeline.artifacts.scores import Scores
from pipeline.config import Evaluate
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer
from pipeline.sampling import drawn
from pipeline.separation import silhouette_score

NULL = ("accuracy", "accuracy_sd", "purity", "nmi", "k", "coverage", "agreement", "n")
"""What is kept of each null model, as metrics `null/<space>_<name>`."""


def evaluate(
    config: Evaluate,
    images: Images,
    labels: Labels,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    nulls: NullClusterings,
    map: Map,  # the artifact's name
    observer: Observer = SILENT,
) -> Scores:
    """Return all scores: `train/…` on the fitted images, `test/…` on the held-out ones, which were only assigned.

    The internal scores (silhouette and its kin) are measured in the space that was clustered, so they compare
    clusterers, not spaces. `null/…` compares spaces. Without labels the scores that need them are left out, and
    `notes` says so.
    """
    values = {f"train/{name}": value for name, value in _internal(config, features.fitted, clustering.fitted).items()}
    observer.progress(1, 4, "parts")
    values |= _map(config, latents, graph, map)
    observer.progress(2, 4, "parts")
    values |= _reconstruction(config, autoencoder, images)
    observer.progress(3, 4, "parts")
    values |= {"k": float(clustering.k), "latent_size": float(latents.fitted.shape[1])}
    empty = np.zeros((0, 0), np.int64)
    rows = [_null(nulls, place, labels, clustering) for place in range(len(nulls.spaces))]
    values |= {f"null/{row['space']}_{name}": float(row[name]) for row in rows for name in NULL if name in row}
    notes = _sampled(config, len(clustering.fitted))
    if not labels.known:
        notes.insert(0, "no labels: scores that need them are left out")
        return Scores(values, _sizes(clustering.fitted), empty, [], notes, rows, nulls.notes)
    values |= {f"train/{name}": value for name, value in metrics.score(labels.fitted, clustering.fitted).items()}
    if (labels.held_out >= 0).any():
        values |= {f"test/{name}": value for name, value in metrics.score(labels.held_out, clustering.held_out).items()}
    table = metrics.contingency_matrix(labels.fitted, clustering.fitted)
    columns = [*table.clusters.tolist(), *([-1] if table.noise.any() else [])]
    return Scores(values, metrics.per_cluster(table), table.full, columns, notes, rows, nulls.notes)


def _null(nulls: NullClusterings, place: int, labels: Labels, clustering: Clustering) -> dict[str, Any]:
    """A row of the null models' table: agreement with the run's clusters, and scores where labels are known.

    All are means over the repeats; `accuracy_sd` is their standard deviation.
    """
    own, known = clustering.fitted[nulls.rows], labels.fitted[nulls.rows] if labels.known else np.empty(0, np.int32)
    n = int((known >= 0).sum())
    repeats = [_null_scores(found, own, known if n else None) for found in nulls.clusters[place]]
    row: dict[str, Any] = {name: float(np.mean([one[name] for one in repeats])) for name in repeats[0]}
    if n and len(repeats) > 1:
        row["accuracy_sd"] = float(np.std([one["accuracy"] for one in repeats], ddof=1))
    return row | {
        "space": nulls.spaces[place], "dimensions": nulls.dimensions[place],
        "repeats": len(repeats), "n": n or len(nulls.rows),
    }  # fmt: skip


def _null_scores(found: Int, own: Int, known: Int | None) -> dict[str, float]:
    # Noise of the run is one more cluster here: names from 0 on, or it would count as unknown.
    values = {"agreement": metrics.ari_score(metrics.contingency_matrix(own + 1, found))}
    values |= {"k": float(len(np.unique(found[found >= 0]))), "coverage": float((found >= 0).mean())}
    if known is None:
        return values
    table = metrics.contingency_matrix(known, found)
    return values | {name: metrics.SCORES[f"{name}_score"](table) for name in ("accuracy", "purity", "nmi")}


def _sampled(config: Evaluate, n: int) -> list[str]:
    """Which scores were measured on a sample of the n fitted images."""
    samples = {
        "silhouette_score": config.silhouette_sample,
        "trustworthiness and neighbors_kept": config.trustworthiness_sample,
        "reconstruction/train_mse": config.reconstruction_sample,
    }
    return [
        f"{name}: measured on a random sample of {size:,} of {n:,} fitted images (seed {config.seed})"
        for name, size in samples.items()
        if size < n
    ]


def _internal(config: Evaluate, points: Float, clusters: Int) -> dict[str, float]:
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    kept = clusters >= 0
    points, clusters = np.asarray(points)[kept], clusters[kept]
    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return {}
    rows = np.random.default_rng(config.seed).permutation(len(clusters))[: config.silhouette_sample]
    silhouette = silhouette_score(points[rows], clusters[rows])
    return {
        "silhouette_score": 0.0 if math.isnan(silhouette) else silhouette,  # the sample may be of one cluster
        "davies_bouldin_index": float(davies_bouldin_score(points, clusters)),
        "calinski_harabasz_score": float(calinski_harabasz_score(points, clusters)),
    }


def _map(config: Evaluate, latents: Latents, graph: Graph, drawn: Map) -> dict[str, float]:
    sample, seed = config.trustworthiness_sample, config.seed
    trust = metrics.trustworthiness(latents.fitted, drawn.fitted, config.trustworthiness_k, sample, seed)
    return {
        "map/trustworthiness": trust,
        "map/neighbors_kept": metrics.neighbors_kept(graph.indices, drawn.fitted, sample, seed),
    }


def _reconstruction(config: Evaluate, autoencoder: Autoencoder, images: Images) -> dict[str, float]:
    """Mean squared error a pixel, the last epoch's losses of the training, and how a refinement ended."""
    parts = {"train": images.fitted, "test": images.held_out}
    seen = {name: drawn(len(part), config.reconstruction_sample, config.seed) for name, part in parts.items()}
    errors = {
        f"reconstruction/{name}_mse": _mse(autoencoder, parts[name], rows) for name, rows in seen.items() if len(rows)
    }
    own = ("reconstruction/", "refinement/")
    return errors | {name: value for name, value in autoencoder.metrics().items() if name.startswith(own)}


def _mse(autoencoder: Autoencoder, images: Pixel, rows: NDArray[np.int64], batch: int = 2048) -> float:
    total = 0.0
    for start in range(0, len(rows), batch):
        part = unit_range(images[rows[start : start + batch]])
        total += float(((autoencoder.reconstruct(part) - part) ** 2).sum(dtype=np.float64))
    return total / (len(rows) * math.prod(images.shape[1:]))


def _sizes(clusters: Int) -> list[dict[str, float]]:
    names, counts = np.unique(clusters[clusters >= 0], return_counts=True)
    return [{"cluster": int(name), "size": int(count)} for name, count in zip(names, counts, strict=True)]
