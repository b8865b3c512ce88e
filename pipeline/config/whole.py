"""All groups together, and the stages that are asked for."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from pipeline.config.base import Group
from pipeline.config.clustering import Cluster, Manifold, Neighbors, Project
from pipeline.config.data import Data
from pipeline.config.model import Extract, Model, Train
from pipeline.config.on_demand import Assign, Compare, Engine, HowMany, Label, Shards, Stability
from pipeline.config.refining import Refine, SelfTraining
from pipeline.config.scoring import Evaluate, NullModels
from pipeline.config.showing import Explorer, Report
from pipeline.config.tracking import Tracking
from pipeline.mistakes import nearest
from pipeline.stage_names import ON_DEMAND, STAGES


class Config(Group):
    """Everything a run is made of."""

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
    refine: Annotated[Refine | SelfTraining, Field(discriminator="fit")]
    extract: Extract
    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    nulls: NullModels = NullModels()
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
    engine: Engine = Engine.model_validate({"name": "local", "_target_": "pipeline.sharded.engine.Local"})
    tracking: Tracking

    @field_validator("run", "runs", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        """The beginning of a run's id may look like a number; it is text all the same."""
        many = isinstance(value, list)
        texts = [str(one) if isinstance(one, int) else one for one in (value if many else [value])]
        return texts if many else texts[0]

    @model_validator(mode="after")
    def _known_stages(self) -> Config:
        known = (*STAGES, "all", *ON_DEMAND)
        if not self.stage_names:
            raise ValueError("stage = []: names no stage; give stage=all, or some of them")
        for name in self.stage_names:
            if name not in known:
                raise ValueError(
                    f"stage: {name!r} is unknown{nearest(name, known) or '; choose from ' + ', '.join(known)}"
                )
            if name in ON_DEMAND and len(self.stage_names) > 1:
                raise ValueError(f"stage: {name} uses a finished run and stands alone; give stage={name}")
        if self.on_demand in ("assign", "shards") and self.input is None:
            raise ValueError("input: needs a value; give input=FOLDER_OR_FILE, the images to assign")
        return self

    @property
    def stage_names(self) -> list[str]:
        """The stages asked for, in the order of the recipe's names."""
        asked = [self.stage] if isinstance(self.stage, str) else self.stage
        return [*STAGES, *(name for name in asked if name in ON_DEMAND)] if "all" in asked else asked

    @property
    def on_demand(self) -> str | None:
        """The stage asked for that uses a finished run, if it is one."""
        return next((name for name in self.stage_names if name in ON_DEMAND), None)
