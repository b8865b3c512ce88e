"""The root of the configuration: all groups together."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from pipeline.config.actions import ActionGroups
from pipeline.config.base import Group
from pipeline.config.clustering import ClusteringGroups
from pipeline.config.data import DataGroups
from pipeline.config.evaluation import EvaluationGroups
from pipeline.config.model import ModelGroups
from pipeline.config.pages import PageGroups
from pipeline.config.refine import RefineGroups
from pipeline.config.tracking import TrackingGroups
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import output_folder


class RunSettings(Group):
    """The settings at the top: the stages, the finished runs of actions, the seed and the output folder.

    `threads` is the number of threads of the numeric libraries, read when a process starts.
    """

    stage: str | list[str] = "all"
    input: str | None = None
    edits: str | None = None
    run: str = "last"
    runs: str | list[str] = "last two"
    seed: int = Field(42, ge=0, lt=2**32)
    deterministic: bool = True
    threads: int | None = Field(None, ge=1)
    output_dir: str

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


# Pydantic orders the fields, and so the messages about them, from the last base class to the first.
class Config(
    TrackingGroups, ActionGroups, PageGroups, EvaluationGroups, ClusteringGroups, RefineGroups, ModelGroups, DataGroups,
    RunSettings,
):  # fmt: skip
    """All settings of a run; each module of this package adds its groups."""
