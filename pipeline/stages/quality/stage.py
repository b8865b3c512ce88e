"""List duplicates, faulty images and possible label errors of a finished run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts.base import Int
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.config import Quality
from pipeline.data.copies import content_digests, number_repeated
from pipeline.data.file_facts import FileFacts, read_file_facts
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.quality.duplicates import Duplicates, find_near_pairs, group_duplicates, keeping_ranks
from pipeline.stages.quality.findings import Findings
from pipeline.stages.quality.image_checks import flag_faulty_images
from pipeline.stages.quality.label_errors import rank_label_errors
from pipeline.stages.quality.measures import Measures, measure_images
from pipeline.stages.quality.page import render_quality_page
from pipeline.stages.quality.result import QualityResult
from pipeline.stages.quality.table import keep_table, quality_table, removal_edits


def quality(
    config: Quality,
    name: str,
    run_id: str,
    images: Images,
    labels: Labels,
    graph: Graph,
    clustering: Clustering,
    observer: Observer = SILENT,
) -> QualityResult:
    """Return the duplicates, faulty images and possible label errors among the fitted images of a run.

    Copies have the same bytes if images are files, or the same pixels; near duplicates are neighbours in the latent
    space with nearly the same perceptual hash. Vectors without images are only compared with each other. Labels are
    used only to rank those that differ from the labels of the neighbours, and to show them. Images that a person marked
    for removal are left out. `name` and `run_id` are those of the run.
    """
    labels = labels.without(clustering.removed)
    files = read_file_facts(images, observer)
    measures = measure_images(images, files, config.side, observer) if images.has_images else None
    copies, held_out_copies = _find_copies(images, files, clustering.removed)
    checks = {} if measures is None else flag_faulty_images(config, measures, files)
    checks = {check: flags & ~clustering.removed for check, flags in checks.items()}
    blank = checks.get("blank", np.zeros(images.n_fitted, bool))
    duplicates = _find_duplicates(config, graph, copies, measures, files, blank, clustering.removed)
    errors = rank_label_errors(labels.fitted, graph) if labels.has_labels else None
    findings = Findings(images, labels, graph, clustering, duplicates, checks, errors, measures, files, held_out_copies)
    table = quality_table(findings)
    html = render_quality_page(config, name, findings, run_id)
    return QualityResult(html, table, keep_table(findings), removal_edits(findings, run_id), findings.metrics())


def _find_copies(images: Images, files: FileFacts | None, removed: NDArray[np.bool_]) -> tuple[dict[str, Int], int]:
    """The numbers (n,) of equal fitted images by kind, and how many held-out images are copies of those that stay."""
    if images.has_images:
        kind, fitted, held_out = "pixels", images.fitted, images.held_out
    else:
        kind, fitted, held_out = "vectors", images.fitted_vectors, images.held_out_vectors
    digests = list(content_digests(fitted))
    known_digests = {digest for digest, is_removed in zip(digests, removed, strict=True) if not is_removed}
    shared = sum(digest in known_digests for digest in content_digests(held_out))
    copies = {} if files is None else {"bytes": files.copies}
    return copies | {kind: number_repeated(digests)}, shared


def _find_duplicates(
    config: Quality,
    graph: Graph,
    copies: dict[str, Int],
    measures: Measures | None,
    files: FileFacts | None,
    blank: NDArray[np.bool_],
    removed: NDArray[np.bool_],
) -> Duplicates:
    """The groups of images that are not `removed` (n,); `blank` ones (n,) are no near duplicates."""
    n = len(graph.indices)
    copies = {kind: np.where(removed, np.int32(-1), numbers) for kind, numbers in copies.items()}
    hashes = None if measures is None else measures.hashes
    limit = config.near_vector if hashes is None else config.near_duplicate
    near = find_near_pairs(graph, limit, hashes, config.hash_distance, blank | removed)
    return group_duplicates(copies, near, keeping_ranks(n, files, measures), hashes, config.hash_distance)
