"""The configuration groups of the stages that use a finished run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Component, Group


class Assign(Group):
    """Stage assign: an image is far if it is farther from the fitted images than `far_quantile` of them are."""

    far_quantile: float = Field(0.995, gt=0, le=1)


class Label(Group):
    """Stage label: the number of images to pick, the file with a person's labels, and the simulation of labelling.

    `simulate` turns the simulation on where labels are known, for each number of labels in `budgets`, `draws` times.
    """

    budget: int = Field(50, ge=1)
    answers: str | None = None
    simulate: bool = True
    budgets: list[Annotated[int, Field(ge=1)]] = Field([10, 20, 50, 100, 200], min_length=1)
    draws: int = Field(5, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Compare(Group):
    """Stage compare: images displayed per pair of clusters (`examples`), and number of pairs displayed."""

    examples: int = Field(12, ge=1)
    pairs: int = Field(12, ge=0)


class Stability(Group):
    """Stage stability: number of repeats, sources of variation, share of images for the subsample, images displayed."""

    repeats: int = Field(5, ge=2)
    sources: list[Literal["clusterer", "manifold", "autoencoder"]] = Field(
        ["clusterer", "manifold", "autoencoder"], min_length=1
    )
    subsample: float = Field(0.5, ge=0, lt=1)
    examples: int = Field(24, ge=0)


class HowMany(Group):
    """Stage how_many: the range of numbers of clusters, and how the validity indices are computed.

    `sample` images are used; `n_init` are the k-means++ starts of each fit, `references` the uniform data sets behind
    the gap statistic, `bootstraps` the resamples behind the stability. Features with more than `max_dimensions`
    dimensions are replaced by as many principal components.
    """

    k_min: int = Field(2, ge=2)
    k_max: int = Field(20, ge=3)
    sample: int = Field(3000, ge=4)
    n_init: int = Field(3, ge=1)
    references: int = Field(10, ge=2)
    bootstraps: int = Field(6, ge=2)
    max_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_range(self) -> HowMany:
        if self.k_max <= self.k_min:
            raise ValueError(f"how_many.k_max = {self.k_max}: must be greater than how_many.k_min = {self.k_min}")
        return self


class Spaces(Group):
    """Stage spaces: the models to compare with that of the run, and the number of images in the silhouette."""

    models: list[str] = Field(["pixels", "pca", "patch64", "pretrained", "pretrained_grey"], min_length=1)
    sample: int = Field(10_000, ge=4)
    seed: int = Field(0, ge=0, lt=2**32)


class Edit(Group):
    """Stage edit: whether the moves of a person spread to similar images over the neighbour graph."""

    propagate: bool = False


class Recluster(Group):
    """Stage recluster: the cluster to cluster again, by its number, and the number of parts."""

    cluster: int | None = Field(None, ge=0)
    k: int = Field(2, ge=2)


class Quality(Group):
    """Stage quality: thresholds of duplicates and of faulty images, and how many are displayed.

    Near duplicates are closer than `near_duplicate` times the median distance to the last neighbour, and at most
    the share `hash_distance` of the bits of their hashes differs; vectors without images are closer than `near_vector`
    times that distance. `blank` is a contrast, `dark` and `bright` are brightnesses in [0, 1], `blurred` is a robust
    z-score, `odd_size` and `odd_aspect` are factors. Image files are measured with at most `side` pixels on the longer
    side. The page has so many `groups` of duplicates, and `examples` of each list.
    """

    near_duplicate: float = Field(1.0, ge=0)
    hash_distance: float = Field(0.04, ge=0, le=1)
    near_vector: float = Field(0.1, ge=0)
    blank: float = Field(0.01, ge=0, le=0.5)
    dark: float = Field(0.3, ge=0, le=1)
    bright: float = Field(0.7, ge=0, le=1)
    blurred: float = Field(3.5, gt=0)
    odd_size: float = Field(4.0, gt=1)
    odd_aspect: float = Field(2.0, gt=1)
    side: int = Field(128, ge=8)
    groups: int = Field(40, ge=0)
    examples: int = Field(48, ge=0)


class Tree(Group):
    """Stage tree: how similar two groups of clusters are, the number of groups of the first cut, and images displayed.

    `linkage` is that of the neighbour graph or Ward's. With `k`, the merges of this cut are written to edits.json.
    `examples` are the images displayed of each cluster and of each side of a merge.
    """

    linkage: Literal["graph", "ward"] = "graph"
    k: int | None = Field(None, ge=2)
    examples: int = Field(6, ge=1)


class Extend(Group):
    """Stage extend: which new images are far or novel, and when novel images become new clusters.

    An image is far as in stage assign. It is novel if the share of new images among its weighted neighbours exceeds
    `novelty`. A new cluster has at least `min_size` images, and on average more than `majority` of their weighted
    neighbours are in it. Without `new_clusters` none are proposed.
    """

    far_quantile: float = Field(0.995, gt=0, le=1)
    new_clusters: bool = True
    novelty: float = Field(0.75, ge=0.5, lt=1)
    majority: float = Field(0.5, ge=0.5, lt=1)
    min_size: int = Field(20, ge=5)
    redraw_map: bool = False
    seed: int = Field(0, ge=0, lt=2**32)


class Engine(Component):
    """The engine that processes shards; its target is a `ShardEngine` of `pipeline.stages.shards`."""


class Shards(Group):
    """Stage shards: rows per shard, the quantile of far images as in stage assign, and k-means over all latents.

    k-means runs if `k` is set. Its initial centres come from k-means of a `sample`; it stops after `max_iter` passes
    or when the squared shift of the centres is at most `tol` times the mean variance of a dimension.
    """

    rows: int = Field(65_536, ge=1)
    far_quantile: float = Field(0.995, gt=0, le=1)
    k: int | None = Field(None, ge=1)
    sample: int = Field(50_000, ge=1)
    tol: float = Field(1e-4, ge=0)
    max_iter: int = Field(300, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Export(Group):
    """Stage export: the format, the new folder, and what is written.

    `path` is the folder, by default one in that of the job. `by` says whether classes are clusters or labels. `link`
    makes links to the original files in place of copies. Without `originals` all images are PNG files, as the run read
    them. `vectors` adds the latents.
    """

    format: Literal["folders", "csv", "parquet", "huggingface", "coco", "fiftyone"] = "folders"
    path: str | None = None
    by: Literal["cluster", "label"] = "cluster"
    link: Literal["hard", "symbolic"] | None = None
    originals: bool = True
    vectors: bool = False

    @model_validator(mode="after")
    def _check_format(self) -> Export:
        if self.link is not None and self.format not in ("folders", "coco", "fiftyone"):
            raise ValueError(
                f"export.link = {self.link!r}: {self.format} has no image files; give export.format=folders, coco or "
                "fiftyone, or leave export.link out"
            )
        if self.vectors and self.format not in ("parquet", "huggingface"):
            raise ValueError(
                f"export.vectors = true: {self.format} has no vectors; give export.format=parquet or huggingface"
            )
        return self


class Search(Group):
    """Stage search: the number of nearest fitted images of each given image."""

    k: int = Field(50, ge=1)


class Clean(Group):
    """Stage clean: whether runs are deleted or only listed, and which.

    Runs that ended more than `days` ago go, and the oldest until the rest takes at most `gigabytes`; null: no limit.
    The results of interrupted runs stay for `resume_days`, so that the same command resumes them.
    """

    delete: bool = False
    days: float | None = Field(None, ge=0)
    gigabytes: float | None = Field(None, ge=0)
    resume_days: float = Field(7, ge=0)


class ActionGroups(Group):
    """The configuration groups of this module."""

    assign: Assign = Assign()
    label: Label = Label()
    compare: Compare = Compare()
    stability: Stability = Stability()
    how_many: HowMany = HowMany()
    spaces: Spaces = Spaces()
    edit: Edit = Edit()
    recluster: Recluster = Recluster()
    quality: Quality = Quality()
    tree: Tree = Tree()
    extend: Extend = Extend()
    shards: Shards = Shards()
    export: Export = Export()
    search: Search = Search()
    clean: Clean = Clean()
    engine: Engine = Engine.model_validate({"name": "local", "_target_": "pipeline.stages.shards.engine.LocalEngine"})
