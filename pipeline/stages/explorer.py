"""Make the explorer: a page to walk through all fitted images, and on request a table of them."""

from __future__ import annotations

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.artifacts.pages import ExplorerPage
from pipeline.config import Explorer
from pipeline.exploring import Facts, at_landmarks, fitting, page, parquet, pngs
from pipeline.observer import SILENT, Observer

REST = 400_000
"""Bytes that the page takes besides its images and arrays, rounded up."""


def explorer(
    config: Explorer,
    images: Images,
    labels: Labels,
    graph: Graph,
    clustering: Clustering,
    map: Map,  # the artifact's name
    observer: Observer = SILENT,
) -> ExplorerPage:
    """Return explorer.html, and images.parquet if `config.parquet` asks for it; of the landmarks where there are any.

    Labels are only shown, and compared with the clusters on the page; without any, what needs them is left out.
    """
    facts = Facts(images, labels, graph, clustering, map)
    if graph.landmarks is not None:
        facts = at_landmarks(facts)
        observer.note(f"the explorer shows the {facts.n:,} landmarks of {len(clustering.fitted):,} images")
    pixels = facts.images.fitted
    shown = min(config.neighbors, graph.k)
    # Text takes four bytes for three; each image has ten numbers besides its neighbours.
    spent = REST + facts.n * (4 / 3) * (10 * 4 + shown * (2 if facts.n <= 2**16 else 4))
    spent += sum(len(name.encode()) + 3 for name in facts.files)
    room = max(int(0.75 * (config.megabytes * 1e6 - spent)), 0)
    files, media, note = fitting(pixels, room)
    observer.progress(1, 3, "parts")
    if note:
        observer.note(note)
    html = page(facts, files, media, shown, note)
    observer.progress(2, 3, "parts")
    table = parquet(facts, files if media == "image/png" else pngs(pixels)) if config.parquet else b""
    observer.progress(3, 3, "parts")
    return ExplorerPage(html, table)
