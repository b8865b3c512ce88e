"""Where runs are kept, and what of them."""

from __future__ import annotations

from pydantic import Field

from pipeline.config.base import Group


class Tracking(Group):
    """Where runs are kept; `uri` null means SQLite in the outputs folder, unless MLFLOW_TRACKING_URI is set."""

    uri: str | None = None
    experiment: str = Field("latent-clustering", min_length=1)
    run_name: str | None = None
    models: bool = True
    register_model: bool = Field(True, alias="register")
    reuse: bool = True
    git_commit: bool = True


class TrackingGroups(Group):
    """The configuration groups of this module."""

    tracking: Tracking
