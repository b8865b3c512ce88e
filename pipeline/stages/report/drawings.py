"""Figures of the report: one function per kind of figure, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pipeline.artifacts.images import to_unit_range
from pipeline.clustering.calibration import labelled_confidence, measure_calibration
from pipeline.pages import figures
from pipeline.pages.figures.style import shorten
from pipeline.pages.formats import format_percent
from pipeline.runtime.sampling import sample_rows
from pipeline.stages.report.context import ReportContext, ReportFigure

MAX_ROWS = 20
"""Clusters in one figure of examples; further clusters go to further figures."""

MAX_NAME = 24
"""Characters of a cluster's name in a figure."""

CENTRE_TITLES = {True: "Decoded cluster centres", False: "Items nearest to the cluster centres"}
"""Titles with and without a decoder."""


def _map_by_label(run: ReportContext) -> Iterator[ReportFigure]:
    if not run.labels.has_labels:
        return
    labels = run.true_labels
    names = {int(label): run.labels.name(int(label)) for label in np.unique(labels)} | {-1: "unlabelled"}
    figure = figures.plot_map(run.map.fitted, labels, names, f"Map by label\n{run.subtitle} · {run.map.method}")
    caption = "Each point is a fitted image, coloured by its label. The map itself was computed without labels."
    alt = f"Scatter plot of {run.n:,} images in two dimensions, coloured by {len(names) - 1} classes."
    yield ReportFigure("map_by_label", "maps", figure, caption, alt)


def _map_by_cluster(run: ReportContext) -> Iterator[ReportFigure]:
    names = {cluster: shorten(run.cluster_name(cluster), MAX_NAME) for cluster in range(-1, run.k)}
    title = f"Map by cluster\n{run.subtitle} · {run.map.method}"
    figure = figures.plot_map(run.map.fitted, run.clustering.fitted, names, title)
    caption = (
        "Each point is a fitted image, coloured by its cluster. Cluster names are near the densest part of each "
        "cluster; c0 is the largest. The clusters were computed in another space, so a cluster may be split here."
    )
    alt = f"Scatter plot of {run.n:,} images in two dimensions, coloured by {run.k} clusters."
    yield ReportFigure("map_by_cluster", "maps", figure, caption, alt)


def _map_thumbnails(run: ReportContext) -> Iterator[ReportFigure]:
    config = run.config
    if not config.thumbnails:
        return
    title = f"Map with images\n{run.subtitle}"
    figure = figures.plot_map_with_thumbnails(
        run.map.fitted, run.fitted_images, run.clustering.fitted, config.thumbnails, config.seed, title
    )
    caption = (
        f"The same map with a random sample of up to {config.thumbnails} of {run.n:,} images as thumbnails that do not "
        "overlap, in the colours of their clusters."
    )
    alt = "The same map with thumbnails of images, in the colours of their clusters."
    yield ReportFigure("map_thumbnails", "maps", figure, caption, alt, wide=True)


def _map_stepped(run: ReportContext) -> Iterator[ReportFigure]:
    if not run.config.colour_bar or not run.labels.has_labels:
        return
    count = run.map.first or run.n
    points, labels, images = run.map.fitted[:count], run.true_labels[:count], run.fitted_images[:count]
    names = [run.labels.name(label) for label in range(int(run.true_labels.max()) + 1)]
    part = "" if count == run.n else f" · the first {count:,} images, embedded by {run.map.method} itself"
    title = f"Map by label\n{run.subtitle}{part}"
    caption = "Each point is an image, coloured by its label in a rainbow colormap with one step per class."
    alt = f"Scatter plot of {count:,} images, coloured by {len(names)} classes, with a colour bar"
    figure = figures.plot_map_with_colour_bar(points, labels, names, title)
    yield ReportFigure("map_stepped", "maps", figure, caption, f"{alt}.")
    if not run.config.thumbnails:
        return
    thumbnails, seed = run.config.thumbnails, run.config.seed
    figure = figures.plot_map_with_colour_bar(points, labels, names, title, images, thumbnails, seed)
    caption = f"{caption} A random sample of up to {thumbnails} images is shown as thumbnails that do not overlap."
    yield ReportFigure("map_stepped_thumbnails", "maps", figure, caption, f"{alt} and thumbnails.", wide=True)


def _contingency(run: ReportContext) -> Iterator[ReportFigure]:
    counts, columns = run.scores.contingency, run.scores.columns
    if not counts.size:
        return
    labels = run.labels.without(run.clustering.removed).fitted
    classes = [run.labels.name(int(label)) for label in np.unique(labels[labels >= 0])]
    clusters = [run.cluster_name(column) for column in columns]
    title = f"Classes and clusters\nk = {run.k:,} clusters, n = {counts.sum():,} labelled images"
    figure = figures.plot_contingency(np.asarray(counts), classes, clusters, title, noise=-1 in columns)
    caption = (
        "Number of fitted images of each class (row) in each cluster (column), coloured by the share of the cluster's "
        "images. Clusters are sorted by their majority class."
    )
    alt = f"Heat map of {len(classes)} classes by {len(clusters)} clusters; the table of clusters has the numbers."
    yield ReportFigure("contingency", "classes", figure, caption, alt, wide=True)


def _centres(run: ReportContext) -> Iterator[ReportFigure]:
    if not run.k:
        return
    count = len(run.centre_images)
    titles = [_cluster_title(run, cluster, "mostly {majority}") for cluster in range(count)]
    part = "" if count == run.k else f" · the {count} largest clusters"
    figure = figures.plot_centres(
        run.centre_images, titles, f"{CENTRE_TITLES[run.autoencoder.has_decoder]}\n{run.subtitle}{part}"
    )
    majority = " and the majority class" if run.labels.has_labels else ""
    if run.autoencoder.has_decoder:
        caption = (
            "The mean latent vector of each cluster, decoded into an image, with the number of members"
            f"{majority}. A blurred centre indicates a varied cluster."
        )
    else:
        caption = f"The item nearest to the mean vector of each cluster, with the number of members{majority}."
    alt = f"{count} images, one per cluster: the {run.centre_phrase}."
    yield ReportFigure("centres", "clusters", figure, caption, alt, wide=True)


def _examples(run: ReportContext) -> Iterator[ReportFigure]:
    count = len(run.centre_images)
    for first in range(0, count, MAX_ROWS):
        clusters = range(first, min(first + MAX_ROWS, count))
        ends = run.cluster_name(clusters[0]), run.cluster_name(clusters[-1])
        span = f"clusters {ends[0]} to {ends[1]}" if len(clusters) > 1 else f"cluster {ends[0]}"
        typical, untypical = zip(*(run.member_examples(cluster) for cluster in clusters), strict=True)
        titles = [_cluster_title(run, cluster, "{purity} are {majority}") for cluster in clusters]
        title = f"Most and least typical members\n{run.subtitle}{f' · {span}' if count > MAX_ROWS else ''}"
        centres = run.centre_images[clusters.start : clusters.stop]
        figure = figures.plot_examples(run.fitted_images, typical, untypical, titles, centres, title)
        caption = (
            f"For {span}: the {run.centre_phrase}, up to {run.config.examples} of the most typical members, and as "
            "many of the least typical. Members are sorted by confidence, rounded to two decimals, then by distance to "
            f"the mean of the cluster in the space that was clustered ({run.features.method})."
        )
        alt = f"One row of images for each of {len(clusters)} clusters: centre, most and least typical members."
        name = "examples" if count <= MAX_ROWS else f"examples_{first // MAX_ROWS + 1}"
        yield ReportFigure(name, "clusters", figure, caption, alt, wide=True)


def _cluster_title(run: ReportContext, cluster: int, template: str) -> str:
    """Return a cluster's name and size, and the filled-in template on a second line if its members have labels."""
    title = f"{shorten(run.cluster_name(cluster), MAX_NAME)} · {run.cluster_sizes[cluster]:,}"
    if not run.majority_class(cluster):
        return title
    purity = format_percent(run.cluster_scores[cluster]["purity"])
    return f"{title}\n{template.format(majority=shorten(run.majority_class(cluster), 10), purity=purity)}"


def _confidence(run: ReportContext) -> Iterator[ReportFigure]:
    clustering = run.clustering
    fitted = np.asarray(clustering.confidence)[clustering.fitted >= 0]
    held_out = np.asarray(clustering.held_confidence)[clustering.held_out >= 0]
    if not len(fitted):
        return
    part = "" if len(fitted) == run.n else f", {len(fitted):,} of them in a cluster"
    figure = figures.plot_confidence(fitted, held_out, f"Confidence of the assignments\n{run.subtitle}{part}")
    caption = (
        "Confidence is the share of an image's nearest neighbours in the latent space that are in the same cluster; "
        "nearer ones weigh more. Noise is excluded."
    )
    share = format_percent(float((fitted > 0.9).mean()))
    alt = f"Histogram of confidences; {share} of the fitted images in a cluster are above 0.9."
    yield ReportFigure("confidence", "clusters", figure, caption, alt)


def _reliability(run: ReportContext) -> Iterator[ReportFigure]:
    clustering, labels = run.clustering, run.labels.without(run.clustering.removed)
    assigned = {
        "fitted": (labels.fitted, clustering.fitted, clustering.confidence),
        "held out": (labels.held_out, clustering.held_out, clustering.held_confidence),
    }
    pairs = {name: labelled_confidence(*arrays) for name, arrays in assigned.items() if len(arrays[0])}
    parts = {name: measure_calibration(*pair) for name, pair in pairs.items() if len(pair[0])}
    if not parts:
        return
    bins = {
        f"{name}, expected calibration error {part.error:.4f}": (part.confidence, part.accuracy, part.counts)
        for name, part in parts.items()
    }
    figure = figures.plot_reliability(bins, f"Reliability of the confidence\n{run.subtitle}")
    caption = (
        "Images are grouped by confidence; each point is a group, with its mean confidence and the share of its images "
        "that are correct under the best matching of clusters to classes. On the grey line, confidence is that share."
    )
    errors = ", ".join(f"{part.error:.3f} on {name} images" for name, part in parts.items())
    alt = f"Line chart of accuracy against confidence; the expected calibration error is {errors}."
    yield ReportFigure("reliability", "clusters", figure, caption, alt)


def _loss_curves(run: ReportContext) -> Iterator[ReportFigure]:
    history = run.autoencoder.history
    if not history:
        return
    figure = figures.plot_loss_curves(history, f"Loss over epochs\n{run.subtitle}")
    first, last = history[0]["loss"], history[-1]["loss"]
    validation = f"; the validation loss ends at {history[-1]['val_loss']:.4g}" if "val_loss" in history[-1] else ""
    epochs = f"{len(history)} epoch{'s' * (len(history) != 1)}"
    caption = "Training and validation loss of the autoencoder. No validation image was used for training."
    alt = f"Line chart: over {epochs}, the training loss goes from {first:.4g} to {last:.4g}{validation}."
    yield ReportFigure("loss_curves", "autoencoder", figure, caption, alt)


def _refinement_curves(run: ReportContext) -> Iterator[ReportFigure]:
    history = run.autoencoder.refinement
    if not history:
        return
    figure = figures.plot_refinement_curves(history, f"Refinement\n{run.subtitle}")
    first, last = history[0], history[-1]
    caption = "After its training, the network was refined on its own cluster assignments, without labels."
    changes = [f"{name} goes from {first[name]:.4g} to {last[name]:.4g}" for name in first if name != "step"]
    alt = f"Line charts: over {last['step']:,.0f} steps, {', '.join(changes)}."
    yield ReportFigure("refinement_curves", "autoencoder", figure, caption, alt)


def _reconstructions(run: ReportContext) -> Iterator[ReportFigure]:
    if not run.autoencoder.has_decoder:
        return
    is_held_out = len(run.images.held_out) > 0
    images = run.images.held_out if is_held_out else run.fitted_images
    rows = sample_rows(len(images), run.config.reconstructions, run.config.seed)
    sample = f"random sample of {len(rows)} of {len(images):,} {'held-out' if is_held_out else 'fitted'} images"
    title = f"Originals and reconstructions\n{run.subtitle} · {sample}"
    decoded = run.autoencoder.reconstruct(images[rows])
    figure = figures.plot_reconstructions(to_unit_range(images[rows]), decoded, title)
    caption = f"A {sample}: originals in the upper row, reconstructions by the autoencoder in the lower row."
    alt = f"Two rows of {len(rows)} images: originals above, their reconstructions below."
    yield ReportFigure("reconstructions", "autoencoder", figure, caption, alt, wide=True)


DRAWINGS: tuple[Callable[[ReportContext], Iterator[ReportFigure]], ...] = (
    _map_by_label, _map_by_cluster, _map_thumbnails, _map_stepped, _contingency, _centres, _examples, _confidence,
    _reliability, _loss_curves, _refinement_curves, _reconstructions,
)  # fmt: skip
"""All figures in the order of the page. To add one, write a generator of `ReportFigure` and list it here."""
