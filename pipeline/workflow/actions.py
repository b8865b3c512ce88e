"""The actions: stages that use finished runs. Each row names its function, the runs it uses, and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.workflow import cluster_actions as clusters
from pipeline.workflow import image_actions as images
from pipeline.workflow import store_actions as stores

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.tracking import Store
    from pipeline.workflow.action_context import ActionContext
    from pipeline.workflow.action_result import ActionResult
    from pipeline.workflow.finished_runs import FinishedRun


@dataclass(frozen=True)
class Action:
    """One action: how it finds its finished runs, and the function that does it.

    `needs` is a key at the top of the configuration that must have a value, and `value` describes that value. `reads`
    are those that say which runs it uses.
    """

    name: str
    description: str
    find_runs: Callable[[Config, Store], tuple[FinishedRun, ...]]
    perform: Callable[[ActionContext], ActionResult]
    needs: str | None = None
    value: str = ""
    reads: tuple[str, ...] = ("run",)


def _one_run(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    from pipeline.workflow.finished_runs import find_run

    return (find_run(store, config.run),)


def _no_run(config: Config, store: Store) -> tuple[FinishedRun, ...]:  # noqa: ARG001
    return ()


def _two_runs(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    from pipeline.runtime.errors import UserError
    from pipeline.workflow.finished_runs import find_run, newest_two_runs

    if config.runs == "last two":
        return newest_two_runs(store)
    if isinstance(config.runs, str) or len(config.runs) != 2 or config.runs[0] == config.runs[1]:
        raise UserError(f"runs = {config.runs!r}: give two runs by their ids, runs=[A,B], or 'last two'")
    first, second = (find_run(store, run_id, "runs") for run_id in config.runs)
    return first, second


def _edited_run(config: Config, store: Store) -> tuple[FinishedRun, ...]:
    """The run whose page saved the edits, unless the configuration names another."""
    from pipeline.stages.edit.edits import read_edits
    from pipeline.workflow.finished_runs import NEWEST, find_run

    run_id = read_edits(str(config.edits)).run_id
    return (find_run(store, run_id if run_id and config.run == NEWEST else config.run),)


def _on_input(
    name: str, description: str, perform: Callable[[ActionContext], ActionResult], purpose: str = "assign"
) -> Action:
    """An action of one run that reads the images at `input`."""
    return Action(name, description, _one_run, perform, "input", f"FOLDER_OR_FILE, the images to {purpose}")


_ROWS = (
    _on_input("assign", "assign new images to the clusters: input=FOLDER_OR_FILE", images.assign_images),
    _on_input(
        "extend", "add new images to a run, and propose new clusters: input=FOLDER_OR_FILE", images.add_images, "add"
    ),
    _on_input(
        "search", "find the fitted images nearest to given ones: input=FILE", images.search_images, "search for"
    ),
    _on_input("shards", "encode and assign very many images in shards: input=FOLDER", images.assign_in_shards),
    Action(
        "edit", "correct the clusters by hand: edits=FILE, saved on the explorer's page", _edited_run,
        clusters.apply_person_edits, "edits", "FILE, which the page of the explorer saved",
    ),
    Action("recluster", "split one cluster: recluster.cluster=3 recluster.k=2", _one_run, clusters.split_one_cluster),
    Action("tree", "merge similar clusters step by step: a dendrogram", _one_run, clusters.merge_stepwise),
    Action("label", "label all images from a few: pick, answer, spread", _one_run, clusters.label_images),
    Action("quality", "list duplicates, faulty images and possible label errors", _one_run, clusters.check_quality),
    Action("export", "write a data set: export.format=folders, csv, …", _one_run, clusters.export_run),
    Action(
        "compare", "compare the clusters of two runs: runs=[A,B]", _two_runs, clusters.compare_runs, reads=("runs",),
    ),
    Action("stability", "repeat a run with other seeds, and compare", _one_run, clusters.measure_stability),
    Action("how_many", "estimate the number of clusters with five label-free indices", _one_run, clusters.estimate_k),
    Action("spaces", "cluster a run's images in other spaces and rank them", _one_run, clusters.rank_spaces),
    Action(
        "clean", "list results that no run needs; clean.delete=true deletes them", _no_run, stores.clean_results,
        reads=(),
    ),
)  # fmt: skip

ACTIONS = {action.name: action for action in _ROWS}
"""Stages that use a finished run, the newest or run=ID, or the store; they are not part of stage=all."""
