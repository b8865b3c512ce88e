"""Put very many images into the clusters of a finished run, a shard at a time; k-means of all latents if asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.assign import Assigner
from pipeline.config import Shards
from pipeline.data.new_images import Shape
from pipeline.observer import SILENT, Observer
from pipeline.sharded.engine import Engine
from pipeline.sharded.extract import Extraction
from pipeline.sharded.files import remove_parts, whole
from pipeline.sharded.kmeans import Centres, kmeans, label, start
from pipeline.sharded.result import Sharded
from pipeline.sharded.shards import Shard


def shards(
    config: Shards,
    pieces: Sequence[Shard],
    assigner: Assigner,
    shape: Shape,
    folder: Path,
    engine: Engine,
    skip_at_most: int = 0,
    observer: Observer = SILENT,
) -> Sharded:
    """Leave each piece's latents and clusters below `folder`, and with `config.k` those of k-means over all latents.

    Pieces that are done there already are not done again. Workers on other machines must see the pieces' files and
    `folder` under the same paths.
    """
    remove_parts(folder)
    work = Extraction(folder, folder / "assigner", shape, skip_at_most)
    if not work.assigner.exists():
        with whole(work.assigner) as part:
            assigner.save(part)
    todo = [piece for piece in pieces if work.facts(piece) is None]
    for done, _ in enumerate(engine.map(work, todo), len(pieces) - len(todo) + 1):
        observer.progress(done, len(pieces), "shards")
    table = pd.DataFrame([work.facts(piece) for piece in pieces])
    return Sharded(table, folder, len(pieces) - len(todo), _clustered(config, pieces, work, engine, observer))


def _clustered(
    config: Shards, pieces: Sequence[Shard], work: Extraction, engine: Engine, observer: Observer
) -> Centres | None:
    """k-means over all latents, and a table of clusters for each piece."""
    if config.k is None:
        return None
    files = [work.latents(piece) for piece in pieces]
    first, variance = start(files, config.k, config.sample, config.seed)
    found = kmeans(files, first, engine, config.tolerance * variance, config.iterations, observer)
    for _ in engine.map(partial(label, found.centres, work.folder, f"kmeans-{config.k}"), [p.name for p in pieces]):
        pass
    return found
