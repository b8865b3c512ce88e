"""How much each row does: in full, quickly to see that all works, or next to nothing for a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp


@dataclass(frozen=True)
class Sizes:
    """Numbers of images and the like; `folder` holds what arms share, such as the latents, for one benchmark."""

    images: int = 60_000
    few: int = 5_000
    """For what does not scale: scikit-learn's t-SNE."""

    published_epochs: int = 20
    map_epochs: int = 200
    jobs: int = 8
    job_images: int = 1_000
    most_repeats: int = 5
    words: tuple[str, ...] = ()
    """What makes a run of the pipeline smaller."""

    first: tuple[str, ...] = (
        "data=digits", "data.train_size=300", "train.epochs=1", "train.min_steps=0", "manifold.n_epochs=5",
        "project.n_epochs=5", "nulls.sample=0", "cluster.estimator.n_init=1",
    )  # fmt: skip
    """A run of all stages that takes little longer than its imports, which it brings from the disk into memory; or no
    such run, nor a little one of the published set-up.
    """

    together: bool = False
    """Whether arms share a process and its imports, those of several rows too."""

    folder: Path = field(default_factory=lambda: Path(mkdtemp(prefix="benchmark-")))


def quick(folder: Path) -> Sizes:
    """A twentieth of the images, a quarter of the epochs, once, with few processes: they are what takes time then."""
    smaller = (
        "data.train_size=3000", "data.test_size=500", "train.epochs=2", "train.min_steps=0", "nulls.sample=0",
        "cluster.estimator.n_init=2",
    )  # fmt: skip
    return Sizes(3_000, 500, 2, 50, 2, 300, 1, smaller, first=(), together=True, folder=folder)


def tiny(folder: Path) -> Sizes:
    """As little as all rows can do."""
    smaller = (
        "data.train_size=300", "data.test_size=60", "model=pixels", "manifold=none", "project=pca", "cluster=kmeans",
        "evaluate.silhouette_sample=100", "evaluate.trustworthiness_sample=50", "tracking.models=false",
        "nulls.sample=0",
    )  # fmt: skip
    return Sizes(300, 120, 1, 20, 2, 300, 1, smaller, smaller, folder=folder)
