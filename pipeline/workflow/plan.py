"""Which stages of the recipe, or which action, a configuration asks for."""

from __future__ import annotations

from pipeline.config import Config
from pipeline.config.error_messages import suggest
from pipeline.runtime.errors import UserError
from pipeline.workflow.actions import ACTIONS, Action
from pipeline.workflow.recipe import RECIPE, STEPS, Step

ALL = "all"


def plan(config: Config) -> tuple[list[Step], Action | None]:
    """Return the steps in the order of the recipe and no action, or no steps and the action.

    Raises:
        UserError: a name is unknown, an action does not stand alone, or its input is missing.
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
    if action is None:
        return [step for step in RECIPE if ALL in names or step.name in names], None
    if len(names) > 1:
        raise UserError(f"stage: {action.name} uses a finished run and stands alone; give stage={action.name}")
    if action.needs is not None and getattr(config, action.needs) is None:
        raise UserError(f"{action.needs}: needs a value; give {action.needs}={action.value}")
    return [], action
