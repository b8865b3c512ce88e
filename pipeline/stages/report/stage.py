"""Draw all figures of a run and render its report."""

from __future__ import annotations

from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Latents
from pipeline.artifacts.pages import ReportPage
from pipeline.artifacts.scores import Scores
from pipeline.config import Report
from pipeline.models.autoencoder import Autoencoder
from pipeline.pages.figures.style import figure_to_png, missing_characters, shorten
from pipeline.runtime.observer import SILENT, Observer
from pipeline.stages.report.context import ReportContext, ReportFigure
from pipeline.stages.report.drawings import DRAWINGS
from pipeline.stages.report.page import render_report


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
    """Return the report of a run: a self-contained HTML page, and its figures as PNG files.

    Figures without data are omitted: those that need labels if there are none, training curves of a model that was not
    trained in epochs or not refined, and centres and members if all images are noise. The observer gets a note if names
    have characters that the font of the figures lacks.
    """
    run = ReportContext(config, images, labels, autoencoder, latents, features, clustering, map, scores)
    figures: list[ReportFigure] = []
    files: dict[str, bytes] = {}
    for done, draw in enumerate(DRAWINGS, 1):
        for figure in draw(run):
            files[figure.name] = figure_to_png(figure.figure, config.dpi)
            figures.append(figure)
        observer.progress(done, len(DRAWINGS), "figures")
    if missing := missing_characters([*labels.names, *clustering.names]):
        observer.note(f"figures show boxes in place of characters of names that their font lacks: {shorten(missing)}")
    return ReportPage(render_report(run, figures, files), files)
