"""Corrections as data: undo and redo, replay, and the shortest list with the same effect, without a page."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.stages.explorer import page as page_module

K, N = 4, 12
RUN = {"clusters": [i % K for i in range(N - 1)] + [-1], "marks": [0] * (N - 1) + [1], "names": ["", "ones", "", ""]}


@pytest.fixture(scope="module")
def edits(browser):
    """Call an expression of edits.js with arguments."""
    page = browser.new_page()
    page.add_script_tag(content=(Path(page_module.FOLDER) / "js/edits.js").read_text())
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


def apply(steps):
    """The clusters, marks and names after the edits, as the schema of edits.json defines them."""
    clusters, marks, names = list(RUN["clusters"]), list(RUN["marks"]), dict(enumerate(RUN["names"]))
    parts = {}
    for edit in steps:
        action, cluster = edit["action"], edit.get("cluster")
        if action in ("rename", "create"):
            names[cluster] = edit["name"]
        elif action == "merge":
            target, *sources = edit["clusters"]
            clusters = [target if c in sources else c for c in clusters]
            for source in sources:
                del names[source]
                parts.pop(source, None)
        elif action == "split":
            parts[cluster] = edit["parts"]
        elif action == "move":
            clusters = [cluster if i in edit["images"] else c for i, c in enumerate(clusters)]
        else:
            number = ["none", "not_sure", "remove"].index(edit["mark"])
            marks = [number if i in edit["images"] else m for i, m in enumerate(marks)]
    return clusters, marks, names, {c: n for c, n in parts.items() if n > 1}


def random_edits(rng, count=12):
    """Valid edits: the clusters that they name exist at that point."""
    existing, largest, steps = set(range(K)), K - 1, []
    for _ in range(count):
        images = np.flatnonzero(rng.random(N) < 0.3).tolist()
        cluster = int(rng.choice(sorted(existing)))
        kind = rng.integers(6)
        if kind == 0:
            steps.append(rename(cluster, str(rng.choice(["", "a", "ones"]))))
        elif kind == 1 and len(existing) > 2:
            source = int(rng.choice(sorted(existing - {cluster})))
            existing.remove(source)
            steps.append(merge(cluster, source))
        elif kind == 2:
            largest += 1
            existing.add(largest)
            steps += [create(largest, "new"), move(largest, *images)]
        elif kind == 3:
            steps.append(move(int(rng.choice([-1, cluster])), *images))
        elif kind == 4:
            steps.append(mark(str(rng.choice(["none", "not_sure", "remove"])), *images))
        else:
            steps.append(split(cluster, int(rng.integers(1, 4))))
    return steps


def test_replay_follows_the_schema(edits):
    rng = np.random.default_rng(0)
    for steps in (random_edits(rng) for _ in range(30)):
        state = edits("replay", RUN, steps)
        clusters, marks, names, parts = apply(steps)
        assert [state["clusters"][i] for i in range(N)] == clusters
        assert [state["marks"][i] for i in range(N)] == marks
        assert {c: state["names"][c] for c, target in enumerate(state["mergedInto"]) if c == target} == names
        assert {c: n for c, n in enumerate(state["parts"]) if n > 1} == parts


def test_shortest_edits_have_the_same_effect(edits):
    """New clusters without images are left out, so the others may have smaller numbers."""
    rng = np.random.default_rng(1)
    for steps in (random_edits(rng) for _ in range(30)):
        short = edits("(run, edits) => shortestEdits(run, replay(run, edits))", RUN, steps)
        (clusters, marks, names, parts), result = apply(steps), apply(short)
        used = [c for c in sorted(names) if c < K or c in clusters]
        created = [c for c in used if c >= K]
        number = {c: c for c in range(-1, K)} | {c: K + position for position, c in enumerate(created)}
        assert result[0] == [number[c] for c in clusters]
        assert result[1] == marks
        assert result[2] == {number[c]: names[c] for c in used}
        assert result[3] == {number[c]: n for c, n in parts.items() if c in used}
        for action in ("move", "mark"):
            images = [i for edit in short if edit["action"] == action for i in edit["images"]]
            assert len(images) == len(set(images))
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
        ([split(2, 3), move(1, 2)], [move(1, 2), split(2, 3)]),
        ([split(2, 3), split(2, 1)], []),
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
