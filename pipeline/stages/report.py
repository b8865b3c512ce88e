"""Draw and write the report: one page that shows what was trained, found and measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from pipeline import figures
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images, unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Latents
from pipeline.artifacts.pages import ReportPage
from pipeline.artifacts.scores import Scores
from pipeline.config import Report
from pipeline.figures.style import shorten
from pipeline.models.base import Autoencoder
from pipeline.observer import SILENT, Observer
from pipeline.reporting import Drawing, Run, cluster_name, page, percent
from pipeline.sampling import drawn

ROWS = 20
"""Clusters in one figure of examples; more go to further figures."""


def report(
    config: Report,
    images: Images,
    labels: Labels,
    autoencoder: Autoencoder,
    latents: Latents,
    features: Features,
    clustering: Clustering,
    map: Map,
    scores: Scores,
    observer: Observer = SILENT,
) -> ReportPage:
    """Return the report of a run: an HTML page that needs no other file, and its figures as PNG files.

    What cannot be drawn is left out: what needs labels where none are known, training curves of a model
    that was not trained by steps, or not refined, centres and members where no cluster was found.
    """
    run = Run(config, images, labels, autoencoder, latents, features, clustering, map, scores)
    drawings: list[Drawing] = []
    files: dict[str, bytes] = {}
    for done, draw in enumerate(DRAWERS, 1):
        for drawing in draw(run):
            files[drawing.name] = figures.png(drawing.figure, config.dpi)
            drawings.append(drawing)
        observer.progress(done, len(DRAWERS), "figures")
    return ReportPage(page(run, drawings, files), files)


def _loss_curves(run: Run) -> Iterator[Drawing]:
    history = run.autoencoder.history
    if not history:
        return
    figure = figures.loss_curves(history, f"Loss over epochs\n{run.facts}")
    first, last = history[0]["loss"], history[-1]["loss"]
    validation = f"; validation loss ends at {history[-1]['val_loss']:.4g}" if "val_loss" in history[-1] else ""
    epochs = f"{len(history)} epoch{'s' * (len(history) != 1)}"
    alt = f"Line chart: over {epochs} the training loss goes from {first:.4g} to {last:.4g}{validation}."
    words = "What the autoencoder was trained to lower. Validation images were never trained on."
    yield Drawing("loss_curves", "autoencoder", figure, words, alt)


def _refinement_curves(run: Run) -> Iterator[Drawing]:
    history = run.autoencoder.refinement
    if not history:
        return
    figure = figures.refinement_curves(history, f"Refinement\n{run.facts}")
    first, last = history[0], history[-1]
    words = "The training that came after, towards clusters that were found without labels."
    changes = [f"{name} goes from {first[name]:.4g} to {last[name]:.4g}" for name in first if name != "step"]
    alt = f"Line charts: over {last['step']:,.0f} steps {', '.join(changes)}."
    yield Drawing("refinement_curves", "autoencoder", figure, words, alt)


def _reconstructions(run: Run) -> Iterator[Drawing]:
    held = len(run.images.held_out) > 0
    images = run.images.held_out if held else run.pixels
    rows = drawn(len(images), run.config.reconstructions, run.config.seed)
    part = "held-out" if held else "fitted"
    count = f"{len(rows)} of {len(images):,} {part} images"
    decoded = run.autoencoder.reconstruct(images[rows])
    figure = figures.reconstructions(
        unit_range(images[rows]),
        decoded,
        f"Originals and reconstructions\n{run.facts} · {count} drawn at random",
    )
    words = f"{count}, drawn at random: above as they are, below encoded and decoded again."
    alt = f"Two rows of {len(rows)} images: originals above, their reconstructions below."
    yield Drawing("reconstructions", "autoencoder", figure, words, alt, wide=True)


def _map_by_label(run: Run) -> Iterator[Drawing]:
    if not run.labels.known:
        return
    names = {int(label): run.class_name(int(label)) for label in np.unique(run.truth)} | {-1: "unlabelled"}
    figure = figures.scatter(run.map.fitted, run.truth, names, f"Map by label\n{run.facts} · {run.map.method}")
    words = "Each point is a fitted image in the colour of its label, which only scores and this page have seen."
    alt = f"Scatter plot of {run.n:,} images in two dimensions, coloured by {len(names) - 1} classes."
    yield Drawing("map_by_label", "maps", figure, words, alt)


def _map_by_cluster(run: Run) -> Iterator[Drawing]:
    names = {cluster: cluster_name(cluster) for cluster in range(-1, run.k)}
    title = f"Map by cluster\n{run.facts} · {run.map.method}"
    figure = figures.scatter(run.map.fitted, run.clustering.fitted, names, title)
    words = (
        "Each point is a fitted image in the colour of its cluster. Names stand near its middle, c0 is the "
        "largest. Clusters were found in another space than this one, so they may look torn here."
    )
    alt = f"Scatter plot of {run.n:,} images in two dimensions, coloured by {run.k} clusters."
    yield Drawing("map_by_cluster", "maps", figure, words, alt)


def _map_thumbnails(run: Run) -> Iterator[Drawing]:
    config = run.config
    if not config.thumbnails:
        return
    title = f"Map with images\n{run.facts}"
    figure = figures.scatter_thumbnails(
        run.map.fitted, run.pixels, run.clustering.fitted, config.thumbnails, config.seed, title
    )
    words = (
        f"Up to {config.thumbnails} of {run.n:,} images, drawn at random so that none hides another, where "
        "they lie on the map and in the colour of their cluster."
    )
    alt = "The same map with thumbnails of images on it, in the colour of their clusters."
    yield Drawing("map_thumbnails", "maps", figure, words, alt, wide=True)


def _map_stepped(run: Run) -> Iterator[Drawing]:
    if not run.config.colour_bar or not run.labels.known:
        return
    count = run.map.first or run.n
    points, truth, pixels = run.map.fitted[:count], run.truth[:count], run.pixels[:count]
    names = [run.class_name(label) for label in range(int(run.truth.max()) + 1)]
    part = "" if count == run.n else f" · the first {count:,} images, which {run.map.method} drew itself"
    title = f"Map by label\n{run.facts}{part}"
    alt = f"Scatter plot of {count:,} images, coloured by {len(names)} classes as a colour bar beside it says"
    words = "Each point is an image in the colour of its label, in as many steps of the rainbow as there are classes"
    yield Drawing("map_stepped", "maps", figures.scatter_stepped(points, truth, names, title), f"{words}.", f"{alt}.")
    if not run.config.thumbnails:
        return
    figure = figures.scatter_stepped(points, truth, names, title, pixels, run.config.thumbnails, run.config.seed)
    words = f"{words}; up to {run.config.thumbnails} of the images lie where they belong, so that none hides another."
    yield Drawing("map_stepped_thumbnails", "maps", figure, words, f"{alt}, with thumbnails on it.", wide=True)


def _contingency(run: Run) -> Iterator[Drawing]:
    counts, columns = run.scores.contingency, run.scores.columns
    if not counts.size:
        return
    classes = [run.class_name(int(label)) for label in np.unique(run.truth[run.truth >= 0])]
    clusters = [cluster_name(column) for column in columns]
    title = f"Classes and clusters\nk = {run.k:,} clusters, n = {counts.sum():,} labelled images"
    figure = figures.contingency(np.asarray(counts), classes, clusters, title, noise=-1 in columns)
    words = (
        "How many fitted images of each class (row) went into each cluster (column). A dark cell holds most "
        "of its cluster; clusters are ordered by their majority class."
    )
    alt = f"Heat map of {len(classes)} classes by {len(clusters)} clusters; the table of clusters has numbers."
    yield Drawing("contingency", "classes", figure, words, alt, wide=True)


def _confidence(run: Run) -> Iterator[Drawing]:
    clustering = run.clustering
    fitted = np.asarray(clustering.confidence)[clustering.fitted >= 0]
    held = np.asarray(clustering.held_confidence)[clustering.held_out >= 0]
    if not len(fitted):
        return
    title = f"Confidence of the assignments\n{run.facts}, of which {len(fitted):,} are in a cluster"
    figure = figures.confidence(fitted, held, title)
    words = (
        "The posterior of the assigned cluster where the algorithm has one, else the share of an image's "
        "nearest neighbours that are in the same cluster. Noise is left out."
    )
    above = percent(float((fitted > 0.9).mean()))
    alt = f"Histogram of confidences; {above} of the fitted images in a cluster are above 0.9."
    yield Drawing("confidence", "clusters", figure, words, alt)


def _centres(run: Run) -> Iterator[Drawing]:
    if not run.k:
        return
    shown = len(run.centres)
    titles = [_tile_title(run, cluster, "mostly {majority}") for cluster in range(shown)]
    rest = "" if shown == run.k else f" · the {shown} largest"
    figure = figures.centres(run.centres, titles, f"Cluster centres, decoded\n{run.facts}{rest}")
    words = (
        "The mean code of each cluster's members, decoded into an image, with its majority class where "
        "labels are known, and its size. A blurred one stands for a cluster of many shapes."
    )
    alt = f"{shown} decoded images, one for each cluster."
    yield Drawing("centres", "clusters", figure, words, alt, wide=True)


def _examples(run: Run) -> Iterator[Drawing]:
    shown = len(run.centres)
    for first in range(0, shown, ROWS):
        group = range(first, min(first + ROWS, shown))
        ends = cluster_name(group[0]), cluster_name(group[-1])
        span = f"clusters {ends[0]} to {ends[1]}" if len(group) > 1 else f"cluster {ends[0]}"
        near, far = zip(*(run.extremes(cluster) for cluster in group), strict=True)
        titles = [_tile_title(run, cluster, "{purity} are {majority}") for cluster in group]
        title = f"Typical and least typical members\n{run.facts}{f' · {span}' if shown > ROWS else ''}"
        centres = run.centres[group.start : group.stop]
        figure = figures.examples(run.pixels, near, far, titles, centres, title)
        words = (
            f"Of {span}: the decoded centre, then at most {run.config.examples} of the most typical members "
            "and as many of the least typical. Members are ordered by confidence, to the hundredth, and "
            f"equals by distance from the cluster's mean in the space that was clustered ({run.features.method})."
        )
        alt = f"For each of {len(group)} clusters a row of images: centre, typical and least typical members."
        name = "examples" if shown <= ROWS else f"examples_{first // ROWS + 1}"
        yield Drawing(name, "clusters", figure, words, alt, wide=True)


def _tile_title(run: Run, cluster: int, words: str) -> str:
    """A cluster's name and size, and below them `words` filled in, where its members' labels are known."""
    first = f"{cluster_name(cluster)} · {run.sizes[cluster]:,}"
    if not run.majority(cluster):
        return first
    purity = percent(run.table[cluster]["purity"])
    return f"{first}\n{words.format(majority=shorten(run.majority(cluster), 10), purity=purity)}"


DRAWERS: tuple[Callable[[Run], Iterator[Drawing]], ...] = (
    _loss_curves, _refinement_curves, _reconstructions, _map_by_label, _map_by_cluster, _map_thumbnails, _map_stepped,
    _contingency, _centres, _examples, _confidence,
)  # fmt: skip
"""What is drawn, in the page's order. A new figure is a function that yields drawings, and a name here."""
