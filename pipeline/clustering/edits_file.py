"""The form of edits.json, which pages and stages write and `stage=edit` reads."""

from __future__ import annotations

from typing import Any

EDITS_VERSION = 1
"""The version of the form; the scripts of the pages write the same."""


def edits_file(clustering: str, run_id: str, edits: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the content of edits.json for the clustering with this digest, of the run `run_id`, empty if unknown."""
    return {"version": EDITS_VERSION, "clustering": clustering, "run_id": run_id or None, "edits": edits}
