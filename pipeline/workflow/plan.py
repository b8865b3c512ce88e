"""Which stages of the recipe, or which action, a configuration asks for."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.config.error_messages import suggest
from pipeline.runtime.errors import UserError
from pipeline.workflow.actions import ACTIONS, Action
from pipeline.workflow.recipe import RECIPE, STEPS, Step

ALL = "all"

ACTION_KEYS = ("input", "edits", "run", "runs")
"""Keys at the top of the configuration that say what an action works on."""


def plan(config: Config) -> tuple[list[Step], Action | None]:
    """Return the steps in the order of the recipe and no action, or no steps and the action.

    Raises:
        UserError: a name is unknown, an action does not stand alone, its input is missing, or a key has a value that
            nothing would read.
    """
    names = [config.stage] if isinstance(config.stage, str) else config.stage
    if not names:
        raise UserError("stage = []: names no stage; give stage=all, or a list of stages")
    choices = [*STEPS, ALL, *ACTIONS]
    for name in names:
        if name not in choices:
            hint = suggest(name, choices) or "; choose from " + ", ".join(choices)
            raise UserError(f"stage: {name!r} is unknown{hint}")
    action = next((ACTIONS[name] for name in names if name in ACTIONS), None)
    _refuse_unread_keys(config, action)
    if action is None:
        return [step for step in RECIPE if ALL in names or step.name in names], None
    if len(names) > 1:
        raise UserError(f"stage: {action.name} uses a finished run and stands alone; give stage={action.name}")
    if action.needs is not None and getattr(config, action.needs) is None:
        raise UserError(f"{action.needs}: needs a value; give {action.needs}={action.value}")
    return [], action


def _refuse_unread_keys(config: Config, action: Action | None) -> None:
    """Raise a `UserError` if a key that says what an action works on is set, and this stage does not read it."""
    read = () if action is None else (*action.reads, action.needs)
    for key in ACTION_KEYS:
        if key not in read and getattr(config, key) != Config.model_fields[key].default:
            readers = [name for name, other in ACTIONS.items() if key in (*other.reads, other.needs)]
            stage = "stage=all" if action is None else f"stage={action.name}"
            listed = f"{', '.join(readers[:-1])} and {readers[-1]} do" if len(readers) > 1 else f"{readers[0]} does"
            raise UserError(f"{key}: {stage} does not read it, but {listed}; leave it out, or give stage={readers[0]}")
