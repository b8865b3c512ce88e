"""Pure functions that take arrays and return a matplotlib figure, without pyplot and its global state."""

from pipeline.figures.budgets import budgets
from pipeline.figures.contingency import contingency
from pipeline.figures.curves import confidence, loss_curves, refinement_curves
from pipeline.figures.how_many import how_many
from pipeline.figures.maps import scatter, scatter_stepped, scatter_thumbnails
from pipeline.figures.pictures import displayable
from pipeline.figures.stability import stability
from pipeline.figures.style import png
from pipeline.figures.tiles import centres, examples, reconstructions

__all__ = [
    "budgets",
    "centres",
    "confidence",
    "contingency",
    "displayable",
    "examples",
    "how_many",
    "loss_curves",
    "png",
    "reconstructions",
    "refinement_curves",
    "scatter",
    "scatter_stepped",
    "scatter_thumbnails",
    "stability",
]
