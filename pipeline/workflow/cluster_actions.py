"""The actions that look at the clusters of a run, compare them, correct them or take them away.

Heavy imports happen inside the functions, so that help and validation load little.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.workflow.action_result import ActionResult, Change

if TYPE_CHECKING:
    from pipeline.artifacts.base import Int
    from pipeline.workflow.action_context import ActionContext
    from pipeline.workflow.finished_runs import FinishedRun


def label_images(context: ActionContext) -> ActionResult:
    """Pick images to label, and spread the answers."""
    from pipeline.stages.label import label
    from pipeline.stages.label.answers import read_answers

    config = context.config.label
    artifacts = context.run.load("images", "labels", "graph", "features", "clustering")
    images = artifacts["images"]
    answers = None
    if config.answers is not None:
        answers = read_answers(config.answers, images.names(images.split), context.observer)
    return label(config, **artifacts, answers=answers, run_id=context.run.run_id, observer=context.observer)


def compare_runs(context: ActionContext) -> ActionResult:
    """Compare the clusters of two runs."""
    from pipeline.stages.compare import compare
    from pipeline.stages.compare.compared_run import ComparedRun
    from pipeline.tracking import flatten

    def compared(run: FinishedRun) -> ComparedRun:
        scores = {name: value for name, value in run.metrics.items() if name not in ("wall_seconds", "peak_mib")}
        settings = flatten(run.summary["config"])
        derived = run.summary.get("derived", {})
        origin = {"action": derived.get("action", ""), "made_from": derived.get("from", "")}
        return ComparedRun(run.name, run.run_id, scores, settings, **run.load("images", "clustering"), **origin)

    first, second = context.runs
    return compare(context.config.compare, compared(first), compared(second), observer=context.observer)


def measure_stability(context: ActionContext) -> ActionResult:
    """Repeat the run with other seeds, and compare the clusters."""
    from pipeline.clustering.agreement import adjusted_rand_index
    from pipeline.stages.stability import stability
    from pipeline.stages.stability.plan import plan_repeats

    config, run, observer = context.config.stability, context.run, context.observer
    artifacts = run.load("images", "clustering")
    run.require_own_images("stability")
    context.repeater.require_same_images(run.config, run.run_id, artifacts["images"])
    reference = artifacts["clustering"].fitted
    planned, notes = plan_repeats(run.config, config, len(reference))
    for note in notes:
        observer.note(note)
    repeats: dict[str, list[Int]] = {source: [] for source in planned}
    total, finished, reused = sum(map(len, planned.values())), 0, 0
    for source, configs in planned.items():
        for number, repeat in enumerate(configs, 1):
            clusters, is_reused = context.repeater.clusters(repeat)
            repeats[source].append(clusters)
            finished += 1
            reused += is_reused
            observer.report_metrics(number, {f"{source}_ari_to_run": adjusted_rand_index(reference, clusters)})
            observer.progress(finished, total, "repeats")
    if reused:
        observer.note(f"reused {reused} of {total} repeats")
    return stability(config, run.name, **artifacts, repeats=repeats, notes=notes, observer=observer)


def estimate_k(context: ActionContext) -> ActionResult:
    """Estimate the number of clusters."""
    from pipeline.stages.how_many import how_many

    artifacts = context.run.load("features", "clustering")
    return how_many(context.config.how_many, context.run.name, **artifacts, observer=context.observer)


def rank_spaces(context: ActionContext) -> ActionResult:
    """Cluster the images of the run in other spaces, and rank these."""
    from pipeline.config.compose import compose_config
    from pipeline.runtime.errors import UserError
    from pipeline.stages.spaces import spaces
    from pipeline.stages.spaces.plan import plan_spaces
    from pipeline.stages.spaces.stage import Space

    config, run, observer = context.config.spaces, context.run, context.observer
    artifacts = run.load("images", "labels")
    run.require_own_images("spaces")
    if not artifacts["images"].has_images:
        raise UserError(f"run: {run.run_id} was fitted on vectors; stage=spaces encodes images with several models")
    context.repeater.require_same_images(run.config, run.run_id, artifacts["images"])
    models = {name: compose_config(f"model={name}").model for name in config.models}
    has_colour = artifacts["images"].shape[2] == 3
    plan = plan_spaces(run.config, models, compose_config("refine=none").refine, has_colour)
    compared, notes = {}, []
    for number, (name, variant) in enumerate(plan.items(), 1):
        try:
            parts, _ = context.repeater.load(variant, "features", "clustering", "map")
            compared[name] = Space(**parts)
        except UserError as error:
            if number == 1:
                raise UserError(f"run: the run's own space, {name}, cannot be computed again: {error}") from error
            notes.append(f"{name} is left out: {error}")
            observer.note(notes[-1])
        observer.progress(number, len(plan), "spaces")
    return spaces(config, run.name, compared, artifacts["labels"], notes, observer)


def merge_stepwise(context: ActionContext) -> ActionResult:
    """Merge the clusters of the run step by step."""
    from pipeline.stages.tree import tree

    run = context.run
    artifacts = run.load("images", "labels", "graph", "features", "clustering")
    return tree(context.config.tree, run.name, **artifacts, run_id=run.run_id, observer=context.observer)


def check_quality(context: ActionContext) -> ActionResult:
    """Find duplicates, faulty images and possible label errors."""
    from pipeline.stages.quality import quality

    artifacts = context.run.load("images", "labels", "graph", "clustering")
    return quality(context.config.quality, context.run.name, context.run.run_id, **artifacts, observer=context.observer)


def export_run(context: ActionContext) -> ActionResult:
    """Write the images of the run as a data set."""
    from pipeline.stages.export import export

    config, run = context.config.export, context.run
    path = context.folder / config.format if config.path is None else Path(config.path).expanduser()
    artifacts = run.load("images", "labels", "latents", "graph", "clustering")
    coordinates = run.load("map")["map"] if run.has("map") else None
    return export(
        config, **artifacts, map=coordinates, path=path, run_id=run.run_id, source=_source_folder(run),
        observer=context.observer,
    )  # fmt: skip


def _source_folder(run: FinishedRun) -> Path | None:
    """The folder whose images the run read without a list of them; None for other data."""
    folder = run.load("images")["images"].folder
    return Path(folder) if folder and run.config.data.name == "image_folder" else None


def apply_person_edits(context: ActionContext) -> ActionResult:
    """Apply a person's edits, and derive a run."""
    from pipeline.stages.edit import edit
    from pipeline.stages.edit.edits import read_edits

    config, run = context.config.edit, context.run
    edits = read_edits(str(context.config.edits))
    edits.require_clustering(run.load("clustering")["clustering"].digest, run.run_id)
    result = edit(config, edits, run.config.cluster, run.config.neighbors, **_parts_to_edit(context))
    settings = {"edits": hashlib.sha256(edits.model_dump_json().encode()).hexdigest(), **config.model_dump()}
    return context.deriver.derive(run, Change("edit", settings, {"clustering": result.clustering}), result)


def split_one_cluster(context: ActionContext) -> ActionResult:
    """Split one cluster, and derive a run."""
    from pipeline.stages.recluster import recluster

    config, run = context.config.recluster, context.run
    result = recluster(config, run.config.cluster, run.config.neighbors, **_parts_to_edit(context))
    change = Change("recluster", config.model_dump(), {"clustering": result.clustering})
    return context.deriver.derive(run, change, result)


def _parts_to_edit(context: ActionContext) -> dict[str, Any]:
    """The artifacts and the observer of an action that edits clusters."""
    artifacts = context.run.load("images", "latents", "graph", "features", "clustering")
    return {**artifacts, "observer": context.observer}
