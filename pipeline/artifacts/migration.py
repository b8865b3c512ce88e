"""Names in stored artifacts that earlier versions wrote, and the names that replaced them.

A field, a score or a class that is renamed gets a row here, so that stored results stay readable.
"""

from __future__ import annotations

from typing import Any

RENAMED_FIELDS = {"Scores": {"nulls": "baselines", "null_notes": "baseline_notes"}}
"""Old and new fields of `artifact.json` by the artifact's class."""

RENAMED_SCORES = {"nulls/": "baselines/"}
"""Old and new prefixes of the keys in `Scores.values`."""

RENAMED_CLASSES = {
    "pipeline.estimators:Nearest": "pipeline.artifacts.estimators:NearestCentreClassifier",
    "pipeline.models.training:KerasAutoencoder": "pipeline.models.keras_autoencoder:KerasAutoencoder",
    "pipeline.models.null:PCA": "pipeline.models.baselines:PCAModel",
    "pipeline.models.null:Pixels": "pipeline.models.baselines:PixelModel",
}
"""Old and new `module:class` of the objects that files name by their class."""


def current_class_path(path: str) -> str:
    """Return the current `module:class` of a stored class; a class that was not renamed keeps its path."""
    return RENAMED_CLASSES.get(path, path)


def current_fields(artifact: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of an `artifact.json` under their current names; `artifact` is the name of its class."""
    names = RENAMED_FIELDS.get(artifact, {})
    values = {names.get(name, name): value for name, value in values.items()}
    if artifact == "Scores":
        values["values"] = {_current_score(name): score for name, score in values["values"].items()}
    return values


def _current_score(name: str) -> str:
    for old, new in RENAMED_SCORES.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
