"""Keys of earlier versions lead to the current ones."""

from __future__ import annotations

import pytest

from pipeline.config.compose import compose_config
from pipeline.config.renamed_keys import RENAMED_KEYS, current_key, with_current_keys
from pipeline.runtime.errors import UserError
from pipeline.workflow.finished_runs import restore_config

CHOICES = {
    "project.first": "project=tsne",
    "refine.forgiveness": "refine=self_training",
    "refine.starts": "refine=idec",
    "refine.tolerance": "refine=idec",
    "refine.update_every": "refine=idec",
}
"""The choices that have keys which others lack."""
VALUES = {"refine.forgiveness": 0.5, "refine.tolerance": 0.1, "stability.bootstrap": 0.1}
"""Allowed values, where 3 is none."""


@pytest.mark.parametrize("key", RENAMED_KEYS)
def test_a_renamed_key_is_refused_with_the_current_one(key):
    choice = CHOICES.get(key, "data=mnist")
    compose_config(choice, f"{current_key(key)}={VALUES.get(key, 3)}")
    with pytest.raises(UserError, match=f"^{key}: no such key; did you mean {current_key(key)}"):
        compose_config(choice, f"{key}=3")


@pytest.mark.parametrize("choice", ["refine=none", "refine=idec", "refine=self_training"])
def test_the_configuration_of_an_earlier_run_is_restored(choice):
    config = compose_config(choice)
    stored = config.model_dump(by_alias=True)
    former = {name: _with_former_keys(name, group) for name, group in stored.items()}
    assert former != stored
    assert with_current_keys(former) == stored
    assert restore_config(former) == config


def _with_former_keys(name, group):
    if not isinstance(group, dict):
        return group
    old = {
        current_key(key).partition(".")[2]: key.partition(".")[2] for key in RENAMED_KEYS if key.startswith(f"{name}.")
    }
    return {old.get(key, key): value for key, value in group.items()}
