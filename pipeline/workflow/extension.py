"""The action extend: a finished run over the images of another one and new images."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.config import Extend
from pipeline.runtime.counts import count_words
from pipeline.runtime.errors import UserError
from pipeline.workflow.action_result import Change

if TYPE_CHECKING:
    from pipeline.artifacts.labels import Labels
    from pipeline.data.new_images import NewImages, NewLabels
    from pipeline.runtime.observer import StageObserver
    from pipeline.workflow.action_result import ActionResult
    from pipeline.workflow.derived_run import Deriver
    from pipeline.workflow.finished_runs import FinishedRun

FITTED_STAGES = frozenset(("train", "refine", "baselines"))
"""Stages that are not computed again for new images; the baselines stay those of a sample of the old ones."""


def extend_run(
    config: Extend,
    run: FinishedRun,
    source: Path,
    new: NewImages,
    new_labels: NewLabels,
    deriver: Deriver,
    observer: StageObserver,
) -> ActionResult:
    """Return the result of extending a run by the images that were read from `source`, as a new run.

    Raises:
        UserError: the images do not fit the run, or all of them are in the run already.
    """
    from pipeline.data.appended_images import append_images, append_labels, name_new_images
    from pipeline.data.new_images import NewLabels
    from pipeline.models.assigner import PARTS
    from pipeline.stages.extend import extend

    images, labels = run.load("images", "labels").values()
    names, rows = name_new_images(images, new, source)
    if not len(rows):
        raise UserError(f"input: all images of {source} are in run {run.run_id} already; give new ones")
    if len(rows) < len(new.names):
        repeated = count_words(len(new.names) - len(rows), "image that is", "images that are")
        observer.note(f"left out {repeated} in the run already")
        new_labels = NewLabels(None if new_labels.values is None else new_labels.values[rows])
    new = replace(new, pixels=new.pixels[rows], names=names)
    extended_images = append_images(images, new, observer)  # refuses some before anything is computed
    extended_labels = append_labels(labels, new_labels, images, len(names), observer)
    artifacts = run.load(*PARTS, *(["map"] if "project" in run.summary["stages"] else []))
    result = extend(config, new, **artifacts, observer=observer)
    artifacts = {"images": extended_images, "labels": extended_labels, **result.artifacts}
    settings = {"images": len(names), "digest": _digest(new, extended_labels), **config.model_dump()}
    return deriver.derive(run, Change("extend", settings, artifacts, FITTED_STAGES), result)


def _digest(new: NewImages, labels: Labels) -> str:
    """What identifies the new images, their names and their labels."""
    digest = hashlib.sha256(repr((new.pixels.shape, new.pixels.dtype.name, new.names, labels.names)).encode())
    digest.update(np.ascontiguousarray(new.pixels).tobytes())
    digest.update(np.ascontiguousarray(labels.fitted).tobytes())
    return digest.hexdigest()
