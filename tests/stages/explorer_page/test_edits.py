"""Corrections as data: undo and redo, replay, and the shortest list with the same effect, without a page."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from pipeline.artifacts import Clustering
from pipeline.clustering.working_clusters import WorkingClusters
from pipeline.stages.edit.edits import Edit, Edits, apply_edits
from pipeline.stages.explorer.page import FOLDER

K, N = 4, 12
RUN = {"clusters": [i % K for i in range(N - 1)] + [-1], "marks": [0] * (N - 1) + [1], "names": ["", "ones", "", ""]}


@pytest.fixture(scope="module")
def edits(browser):
    """Call an expression of edits.js with arguments."""
    page = browser.new_page()
    page.add_script_tag(content=(FOLDER / "js/edits.js").read_text())
    yield lambda expression, *arguments: page.evaluate(f"(values) => ({expression})(...values)", list(arguments))
    page.close()


def rename(cluster, name):
    return {"action": "rename", "cluster": cluster, "name": name}


def merge(*clusters):
    return {"action": "merge", "clusters": list(clusters)}


def move(cluster, *images):
    return {"action": "move", "images": list(images), "cluster": cluster}


def mark(name, *images):
    return {"action": "mark", "images": list(images), "mark": name}


def create(cluster, name=""):
    return {"action": "create", "cluster": cluster, "name": name}


def split(cluster, parts=2):
    return {"action": "split", "cluster": cluster, "parts": parts}


def clusters_of_stage_edit():
    """The run's clusters as stage=edit changes them; a split puts all images into the first part."""
    fitted, empty = np.array(RUN["clusters"], np.int32), np.empty(0, np.float32)
    marks = np.array(RUN["marks"], np.int8)
    clustering = Clustering(
        fitted, fitted[:0], empty, empty, np.zeros((K, 2)), "kmeans", names=RUN["names"], marks=marks
    )  # fmt: skip
    splits = {}

    def split(rows, parts):
        splits[int(working.clusters[rows[0]])] = parts
        return np.zeros(len(rows), np.int32)

    working = WorkingClusters(clustering, list(map(str, range(N))), split)
    return working, splits


def apply_one_by_one(steps):
    """Replay all steps; stage=edit refuses to move or mark an image twice, the page does not."""
    working, splits = clusters_of_stage_edit()
    for edit in steps:
        working.moved[:] = working._marked[:] = False
        if edit["action"] == "split":
            splits[edit["cluster"]] = edit["parts"]
            continue
        for source in edit.get("clusters", [])[1:]:
            splits.pop(source, None)
        TypeAdapter(Edit).validate_python(named(edit)).apply(working)
    return working, {cluster: parts for cluster, parts in splits.items() if parts > 1}


def named(edit):
    return edit | ({"images": list(map(str, edit["images"]))} if "images" in edit else {})


def random_edits(rng, count=12):
    """Valid edits: the clusters that they name exist at that point, and names are unique."""
    steps = []
    for _ in range(count):
        working, _splits = apply_one_by_one(steps)
        existing = sorted(working.numbers)
        images = np.flatnonzero(rng.random(N) < 0.3).tolist() or [0]
        cluster, other = rng.permutation(existing)[:2].tolist()
        name = str(rng.choice(["", "ones", "a", "b"]))
        if name in [working.names[number] for number in existing]:
            name = ""
        new = working._next
        choices = [
            [rename(cluster, name)],
            [merge(cluster, other)] if len(existing) > 2 else [],
            [create(new, name), move(new, *images)],
            [move(int(rng.choice([-1, cluster])), *images)],
            [mark(str(rng.choice(["none", "not_sure", "remove"])), *images)],
            [split(cluster, int(rng.integers(1, 4)))],
        ]
        steps += choices[rng.integers(len(choices))]
    return steps


def test_replay_agrees_with_stage_edit(edits):
    rng = np.random.default_rng(0)
    for steps in (random_edits(rng) for _ in range(12)):
        state = edits("replay", RUN, steps)
        working, splits = apply_one_by_one(steps)
        assert [state["clusters"][i] for i in range(N)] == working.clusters.tolist()
        assert [state["marks"][i] for i in range(N)] == working.marks.tolist()
        existing = {c for c, target in enumerate(state["mergedInto"]) if c == target}
        assert {c: state["names"][c] for c in existing} == {c: working.names[c] for c in working.numbers}
        assert {c: n for c, n in enumerate(state["parts"]) if n > 1} == splits


def test_stage_edit_takes_the_shortest_edits_and_gets_the_same_clusters(edits):
    """New clusters without images are left out, so the others may have smaller numbers."""
    rng = np.random.default_rng(1)
    for steps in (random_edits(rng) for _ in range(12)):
        short = edits("(run, edits) => shortestEdits(run, replay(run, edits))", RUN, steps)
        expected, expected_splits = apply_one_by_one(steps)
        working, splits = clusters_of_stage_edit()
        content = {"version": 1, "clustering": "", "edits": [named(edit) for edit in short]}
        apply_edits(TypeAdapter(Edits).validate_python(content), working)
        created = sorted({c for c in expected.clusters.tolist() if c >= K})
        kept = [*(c for c in expected.numbers if c < K), *created]
        number = {c: c for c in range(-1, K)} | {c: K + position for position, c in enumerate(created)}
        assert working.clusters.tolist() == [number[c] for c in expected.clusters.tolist()]
        assert working.marks.tolist() == expected.marks.tolist()
        assert {number[c]: expected.names[c] for c in kept}.items() <= working.names.items()
        sizes = {c: int((expected.clusters == c).sum()) for c in kept}
        parts = {number[c]: min(n, sizes[c]) for c, n in expected_splits.items() if c in kept}
        assert splits == {c: n for c, n in parts.items() if n > 1}
        actions = [edit["action"] for edit in short]
        assert actions == sorted(actions, key=["create", "merge", "move", "rename", "mark", "split"].index)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([move(2, 0), move(3, 0)], [move(3, 0)]),
        ([move(2, 0), move(0, 0)], []),
        ([move(2, 0, 1), merge(0, 2)], [merge(0, 2), move(0, 1)]),
        ([rename(1, "a"), rename(1, "ones"), rename(0, "x")], [rename(0, "x")]),
        ([mark("remove", 3), mark("none", 3), mark("none", 11)], [mark("none", 11)]),
        ([create(4), move(4, 0), move(0, 0), create(5, "b"), move(5, 1)], [create(4, "b"), move(4, 1)]),
        ([create(4), move(4, 0), merge(4, 1)], [create(4), merge(4, 1), move(4, 0)]),
        ([split(2, 3), merge(1, 2)], [merge(1, 2)]),
        ([split(2, 3), move(1, 2)], [move(1, 2), split(2, 2)]),  # two images are left
        ([split(2, 3), split(2, 1)], []),
        ([move(1, 2, 6), split(2, 3)], [move(1, 2, 6)]),
        ([rename(1, ""), create(4, "ones"), move(4, 0)], [create(4), move(4, 0), rename(1, ""), rename(4, "ones")]),
        ([merge(0, 1)], [merge(0, 1)]),
    ],
    ids=lambda value: "" if value and isinstance(value, list) else "nothing",
)
def test_edits_that_cancel_out_are_dropped(edits, steps, expected):
    assert edits("(run, edits) => shortestEdits(run, replay(run, edits))", RUN, steps) == expected


def test_undo_and_redo(edits):
    assert edits(
        """() => {
            let history = startHistory([["a"], ["b"]]);
            const seen = [];
            const add = (history) => record(history, [...history.present, ["c"]]);
            const discard = (history) => record(history, []);
            for (const change of [undo, redo, redo, undo, add, redo, discard, undo, undo, undo, undo]) {
                history = change(history);
                seen.push(history.present.join(""));
            }
            return seen;
        }"""
    ) == ["a", "ab", "ab", "a", "ac", "ac", "", "ac", "a", "", ""]
