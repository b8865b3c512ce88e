"""All rows by the names that the command line takes, in the order in which they are carried out."""

from __future__ import annotations

from tests.benchmarks import clustering, command, embedding, neighbours, training
from tests.benchmarks.row import Row

ROWS: dict[str, Row] = {
    "train": training.ROW,
    "backends": training.BACKENDS,
    "knn": neighbours.ROW,
    "kmeans": clustering.ROW,
    "umap": embedding.UMAP_ROW,
    "tsne_few": embedding.FEW_ROW,
    "tsne_all": embedding.ALL_ROW,
    "whole": command.WHOLE,
    "reused": command.REUSED,
    "sweep": command.SWEEP,
    "help": command.HELP,
    "numba": command.NUMBA,
}
