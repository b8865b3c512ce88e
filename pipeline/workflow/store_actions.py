"""The action that looks after the store itself.

Heavy imports happen inside the function, so that help and validation load little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.workflow.action_context import ActionContext
    from pipeline.workflow.action_result import ActionResult


def clean_results(context: ActionContext) -> ActionResult:
    """List the results that no run needs, and delete them if asked to."""
    from pipeline.workflow.cleaning import clean_store

    return clean_store(context.config.clean, context.store, context.run_id, context.observer)
