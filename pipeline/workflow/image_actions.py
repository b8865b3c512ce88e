"""The actions that read new images: assign, extend, search and shards.

Heavy imports happen inside the functions, so that help and validation load little.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.data.new_images import NewImages, NewLabels, ReadingRules
    from pipeline.data.vector_columns import Columns
    from pipeline.workflow.action_context import ActionContext
    from pipeline.workflow.action_result import ActionResult
    from pipeline.workflow.finished_runs import FinishedRun


def assign_images(context: ActionContext) -> ActionResult:
    """Assign the images at `input` to the clusters of the run."""
    from pipeline.models.assigner import PARTS
    from pipeline.pages.tables import AssignedTable
    from pipeline.stages.assign import assign

    images = _new_images(context)
    names = [*PARTS, *(["map"] if context.run.has("map") else [])]
    return AssignedTable(assign(context.config.assign, images, **context.run.load(*names), observer=context.observer))


def add_images(context: ActionContext) -> ActionResult:
    """Add the images at `input` to the run."""
    from pipeline.workflow.extension import extend_run

    source = Path(str(context.config.input)).expanduser().resolve()
    new, labels = _read_input(context)
    return extend_run(context.config.extend, context.run, source, new, labels, context.deriver, context.observer)


def search_images(context: ActionContext) -> ActionResult:
    """Find the fitted images nearest to those at `input`."""
    from pipeline.stages.search import search

    queries = _new_images(context)
    artifacts = context.run.load("images", "autoencoder", "latents", "graph", "clustering")
    return search(context.config.search, queries, **artifacts, observer=context.observer)


def assign_in_shards(context: ActionContext) -> ActionResult:
    """Encode and assign the images at `input` in shards."""
    from filelock import FileLock

    from pipeline.config.instantiate import call_component
    from pipeline.models.assigner import PARTS, Assigner
    from pipeline.runtime.errors import UserError
    from pipeline.stages.shards import shards
    from pipeline.stages.shards.shard import find_shards

    config, run = context.config, context.run
    engine = call_component(config.engine, "engine")
    pieces = find_shards(str(config.input), config.shards.rows)
    if run.load("images")["images"].vectors is not None:
        raise UserError(f"run: {run.run_id} was fitted on vectors; stage=shards reads images, so use stage=assign")
    shape, skip_at_most, rules = input_format(run)
    assigner = Assigner.from_artifacts(**run.load(*PARTS), far_quantile=config.shards.far_quantile)
    identity = f"{run.run_id} {Path(str(config.input)).expanduser().resolve()} {config.shards.far_quantile}"
    folder = Path(config.output_dir) / "shards" / hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # the same command at the same time waits, and finds everything done
        return shards(config.shards, pieces, assigner, shape, folder, engine, skip_at_most, context.observer, rules)


def _read_input(context: ActionContext) -> tuple[NewImages, NewLabels]:
    """Return the images or vectors at `input` in the form that the run's encoder takes, and the labels of images."""
    from pipeline.data.new_images import NewLabels, read_labelled_images
    from pipeline.data.new_vectors import read_new_vectors

    run, path, observer = context.run, str(context.config.input), context.observer
    images = run.load("images")["images"]
    if images.vectors is not None:
        d = images.vectors.shape[1]
        return read_new_vectors(path, d, observer, _vector_columns(run), images.dimensions), NewLabels()
    shape, skip_at_most, rules = input_format(run)
    return read_labelled_images(path, shape, skip_at_most, observer, rules)


def _new_images(context: ActionContext) -> NewImages:
    """The images, or vectors, that `input` names, read as the run read its own."""
    return _read_input(context)[0]


def _vector_columns(run: FinishedRun) -> Columns:
    """The columns that a run of vectors read."""
    from pipeline.data.vector_columns import Columns

    settings = run.summary["config"]["data"]
    return Columns(
        settings.get("vector_column"), settings.get("label_column"), settings.get("text_column"), is_new=True
    )


def input_format(run: FinishedRun) -> tuple[tuple[int, int, int], int, ReadingRules]:
    """Return the shape of the run's images, how many unreadable files it allowed, and how it read image files."""
    from pipeline.data.new_images import ReadingRules

    images, settings = run.load("images")["images"], run.summary["config"]["data"]
    keys = (
        "image_column", "label_column", "transpose", "image_shape", "images_array", "file_column", "suffix",
    )  # fmt: skip
    rules = replace(ReadingRules.of_run(images), **{key: settings[key] for key in keys if key in settings})
    shape = run.load("autoencoder")["autoencoder"].reading_shape(images)
    return shape, settings.get("skip_at_most", 20), rules
