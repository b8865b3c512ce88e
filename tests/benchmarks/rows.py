"""All rows by the names that the command line takes, in the order in which they are measured."""

from __future__ import annotations

from tests.benchmarks import clustering, command, embedding, neighbors, shards, training
from tests.benchmarks.row import Row

ROWS: dict[str, Row] = {
    "train": training.TRAIN_ROW,
    "backends": training.BACKENDS_ROW,
    "knn": neighbors.NEIGHBORS_ROW,
    "kmeans": clustering.KMEANS_ROW,
    "umap": embedding.UMAP_ROW,
    "tsne_few": embedding.TSNE_FEW_ROW,
    "tsne_all": embedding.TSNE_ALL_ROW,
    "whole": command.WHOLE_ROW,
    "self_training": command.SELF_TRAINING_ROW,
    "small": command.SMALL_ROW,
    "small_sweep": command.SMALL_SWEEP_ROW,
    "reused": command.REUSED_ROW,
    "sweep": command.SWEEP_ROW,
    "busy": command.BUSY_ROW,
    "shards": shards.SHARDS_ROW,
    "help": command.HELP_ROW,
    "numba": command.NUMBA_ROW,
}
