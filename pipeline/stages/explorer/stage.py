"""Write the explorer: a page that shows all fitted images and, on request, a table of them."""

from __future__ import annotations

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.artifacts.pages import ExplorerPage
from pipeline.config import Explorer
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.explorer.facts import ImageFacts, landmark_facts
from pipeline.stages.explorer.page import render_explorer
from pipeline.stages.explorer.sprite_sheets import pack_sprite_sheets, z_order
from pipeline.stages.explorer.table import explorer_parquet

FIXED_BYTES = 400_000
"""Bytes of the page besides images and arrays, rounded up."""

BASE64 = 4 / 3
"""Characters of text for a byte."""


def explorer(
    config: Explorer,
    images: Images,
    labels: Labels,
    latents: Latents,
    graph: Graph,
    clustering: Clustering,
    map: Map,  # the artifact's name
    observer: Observer = SILENT,
) -> ExplorerPage:
    """Return explorer.html, and images.parquet if `config.parquet` is set; of the landmarks if the graph has any.

    Labels are shown and compared with the clusters. Without labels, the page has no such comparison. Images that a
    person marked for removal are on the page, but have no misfit and outlier scores and do not count in those of
    others.
    """
    facts = ImageFacts(images, labels, latents, graph, clustering, map, clustering.digest)
    if graph.landmarks is not None:
        facts = landmark_facts(facts)
        observer.note(f"the explorer shows the {facts.n:,} landmarks of {len(clustering.fitted):,} images")
    neighbors = min(config.neighbors, graph.k)
    order = z_order(facts.points)
    sheets = pack_sprite_sheets(facts.images.fitted, order, _bytes_for_sheets(config, facts, neighbors))
    observer.progress(1, 3, "parts")
    if sheets.note:
        observer.note(sheets.note)
    page = render_explorer(facts, sheets, order, neighbors, len(clustering.fitted))
    observer.progress(2, 3, "parts")
    del sheets  # the page has them
    parquet = explorer_parquet(facts) if config.parquet else b""
    observer.progress(3, 3, "parts")
    return ExplorerPage(page, parquet)


def _bytes_for_sheets(config: Explorer, facts: ImageFacts, neighbors: int) -> float:
    """Return how many bytes `explorer.megabytes` leaves for the sprite sheets before they become base64 text."""
    index = 2 if facts.n <= 2**16 else 4
    arrays = BASE64 * facts.n * (11 * 4 + (neighbors + 1) * index)  # eleven numbers, the neighbours, the slot
    paths = sum(len(path.encode()) + 3 for path in facts.paths)
    return max(config.megabytes * 1e6 - FIXED_BYTES - arrays - paths, 0) / BASE64
