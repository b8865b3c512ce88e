"""The root of the configuration: all groups together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from pipeline.config.actions import Assign, Compare, Engine, HowMany, Label, Shards, Stability
from pipeline.config.base import Group
from pipeline.config.clustering import Cluster, Manifold, Neighbors, Project
from pipeline.config.data import Data
from pipeline.config.evaluation import Baselines, Evaluate
from pipeline.config.model import Extract, Model, Train
from pipeline.config.pages import Explorer, Report
from pipeline.config.refine import Refine, SelfTraining
from pipeline.config.tracking import Tracking
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import output_folder


class Config(Group):
    """All settings of a run."""

    stage: str | list[str] = "all"
    input: str | None = None
    run: str = "last"
    runs: str | list[str] = "last two"
    seed: int = Field(42, ge=0, lt=2**32)
    deterministic: bool = True
    output_dir: str
    data: Data
    model: Model
    train: Train
    refine: Annotated[Refine | SelfTraining, Field(discriminator="target")]
    extract: Extract
    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    baselines: Baselines = Baselines()
    project: Project
    evaluate: Evaluate
    report: Report
    explorer: Explorer
    assign: Assign = Assign()
    label: Label = Label()
    compare: Compare = Compare()
    stability: Stability = Stability()
    how_many: HowMany = HowMany()
    shards: Shards = Shards()
    engine: Engine = Engine.model_validate({"name": "local", "_target_": "pipeline.stages.shards.engine.LocalEngine"})
    tracking: Tracking

    @field_validator("output_dir", mode="before")
    @classmethod
    def _output_dir(cls, value: Any) -> str:
        try:
            return output_folder(value)
        except UserError as error:
            raise ValueError(str(error)) from error

    @field_validator("run", "runs", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        """Keep a run's id as text: its beginning may look like a number."""
        ids = [str(item) if isinstance(item, int) else item for item in (value if isinstance(value, list) else [value])]
        return ids if isinstance(value, list) else ids[0]
