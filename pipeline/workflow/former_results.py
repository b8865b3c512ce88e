"""Why a stage is computed again although a run with the same settings is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.config import Config
from pipeline.tracking import MAX_PARAM_LENGTH, Store, flatten
from pipeline.workflow.recipe import Step, steps_and_ancestors
from pipeline.workflow.version_tags import VERSION_TAG, version_tags

RECENT = 20
"""Finished executions that are looked at, the newest first."""


def explain_recomputation(config: Config, step: Step, identity: str, store: Store) -> str | None:
    """Return one line if a run with the same settings has a result of the step that another version computed.

    `identity` is the step's fingerprint. Settings that only one of both versions has do not count,
    unless they are arguments of another library's component.
    """
    settings = _settings(config, step)
    for run in store.recent_executions(RECENT):
        stage_id = run.data.tags.get(f"stage.{step.name}", "").split(" ")[0]
        if not stage_id or not _is_equal(settings, run.data.params):
            continue
        if store.fingerprint(stage_id) in (identity, None):
            return None  # the same result, damaged or deleted
        return (
            f"{step.name} and the stages that depend on it are computed again: run {run.info.run_id} has the same "
            f"settings, but {_difference(run.data.tags)}"
        )
    return None


def _settings(config: Config, step: Step) -> dict[str, str]:
    """The settings that the result of a step depends on, as MLflow stores them."""
    groups = {group for each in steps_and_ancestors([step]) for group in each.groups}
    values = config.model_dump(by_alias=True, include=groups)
    return {key: str(value)[:MAX_PARAM_LENGTH] for key, value in flatten(values).items()}


def _is_equal(settings: Mapping[str, str], params: Mapping[str, str]) -> bool:
    common = settings.keys() & params.keys()
    groups = {key.partition(".")[0] for key in settings}
    others = {key for key in settings.keys() ^ params.keys() if key.partition(".")[0] in groups}
    return (
        "data.name" in common
        and all(_without_module(settings[key]) == _without_module(params[key]) for key in common)
        and not any(_is_argument(key, settings) for key in others)
    )


def _is_argument(key: str, settings: Mapping[str, str]) -> bool:
    """Whether a key is an argument of a component inside a group, such as `cluster.estimator.max_iter`.

    These belong to another library, so a version of this program does not add or remove them.
    """
    component = key.rpartition(".")[0]
    return "." in component and f"{component}._target_" in settings


def _without_module(value: str) -> str:
    """A setting that names a function of this program without its module, which may have moved."""
    return value.rpartition(".")[2] if value.startswith("pipeline.") else value


def _difference(tags: Mapping[str, Any]) -> str:
    """What differs between the version that wrote the tags of a run and this one."""
    if VERSION_TAG not in tags:
        return "an earlier version of this program computed it"
    changed = [
        f"{key.removeprefix('version.')} {tags[key]} instead of {current}"
        for key, current in version_tags().items()
        if tags.get(key, current) != current
    ]
    return f"with {', '.join(changed)}" if changed else "its code or its input files have changed"
