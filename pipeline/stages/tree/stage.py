"""Merge the clusters of a run step by step, and draw the hierarchy as a dendrogram."""

from __future__ import annotations

import numpy as np

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph
from pipeline.clustering.hierarchy import cluster_linkage, cut_linkage, node_positions
from pipeline.config import Tree
from pipeline.pages import figures
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.tree.colours import group_colours
from pipeline.stages.tree.examples import collect_examples
from pipeline.stages.tree.hierarchy_table import merge_table, score_cuts
from pipeline.stages.tree.merge_edits import merge_edits
from pipeline.stages.tree.page import TreePage, render_tree_page
from pipeline.stages.tree.result import TreeResult
from pipeline.stages.tree.wording import describe_axis, display_names, figure_title

FIGURE_TILES = 4
"""Images of each cluster in the figure."""


def tree(
    config: Tree,
    name: str,
    images: Images,
    labels: Labels,
    graph: Graph,
    features: Features,
    clustering: Clustering,
    run_id: str = "",
    observer: Observer = SILENT,
) -> TreeResult:
    """Return the hierarchy of the clusters of the run called `name`, with a page on which it is cut at any level.

    The default linkage is that of the neighbour graph. Of 60,000 MNIST digits with 20, 30 and 60 clusters in the
    features of UMAP, cutting at 10 groups gives the accuracy 0.981 with it and with Ward's linkage of these features;
    with Ward's linkage of the clusters' mean latents it is 0.89 to 0.98, with average linkage of these 0.33 to 0.73.
    Of 10 clusters both merge 4 with 9, 3 with 5, then 8; the graph then joins 1 to 4, 7, 9, and Ward joins 0 and 1.
    The graph does not depend on the distances between far clusters, which UMAP does not preserve.
    Labels are used only to score the cuts; images that a person marked for removal take no part in them. Noise stays
    noise.

    Raises:
        UserError: the run has fewer than two clusters, or fewer than `config.k`.
    """
    if clustering.k < 2:
        clusters = "1 cluster" if clustering.k else "no clusters"
        raise UserError(f"run: {run_id or name} has {clusters}; stage=tree merges at least two")
    if config.k is not None and config.k > clustering.k:
        raise UserError(f"tree.k = {config.k}: run {run_id or name} has {clustering.k} clusters; give at most as many")
    labels = labels.without(clustering.removed)
    linkage = cluster_linkage(config.linkage, graph, features, clustering.fitted)
    table = merge_table(linkage, clustering)
    scores = score_cuts(linkage, clustering.fitted, labels, observer) if labels.has_labels else None
    if scores is not None:
        table = table.join(scores, on="groups")
    examples = collect_examples(config.examples, graph, features, clustering, linkage, observer)
    n_groups = config.k or clustering.k
    cuts = [cut_linkage(linkage, number) for number in range(clustering.k, 0, -1)]
    colours = [group_colours(cut) for cut in cuts]
    groups = cuts[clustering.k - n_groups]
    sizes = np.bincount(clustering.fitted[clustering.fitted >= 0], minlength=clustering.k)
    names = display_names(clustering)
    figure = figures.figure_to_png(
        figures.plot_dendrogram(
            linkage,
            node_positions(linkage),
            [f"{title} · {size:,}" for title, size in zip(names, sizes, strict=True)],
            examples.tiles(images, FIGURE_TILES) if images.has_images else None,
            groups,
            colours[clustering.k - n_groups],
            figure_title(name, clustering.k, n_groups),
            describe_axis(config.linkage),
        )
    )
    page = TreePage(
        config.linkage, name, run_id, clustering, images, linkage, table, scores, examples, n_groups, colours
    )
    edits = merge_edits(clustering.digest, run_id, groups) if config.k else None
    return TreeResult(render_tree_page(page), figure, table, names, edits)
