"""Assign very many images to the clusters of a finished run in shards, and cluster all latents by k-means."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.config import Shards
from pipeline.data.new_images import ReadingRules, Shape
from pipeline.models.assigner import Assigner
from pipeline.runtime.array_files import map_array
from pipeline.runtime.atomic_files import atomic_write, remove_partial_files
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.shards.engine import ShardEngine
from pipeline.stages.shards.kmeans import KMeansCentres, initial_centres, sharded_kmeans
from pipeline.stages.shards.parquet_metadata import write_parquet_with_metadata
from pipeline.stages.shards.partial_sums import Double, nearest_centres
from pipeline.stages.shards.result import ShardsResult
from pipeline.stages.shards.shard import Shard
from pipeline.stages.shards.shard_assigner import ShardAssigner

RESULTS = {"latents": ".npy", "assigned": ".parquet"}
"""The subfolders with a file for each shard, and the suffixes of the files."""


def shards(
    config: Shards,
    inputs: Sequence[Shard],
    assigner: Assigner,
    shape: Shape,
    folder: Path,
    engine: ShardEngine,
    skip_at_most: int = 0,
    observer: Observer = SILENT,
    rules: ReadingRules | None = None,
) -> ShardsResult:
    """Write latents and clusters of every input shard below `folder`, and the clusters of k-means if `config.k` is set.

    Finished shards are reused, and results of shards that are no longer in the input are removed, so that the folder
    holds each image once. Workers on other machines need the inputs and `folder` under the same paths.

    Raises:
        UserError: a shard is not readable, does not fit the run's images, or the engine failed.
    """
    remove_partial_files(folder)
    task = ShardAssigner(folder, folder / "assigner", shape, skip_at_most, rules)
    if not task.assigner.exists():
        with atomic_write(task.assigner) as temporary:
            assigner.save(temporary)
    unfinished = [shard for shard in inputs if task.finished(shard) is None]
    _remove_outdated(folder, inputs, bool(unfinished), observer)
    reused = len(inputs) - len(unfinished)
    started = time.perf_counter()
    for done, _ in enumerate(engine.map(task, unfinished), reused + 1):
        observer.progress(done, len(inputs), "shards")
    seconds = time.perf_counter() - started
    table = pd.DataFrame([task.finished(shard) for shard in inputs])
    computed = int(table["images"][table["shard"].isin([shard.name for shard in unfinished])].sum())
    kmeans = None if config.k is None else _cluster_latents(config, config.k, inputs, task, engine, observer)
    return ShardsResult(table, folder, reused, computed / seconds if computed else None, kmeans)


def _remove_outdated(folder: Path, inputs: Sequence[Shard], has_changed: bool, observer: Observer) -> None:
    """Remove results of other shards than these: of removed files, and of files that were cut otherwise.

    Tables of k-means go too if a shard has changed, because they are clusters of the whole set.
    """
    names = {shard.name for shard in inputs}
    outdated = set[str]()
    for subfolder, suffix in RESULTS.items():
        for file in (folder / subfolder).rglob(f"*{suffix}"):
            name = file.relative_to(folder / subfolder).with_suffix("").as_posix()
            if name not in names:
                file.unlink()
                outdated.add(name)
    if outdated:
        observer.note(
            f"removed results of {len(outdated):,} shards that are no longer in the input, or were cut by another "
            "shards.rows"
        )
    if outdated or has_changed:
        for tables in folder.glob("kmeans-*"):
            shutil.rmtree(tables)


def _cluster_latents(
    config: Shards, k: int, inputs: Sequence[Shard], task: ShardAssigner, engine: ShardEngine, observer: Observer
) -> KMeansCentres:
    """Return k-means of all latents, and write the table of clusters of each shard."""
    files = [task.latents_file(shard) for shard in inputs]
    centres, variance = initial_centres(files, k, config.sample, config.seed)
    kmeans = sharded_kmeans(files, centres, engine, config.tol * variance, config.max_iter, observer)
    write_table = partial(_write_cluster_table, kmeans.centres, task.folder, f"kmeans-{k}")
    for _ in engine.map(write_table, [shard.name for shard in inputs]):
        pass
    return kmeans


def _write_cluster_table(centres: Double, folder: Path, subfolder: str, name: str) -> None:
    """Write `subfolder`/NAME.parquet below `folder`: image, nearest centre and distance of each image of a shard."""
    latents = map_array(folder / "latents" / f"{name}.npy")
    clusters, squared = nearest_centres(latents, centres)
    table = pd.read_parquet(folder / "assigned" / f"{name}.parquet", columns=["image"])
    table["cluster"], table["distance"] = clusters, np.sqrt(squared).astype(np.float32)
    write_parquet_with_metadata(table, folder / subfolder / f"{name}.parquet", {"shard": name})
