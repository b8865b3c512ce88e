"""Figures of all pages: pure functions from arrays to matplotlib figures, without the global state of pyplot."""

from pipeline.pages.figures.budgets import plot_budgets
from pipeline.pages.figures.contingency import plot_contingency
from pipeline.pages.figures.curves import plot_confidence, plot_loss_curves, plot_refinement_curves
from pipeline.pages.figures.dendrogram import plot_dendrogram
from pipeline.pages.figures.how_many import plot_how_many
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.figures.maps import plot_map, plot_map_with_colour_bar, plot_map_with_thumbnails, plot_maps
from pipeline.pages.figures.reliability import plot_reliability
from pipeline.pages.figures.stability import plot_stability
from pipeline.pages.figures.style import figure_to_png, missing_characters
from pipeline.pages.figures.sweep import plot_sweep
from pipeline.pages.figures.tiles import plot_centres, plot_examples, plot_reconstructions

__all__ = [
    "figure_to_png",
    "missing_characters",
    "plot_budgets",
    "plot_centres",
    "plot_confidence",
    "plot_contingency",
    "plot_dendrogram",
    "plot_examples",
    "plot_how_many",
    "plot_loss_curves",
    "plot_map",
    "plot_map_with_colour_bar",
    "plot_map_with_thumbnails",
    "plot_maps",
    "plot_reconstructions",
    "plot_refinement_curves",
    "plot_reliability",
    "plot_stability",
    "plot_sweep",
    "to_rgb_images",
]
