"""Sizes of the rows: full, a quick check, or minimal for the tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp


@dataclass(frozen=True)
class Sizes:
    """Numbers of images, epochs and jobs; `folder` holds the files that arms share, such as the latents."""

    images: int = 60_000
    few: int = 5_000
    """Images of the rows that do not scale: scikit-learn's t-SNE."""

    published_epochs: int = 20
    map_epochs: int = 200
    jobs: int = 8
    job_images: int = 1_000
    most_repeats: int = 5
    words: tuple[str, ...] = ()
    """Overrides that make a run of the pipeline smaller."""

    warm_up: tuple[str, ...] = (
        "data=digits", "data.train_size=300", "train.epochs=1", "train.min_steps=0", "manifold.n_epochs=5",
        "project.n_epochs=5", "baselines.sample=0", "cluster.estimator.n_init=1",
    )  # fmt: skip
    """Overrides of a minimal run of all stages, which reads the imports from the disk first; empty: no such run."""

    together: bool = False
    """Whether all arms share one process and its imports."""

    folder: Path = field(default_factory=lambda: Path(mkdtemp(prefix="benchmark-")))


def quick_sizes(folder: Path) -> Sizes:
    """Return sizes for a check: a twentieth of the images, a quarter of the epochs, no repeats, one process."""
    small = (
        "data.train_size=3000", "data.test_size=500", "train.epochs=2", "train.min_steps=0", "baselines.sample=0",
        "cluster.estimator.n_init=2",
    )  # fmt: skip
    return Sizes(3_000, 500, 2, 50, 2, 300, 1, small, warm_up=(), together=True, folder=folder)


def minimal_sizes(folder: Path) -> Sizes:
    """Return the smallest sizes that all rows can run with."""
    small = (
        "data.train_size=300", "data.test_size=60", "model=pixels", "manifold=none", "project=pca", "cluster=kmeans",
        "evaluate.silhouette_sample=100", "evaluate.trustworthiness_sample=50", "tracking.models=false",
        "baselines.sample=0",
    )  # fmt: skip
    return Sizes(300, 120, 1, 20, 2, 300, 1, small, small, folder=folder)
