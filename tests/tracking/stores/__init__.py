"""Small stores of earlier versions: the database and the results of a run, packed.

| file | version | MLflow | run |
| --- | --- | --- | --- |
| `0.1.tar.xz` | 0.1.0 | 3.10.1 | 60 digits, all stages but the pages |

Each was written by its version to /srv/images/outputs. The names of user and machine were changed afterwards.
"""

import tarfile
from pathlib import Path

SETTINGS = (
    "data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "project=pca",
    "cluster=kmeans", "cluster.k=4", "neighbors.k=5", "evaluate.trustworthiness_k=5", "tracking.models=false",
    "tracking.git_commit=false",
)  # fmt: skip
"""The settings of the run that each store has."""


def unpack_store(name, folder):
    """Unpack a store below a folder; return the results folder."""
    with tarfile.open(Path(__file__).parent / f"{name}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "outputs"
