"""The typed things that flow between stages, and how each is checked, saved and loaded.

Everywhere `n` counts fitted images, `m` held-out images (0 where nothing was held out), `d` latent dimensions.
Arrays are stored as `.npy` and loaded memory-mapped; everything else goes to one `artifact.json`.

The project itself imports from the files, never from here: what a stage imports is part of its fingerprint.
"""

from pipeline.artifacts.base import Artifact, Float, Int, Pixel
from pipeline.artifacts.clustering import Clustering
from pipeline.artifacts.features import Features, Map
from pipeline.artifacts.images import Images, unit_range
from pipeline.artifacts.labels import Labels
from pipeline.artifacts.latents import Graph, Latents
from pipeline.artifacts.nulls import NullClusterings
from pipeline.artifacts.pages import ExplorerPage, ReportPage
from pipeline.artifacts.scores import Scores

__all__ = [
    "Artifact", "Clustering", "ExplorerPage", "Features", "Float", "Graph", "Images", "Int", "Labels", "Latents", "Map",
    "NullClusterings", "Pixel", "ReportPage", "Scores", "unit_range",
]  # fmt: skip
