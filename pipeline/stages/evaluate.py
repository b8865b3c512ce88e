"""Score the run: against labels if there are any, and without them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Float, Int, Pixel
from pipeline.artifacts.baselines import BaselineClusterings
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.artifacts.scores import Scores
from pipeline.clustering import metrics
from pipeline.clustering.agreement import adjusted_rand_index
from pipeline.clustering.calibration import accuracy_at_coverage, labelled_confidence, measure_calibration
from pipeline.clustering.expected_accuracy import expected_accuracy
from pipeline.clustering.silhouette import silhouette_score
from pipeline.config import Evaluate
from pipeline.embedding.metric import to_unit_length
from pipeline.embedding.quality import neighbors_kept, trustworthiness
from pipeline.models.autoencoder import Autoencoder
from pipeline.runtime.observer import SILENT, Observer
from pipeline.runtime.sampling import sample_rows

BASELINE_SCORES = ("accuracy", "accuracy_sd", "purity", "nmi", "k", "coverage", "agreement", "n")
"""Columns of the baselines' table that become metrics `baselines/<space>_<name>`."""

DOUBTFUL = 0.8
"""A lower expected accuracy is worth a note."""

DOUBTFUL_CLUSTERS = (
    "the clusters are doubtful: the expected accuracy is {:.2f}, from their silhouette and their agreement with other "
    "seeds; compare other spaces with stage=spaces and other numbers of clusters with stage=how_many"
)

NO_FITTED_LABELS = "only held-out images have labels: scores that need those of fitted images are left out"


def evaluate(
    config: Evaluate,
    images: Images,
    labels: Labels,
    autoencoder: Autoencoder,
    latents: Latents,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    baselines: BaselineClusterings,
    map: Map,  # the artifact's name
    observer: Observer = SILENT,
) -> Scores:
    """Return all scores: `train/…` on the fitted images, `test/…` on the held-out ones, which were only assigned.

    The internal scores (silhouette, Davies-Bouldin, Calinski-Harabasz) are measured in the space that was clustered, so
    they compare clusterers, not spaces. `baselines/…` compares spaces. `train/expected_accuracy` is estimated without
    labels where UMAP's manifold was clustered; the observer gets a note if it is low. Without labels of one part the
    scores that need them are left out, and `notes` says so. Images that a person marked for removal take no part in the
    scores of clusters; those of the map and of the reconstruction include them.
    """
    labels = labels.without(clustering.removed)
    values = {f"train/{name}": value for name, value in _internal(config, features.fitted, clustering.fitted).items()}
    observer.progress(1, 4, "parts")
    values |= _map_quality(config, latents, graph, map)
    observer.progress(2, 4, "parts")
    values |= _reconstruction(config, autoencoder, images)
    observer.progress(3, 4, "parts")
    values |= {"k": float(clustering.k), "latent_size": float(latents.fitted.shape[1])}
    rows = [_baseline_row(baselines, space, labels, clustering) for space in range(len(baselines.spaces))]
    values |= {
        f"baselines/{row['space']}_{name}": float(row[name]) for row in rows for name in BASELINE_SCORES if name in row
    }
    notes = _sampling_notes(config, len(clustering.fitted))
    values |= _expected_accuracy(values, features, clustering)
    if values.get("train/expected_accuracy", 1.0) < DOUBTFUL:
        notes.insert(0, DOUBTFUL_CLUSTERS.format(values["train/expected_accuracy"]))
        observer.note(notes[0])
    has_test_labels = bool((labels.held_out >= 0).any())
    if has_test_labels:
        values |= _prefixed("test/", metrics.score_clustering(labels.held_out, clustering.held_out))
        values |= _prefixed("test/", _calibration(labels.held_out, clustering.held_out, clustering.held_confidence))
    if not labels.has_labels:
        notes.insert(0, NO_FITTED_LABELS if has_test_labels else "no labels: scores that need them are left out")
        empty = np.zeros((0, 0), np.int64)
        return Scores(values, _cluster_sizes(clustering.fitted), empty, [], notes, rows, baselines.notes)
    remains = ~clustering.removed
    values |= _prefixed("train/", metrics.score_clustering(labels.fitted[remains], clustering.fitted[remains]))
    values |= _prefixed("train/", _calibration(labels.fitted, clustering.fitted, clustering.confidence))
    table = metrics.contingency_matrix(labels.fitted, clustering.fitted)
    columns = [*table.clusters.tolist(), *([-1] if table.noise.any() else [])]
    clusters = metrics.per_cluster(table)
    return Scores(values, clusters, table.counts_with_noise, columns, notes, rows, baselines.notes)


def _expected_accuracy(values: dict[str, float], features: Features, clustering: Clustering) -> dict[str, float]:
    """The expected accuracy from silhouette and agreement with other seeds; empty where they are not comparable."""
    silhouette, agreement = values.get("train/silhouette_score"), values.get("baselines/manifold_agreement")
    is_comparable = features.method == "umap" and clustering.fitted.min(initial=0) >= 0
    if not is_comparable or silhouette is None or agreement is None:
        return {}
    return {"train/expected_accuracy": expected_accuracy(silhouette, agreement)}


def _prefixed(prefix: str, values: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}{name}": value for name, value in values.items()}


def _calibration(labels: Int, clusters: Int, confidence: Float) -> dict[str, float]:
    """How well the confidences (n,) of labelled images tell correct from wrong ones; empty without such images."""
    confidence, is_correct = labelled_confidence(labels, clusters, confidence)
    if not len(is_correct):
        return {}
    return {
        "expected_calibration_error": measure_calibration(confidence, is_correct).error,
        "accuracy_at_90_coverage": accuracy_at_coverage(confidence, is_correct, 0.9),
    }


def _baseline_row(baselines: BaselineClusterings, space: int, labels: Labels, clustering: Clustering) -> dict[str, Any]:
    """A row of the baselines' table: agreement with the run's clusters, and scores if labels are known.

    All are means over the repeats; `accuracy_sd` is their standard deviation.
    """
    run_clusters = clustering.fitted[baselines.rows]
    truth = labels.fitted[baselines.rows] if labels.has_labels else np.empty(0, np.int32)
    n = int((truth >= 0).sum())
    repeats = [_baseline_scores(clusters, run_clusters, truth if n else None) for clusters in baselines.clusters[space]]
    row: dict[str, Any] = {name: float(np.mean([scores[name] for scores in repeats])) for name in repeats[0]}
    if n and len(repeats) > 1:
        row["accuracy_sd"] = float(np.std([scores["accuracy"] for scores in repeats], ddof=1))
    return row | {
        "space": baselines.spaces[space], "dimensions": baselines.dimensions[space],
        "repeats": len(repeats), "n": n or len(baselines.rows),
    }  # fmt: skip


def _baseline_scores(clusters: Int, run_clusters: Int, truth: Int | None) -> dict[str, float]:
    values = {"agreement": adjusted_rand_index(run_clusters, clusters)}
    values |= {"k": float(len(np.unique(clusters[clusters >= 0]))), "coverage": float((clusters >= 0).mean())}
    if truth is None:
        return values
    table = metrics.contingency_matrix(truth, clusters)
    return values | {name: metrics.SCORES[f"{name}_score"](table) for name in ("accuracy", "purity", "nmi")}


def _sampling_notes(config: Evaluate, n: int) -> list[str]:
    """A note for each score that was measured on a sample of the n fitted images."""
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
    """Scores that need no labels, of the clustered points; none if there is one cluster or one for each point."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    clustered = clusters >= 0
    points, clusters = np.asarray(points)[clustered], clusters[clustered]
    if not 2 <= len(np.unique(clusters)) < len(clusters):
        return {}
    rows = np.random.default_rng(config.seed).permutation(len(clusters))[: config.silhouette_sample]
    silhouette = silhouette_score(points[rows], clusters[rows])
    return {
        "silhouette_score": 0.0 if math.isnan(silhouette) else silhouette,  # the sample may hold one cluster only
        "davies_bouldin_index": float(davies_bouldin_score(points, clusters)),
        "calinski_harabasz_score": float(calinski_harabasz_score(points, clusters)),
    }


def _map_quality(config: Evaluate, latents: Latents, graph: Graph, map: Map) -> dict[str, float]:
    sample, seed = config.trustworthiness_sample, config.seed
    # Of vectors of length 1, Euclidean distances have the order of cosine distances.
    points = to_unit_length(latents.fitted) if graph.metric == "cosine" else latents.fitted
    return {
        "map/trustworthiness": trustworthiness(points, map.fitted, config.trustworthiness_k, sample, seed),
        "map/neighbors_kept": neighbors_kept(graph.indices, map.fitted, sample, seed),
    }


def _reconstruction(config: Evaluate, autoencoder: Autoencoder, images: Images) -> dict[str, float]:
    """Mean squared error per pixel, the losses of the last training epoch, and the end of a refinement."""
    if not autoencoder.has_decoder:
        return {}
    parts = {"train": images.fitted, "test": images.held_out}
    samples = {name: sample_rows(len(part), config.reconstruction_sample, config.seed) for name, part in parts.items()}
    errors = {
        f"reconstruction/{name}_mse": _mse(autoencoder, parts[name], rows)
        for name, rows in samples.items()
        if len(rows)
    }
    prefixes = ("reconstruction/", "refinement/")
    return errors | {name: value for name, value in autoencoder.metrics().items() if name.startswith(prefixes)}


def _mse(autoencoder: Autoencoder, images: Pixel, rows: NDArray[np.int64], batch: int = 2048) -> float:
    """Mean squared reconstruction error per pixel of the rows of the images, which are scaled to [0, 1]."""
    total = 0.0
    for start in range(0, len(rows), batch):
        part = to_unit_range(images[rows[start : start + batch]])
        total += float(((autoencoder.reconstruct(part) - part) ** 2).sum(dtype=np.float64))
    return total / (len(rows) * math.prod(images.shape[1:]))


def _cluster_sizes(clusters: Int) -> list[dict[str, float]]:
    labels, counts = np.unique(clusters[clusters >= 0], return_counts=True)
    return [{"cluster": int(label), "size": int(count)} for label, count in zip(labels, counts, strict=True)]
