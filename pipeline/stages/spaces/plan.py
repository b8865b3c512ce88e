"""The configurations of the compared spaces: that of the run with other models."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config import Config, Model, Refine, SelfTraining


def plan_spaces(
    config: Config, models: Mapping[str, Model], unrefined: Refine | SelfTraining, has_colour: bool
) -> dict[str, Config]:
    """Return the configurations by name: that of the run first, then those with each of the `models`, unrefined.

    A model that the run has itself, unrefined, is not repeated, and one that ignores colour is left out if the images
    have none. Manifold, clusterer and seeds are those of the run.
    """
    refinement = "" if config.refine.name == unrefined.name else f" · {config.refine.name}"
    plan = {f"{config.model.name}{refinement}": config}
    for name, model in models.items():
        if model.ignores_colour and not has_colour:
            continue
        plan.setdefault(name, config.model_copy(update={"model": model, "refine": unrefined}))
    return plan
