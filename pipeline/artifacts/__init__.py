"""The typed values that flow between stages, and how each is checked, saved and loaded.

In all docstrings `n` counts fitted images, `m` held-out images (0 if none were held out), `d` latent dimensions.
Arrays are stored as `.npy` files and loaded memory-mapped; all other fields are stored in one `artifact.json`.

Stages import artifacts from their own modules, not from here: a stage's fingerprint holds the code that it imports.
"""

from pipeline.artifacts.base import Artifact, Float, Int, Pixel
from pipeline.artifacts.baselines import BaselineClusterings
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images, to_unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.artifacts.pages import ExplorerPage, ReportPage
from pipeline.artifacts.scores import Scores

__all__ = [
    "Artifact",
    "BaselineClusterings",
    "Clustering",
    "ExplorerPage",
    "Features",
    "Float",
    "Graph",
    "Images",
    "Int",
    "Labels",
    "Latents",
    "Map",
    "Pixel",
    "ReportPage",
    "Scores",
    "to_unit_range",
]  # fmt: skip
