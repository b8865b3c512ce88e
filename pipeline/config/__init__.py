"""The typed schema of every configuration group: names, types and ranges, in one place.

The YAML files in `conf/` hold the values; the classes here say which values are allowed. Checking happens before
anything heavy is imported. Each group that draws random numbers has its own `seed`, by default the global one.
"""

from pipeline.config.actions import (
    Assign,
    Clean,
    Compare,
    Edit,
    Engine,
    Export,
    Extend,
    HowMany,
    Label,
    Quality,
    Recluster,
    Search,
    Shards,
    Spaces,
    Stability,
    Tree,
)  # fmt: skip
from pipeline.config.base import Component, Group, Spec, Split
from pipeline.config.clustering import Cluster, Manifold, Neighbors, Project
from pipeline.config.data import Data
from pipeline.config.evaluation import Baselines, Evaluate
from pipeline.config.model import Corruption, EarlyStopping, Extract, Model, Train
from pipeline.config.pages import Explorer, Report
from pipeline.config.refine import Refine, SelfTraining
from pipeline.config.root import Config
from pipeline.config.tracking import Tracking
from pipeline.config.validation import validate_config

__all__ = [
    "Assign", "Baselines", "Clean", "Cluster", "Compare", "Component", "Config", "Corruption", "Data", "EarlyStopping",
    "Edit", "Engine", "Evaluate", "Explorer", "Export", "Extend", "Extract", "Group", "HowMany", "Label", "Manifold",
    "Model", "Neighbors", "Project", "Quality", "Recluster", "Refine", "Report", "Search", "SelfTraining", "Shards",
    "Spaces", "Spec", "Split", "Stability", "Tracking", "Train", "Tree", "validate_config",
]  # fmt: skip
