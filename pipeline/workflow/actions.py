"""The actions: stages that use finished runs. Each row names its function, the runs it uses, and what it needs.

Heavy imports happen inside the functions, so that help and validation load little.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.workflow.action_result import ActionResult, Change

if TYPE_CHECKING:
    from pipeline.artifacts.base import Int
    from pipeline.config import Config
    from pipeline.data.new_images import NewImages, NewLabels, ReadingRules
    from pipeline.data.vector_files import Columns
    from pipeline.runtime.observer import StageObserver
    from pipeline.tracking import Store
    from pipeline.workflow.derived_run import Deriver
    from pipeline.workflow.finished_runs import FinishedRun
    from pipeline.workflow.repeater import Repeater


@dataclass(frozen=True)
class ActionContext:
    """What an action works with: the configuration, the finished runs, an observer, and what computes other runs.

    `folder` is that of the job, which the result's files go to.
    """

    config: Config
    runs: tuple[FinishedRun, ...]
    observer: StageObserver
    repeater: Repeater
    deriver: Deriver
    folder: Path

    @property
    def run(self) -> FinishedRun:
        """The only finished run."""
        return self.runs[0]


@dataclass(frozen=True)
class Action:
    """One action: how it finds its finished runs, and the function that does it.

    `needs` is a key at the top of the configuration that must have a value, and `value` describes that value.
    """

    name: str
    description: str
    find_runs: Callable[[Config, Store], tuple[FinishedRun, ...]]
    perform: Callable[[ActionContext], ActionResult]
    needs: str | None = None
    value: str = ""


def _one_run(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    from pipeline.workflow.finished_runs import find_run

    return (find_run(store, config.run),)


def _two_runs(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    from pipeline.runtime.errors import UserError
    from pipeline.workflow.finished_runs import find_run, newest_two_runs

    if config.runs == "last two":
        return newest_two_runs(store)
    if isinstance(config.runs, str) or len(config.runs) != 2 or config.runs[0] == config.runs[1]:
        raise UserError(f"runs = {config.runs!r}: give two runs by their ids, runs=[A,B], or 'last two'")
    first, second = (find_run(store, run_id, "runs") for run_id in config.runs)
    return first, second


def _assign(context: ActionContext) -> ActionResult:
    from pipeline.models.assigner import PARTS
    from pipeline.pages.tables import AssignedTable
    from pipeline.stages.assign import assign

    images = _new_images(context)
    return AssignedTable(assign(context.config.assign, images, **context.run.load(*PARTS), observer=context.observer))


def _read_input(context: ActionContext) -> tuple[NewImages, NewLabels]:
    """Return the images or vectors at `input` in the form that the run's encoder takes, and the labels of images."""
    from pipeline.data.new_images import NewLabels, read_labelled_images
    from pipeline.data.new_vectors import read_new_vectors

    run, path, observer = context.run, str(context.config.input), context.observer
    vectors = run.load("images")["images"].vectors
    if vectors is not None:
        return read_new_vectors(path, vectors.shape[1], observer, _vector_columns(run)), NewLabels()
    shape, skip_at_most, rules = _input_format(run)
    return read_labelled_images(path, shape, skip_at_most, observer, rules)


def _new_images(context: ActionContext) -> NewImages:
    """The images, or vectors, that `input` names, read as the run read its own."""
    return _read_input(context)[0]


def _vector_columns(run: FinishedRun) -> Columns:
    """The columns that a run of vectors read."""
    from pipeline.data.vector_files import Columns

    settings = run.summary["config"]["data"]
    return Columns(
        settings.get("vector_column"), settings.get("label_column"), settings.get("text_column"), is_new=True
    )


def _input_format(run: FinishedRun) -> tuple[tuple[int, int, int], int, ReadingRules]:
    """The shape of the run's images, how many unreadable files it allowed, and how it read image files."""
    from pipeline.data.new_images import ReadingRules

    images, settings = run.load("images")["images"], run.summary["config"]["data"]
    rules = ReadingRules.of_run(images)
    if "image_column" in settings:
        rules = replace(rules, image_column=settings["image_column"])
    shape = run.load("autoencoder")["autoencoder"].reading_shape(images)
    return shape, settings.get("skip_at_most", 20), rules


def _label(context: ActionContext) -> ActionResult:
    from pipeline.stages.label import label
    from pipeline.stages.label.answers import read_answers

    config = context.config.label
    artifacts = context.run.load("images", "labels", "graph", "features", "clustering")
    images = artifacts["images"]
    answers = None
    if config.answers is not None:
        answers = read_answers(config.answers, images.names(images.split), context.observer)
    return label(config, **artifacts, answers=answers, run_id=context.run.run_id, observer=context.observer)


def _compare(context: ActionContext) -> ActionResult:
    from pipeline.stages.compare import compare
    from pipeline.stages.compare.compared_run import ComparedRun
    from pipeline.tracking import flatten

    def compared(run: FinishedRun) -> ComparedRun:
        scores = {name: value for name, value in run.metrics.items() if name not in ("wall_seconds", "peak_mib")}
        settings = flatten(run.summary["config"])
        return ComparedRun(run.name, run.run_id, scores, settings, **run.load("images", "clustering"))

    first, second = context.runs
    return compare(context.config.compare, compared(first), compared(second), observer=context.observer)


def _stability(context: ActionContext) -> ActionResult:
    from pipeline.clustering.agreement import adjusted_rand_index
    from pipeline.stages.stability import stability
    from pipeline.stages.stability.plan import plan_repeats

    config, run, observer = context.config.stability, context.run, context.observer
    artifacts = run.load("images", "clustering")
    run.require_own_images("stability")
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


def _how_many(context: ActionContext) -> ActionResult:
    from pipeline.stages.how_many import how_many

    artifacts = context.run.load("features", "clustering")
    return how_many(context.config.how_many, context.run.name, **artifacts, observer=context.observer)


def _spaces(context: ActionContext) -> ActionResult:
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
    models = {name: compose_config(f"model={name}").model for name in config.models}
    plan = plan_spaces(run.config, models, compose_config("refine=none").refine)
    compared, notes = {}, []
    for number, (name, variant) in enumerate(plan.items(), 1):
        try:
            parts, _ = context.repeater.load(variant, "features", "clustering", "map")
            compared[name] = Space(**parts)
        except UserError as error:
            notes.append(f"{name} is left out: {error}")
            observer.note(notes[-1])
        observer.progress(number, len(plan), "spaces")
    if not compared:
        raise UserError(f"run: no space of {run.run_id} can be computed; see the notes above")
    return spaces(config, run.name, compared, artifacts["labels"], notes, observer)


def _edited_run(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    """The run whose page saved the edits, unless the configuration names another."""
    from pipeline.stages.edit.edits import read_edits
    from pipeline.workflow.finished_runs import NEWEST, find_run

    run_id = read_edits(str(config.edits)).run_id
    return (find_run(store, run_id if run_id and config.run == NEWEST else config.run),)


def _edit(context: ActionContext) -> ActionResult:
    from pipeline.stages.edit import edit
    from pipeline.stages.edit.edits import read_edits

    config, run = context.config.edit, context.run
    edits = read_edits(str(context.config.edits))
    edits.require_clustering(run.load("clustering")["clustering"].digest, run.run_id)
    result = edit(config, edits, run.config.cluster, run.config.neighbors, **_parts_to_edit(context))
    settings = {"edits": hashlib.sha256(edits.model_dump_json().encode()).hexdigest(), **config.model_dump()}
    return context.deriver.derive(run, Change("edit", settings, {"clustering": result.clustering}), result)


def _recluster(context: ActionContext) -> ActionResult:
    from pipeline.stages.recluster import recluster

    config, run = context.config.recluster, context.run
    result = recluster(config, run.config.cluster, run.config.neighbors, **_parts_to_edit(context))
    change = Change("recluster", config.model_dump(), {"clustering": result.clustering})
    return context.deriver.derive(run, change, result)


def _parts_to_edit(context: ActionContext) -> dict[str, Any]:
    """The artifacts and the observer of an action that edits clusters."""
    artifacts = context.run.load("images", "latents", "graph", "features", "clustering")
    return {**artifacts, "observer": context.observer}


def _quality(context: ActionContext) -> ActionResult:
    from pipeline.stages.quality import quality

    artifacts = context.run.load("images", "labels", "graph", "clustering")
    return quality(context.config.quality, context.run.name, context.run.run_id, **artifacts, observer=context.observer)


def _tree(context: ActionContext) -> ActionResult:
    from pipeline.stages.tree import tree

    run = context.run
    artifacts = run.load("images", "labels", "graph", "features", "clustering")
    return tree(context.config.tree, run.name, **artifacts, run_id=run.run_id, observer=context.observer)


def _extend(context: ActionContext) -> ActionResult:
    from pipeline.workflow.extension import extend_run

    source = Path(str(context.config.input)).expanduser().resolve()
    new, labels = _read_input(context)
    return extend_run(context.config.extend, context.run, source, new, labels, context.deriver, context.observer)


def _shards(context: ActionContext) -> ActionResult:
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
    shape, skip_at_most, rules = _input_format(run)
    assigner = Assigner.from_artifacts(**run.load(*PARTS), far_quantile=config.shards.far_quantile)
    identity = f"{run.run_id} {Path(str(config.input)).expanduser().resolve()} {config.shards.far_quantile}"
    folder = Path(config.output_dir) / "shards" / hashlib.sha256(identity.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):  # the same command at the same time waits, and finds everything done
        return shards(config.shards, pieces, assigner, shape, folder, engine, skip_at_most, context.observer, rules)


def _export(context: ActionContext) -> ActionResult:
    from pipeline.stages.export import export

    config, run = context.config.export, context.run
    path = context.folder / config.format if config.path is None else Path(config.path).expanduser()
    artifacts = run.load("images", "labels", "latents", "graph", "clustering")
    coordinates = run.load("map")["map"] if run.has("map") else None
    return export(config, **artifacts, map=coordinates, path=path, run_id=run.run_id, observer=context.observer)


def _search(context: ActionContext) -> ActionResult:
    from pipeline.stages.search import search

    queries = _new_images(context)
    artifacts = context.run.load("images", "autoencoder", "latents", "graph", "clustering")
    return search(context.config.search, queries, **artifacts, observer=context.observer)


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "assign", "assign new images to the clusters: input=FOLDER_OR_FILE", _one_run, _assign,
            needs="input", value="FOLDER_OR_FILE, the images to assign",
        ),
        Action(
            "edit", "correct the clusters by hand: edits=FILE, saved on the explorer's page", _edited_run, _edit,
            needs="edits", value="FILE, which the page of the explorer saved",
        ),
        Action(
            "extend", "add new images to a run, and propose new clusters: input=FOLDER_OR_FILE", _one_run, _extend,
            needs="input", value="FOLDER_OR_FILE, the images to add",
        ),
        Action("recluster", "split one cluster: recluster.cluster=3 recluster.k=2", _one_run, _recluster),
        Action("tree", "merge similar clusters step by step: a dendrogram to cut at any level", _one_run, _tree),
        Action("label", "label all images from a few: pick images, write a page, spread the answers", _one_run, _label),
        Action("compare", "compare the clusters of two runs: runs=[A,B]", _two_runs, _compare),
        Action(
            "stability", "repeat a run with other seeds and measure how stable its clusters are", _one_run, _stability
        ),
        Action("how_many", "estimate the number of clusters with five label-free indices", _one_run, _how_many),
        Action("spaces", "cluster a run's images in other spaces and rank them without labels", _one_run, _spaces),
        Action("quality", "list duplicates, faulty images and possible label errors", _one_run, _quality),
        Action(
            "shards", "encode and assign very many images in shards: input=FOLDER", _one_run, _shards,
            needs="input", value="FOLDER_OR_FILE, the images to assign",
        ),
        Action("export", "write a run's images as a data set: export.format=folders, csv, …", _one_run, _export),
        Action(
            "search", "find the fitted images nearest to given ones: input=FILE", _one_run, _search,
            needs="input", value="FOLDER_OR_FILE, the images to search for",
        ),
    )
}  # fmt: skip
"""Stages that use a finished run, the newest or run=ID; they are not part of stage=all."""
