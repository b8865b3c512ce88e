"""Stage edit: reading edits, applying them to clusters, splitting, and spreading moves."""

import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.cluster import KMeans

from pipeline.artifacts import Clustering, Images
from pipeline.clustering.assign_points import share_in_cluster
from pipeline.clustering.renumbering import number_by_size
from pipeline.config import Cluster, Edit, Neighbors
from pipeline.runtime.errors import UserError
from pipeline.stages.edit import edit
from pipeline.stages.edit.edits import Edits, read_edits
from pipeline.stages.edit.propagation import propagate_moves

KMEANS = Cluster(name="kmeans", k=3, estimator={"_target_": "sklearn.cluster.KMeans", "n_clusters": 3, "n_init": 2})
HDBSCAN = Cluster(name="hdbscan", estimator={"_target_": "sklearn.cluster.HDBSCAN", "min_cluster_size": 5})
EXACT = Neighbors.model_validate({"name": "exact", "_target_": "pipeline.embedding.neighbors.exact", "k": 15})


@pytest.fixture(scope="module")
def inputs(blobs):
    """The blobs clustered by k-means into their groups, with numbers as names of the images."""
    estimator = KMeans(3, n_init=2, random_state=0).fit(blobs.features.fitted)
    numbering = number_by_size(estimator.labels_)
    clusters = numbering[estimator.labels_ + 1]
    assert np.array_equal(clusters, blobs.labels)
    n, held = len(clusters), len(blobs.held_labels)
    clustering = Clustering(
        clusters, blobs.held_labels.astype(np.int32), np.full(n, 0.5, np.float32), np.ones(held, np.float32),
        np.zeros((3, 8), np.float32), "kmeans", scores={"inertia": 1.0}, estimator=estimator, numbering=numbering,
    )  # fmt: skip
    pixels = np.zeros((n, 2, 2, 1), np.uint8)
    images = Images(pixels, np.zeros((held, 2, 2, 1), np.uint8))
    return {
        "images": images, "latents": blobs.latents, "graph": blobs.graph, "features": blobs.features,
        "clustering": clustering,
    }  # fmt: skip


def apply(inputs, *steps, config=None, cluster=KMEANS, **kwargs):
    """The result of the edits, given as dictionaries."""
    edits = Edits.model_validate({"version": 1, "clustering": "", "edits": list(steps)})
    return edit(config or Edit(), edits, cluster, EXACT, **inputs, **kwargs)


def merge(*clusters):
    return {"action": "merge", "clusters": list(clusters)}


def move(images, cluster):
    return {"action": "move", "images": [str(image) for image in images], "cluster": cluster}


def mark(images, value):
    return {"action": "mark", "images": [str(image) for image in images], "mark": value}


def test_without_edits_the_clusters_stay(inputs):
    result = apply(inputs)
    edited, clustering = result.clustering, inputs["clustering"]
    assert edited.digest == clustering.digest
    np.testing.assert_array_equal(edited.held_out, clustering.held_out)
    assert edited.scores == clustering.scores
    assert edited.estimator is clustering.estimator
    assert not len(result.changes)


def test_a_merge_moves_all_images_to_the_first_and_keeps_the_estimator(inputs, blobs):
    result = apply(inputs, {"action": "rename", "cluster": 2, "name": "both"}, merge(2, 1))
    edited = result.clustering
    together = blobs.labels > 0
    assert edited.k == 2
    assert len(set(edited.fitted[together])) == len(set(edited.fitted[~together])) == 1
    assert edited.names == ["both", ""]  # 86 images are more than 70
    labels = edited.estimator.predict(blobs.latents.held_out)
    np.testing.assert_array_equal(edited.numbering[labels + 1], edited.held_out)
    np.testing.assert_array_equal(edited.held_out, np.where(blobs.held_labels > 0, 0, 1))
    assert result.changes["reason"].tolist() == ["merge"] * int((blobs.labels == 1).sum())
    assert result.clusters["before"].tolist() == ["1:50 2:36", "0:70"]


def test_names_lose_spaces_at_the_ends_and_keep_their_case(inputs):
    renames = [{"action": "rename", "cluster": cluster, "name": name} for cluster, name in enumerate(("x ", " X", ""))]
    assert apply(inputs, *renames).clustering.names == ["x", "X", ""]


def test_moves_change_only_the_moved_images(inputs, blobs):
    rows = np.flatnonzero(blobs.labels == 0)[:3]
    edited = apply(inputs, move(rows[:2], 1), move(rows[2:], -1)).clustering
    expected = blobs.labels.copy()
    expected[rows] = 1, 1, -1
    np.testing.assert_array_equal(edited.fitted, expected)
    np.testing.assert_array_equal(edited.confidence[rows], 1)
    assert (np.delete(edited.confidence, rows) == 0.5).all()
    np.testing.assert_array_equal(edited.held_out, blobs.held_labels)
    np.testing.assert_allclose(edited.centres[1], blobs.latents.fitted[expected == 1].mean(axis=0), rtol=1e-5)


def test_images_of_a_new_cluster_attract_new_images_by_vote(inputs, blobs):
    near = np.argsort(((blobs.latents.fitted - blobs.latents.held_out[0]) ** 2).sum(axis=1))[:30]
    near = near[blobs.labels[near] == blobs.held_labels[0]]
    edited = apply(inputs, {"action": "create", "cluster": 3, "name": "new"}, move(near, 3)).clustering
    assert edited.k == 4
    assert edited.estimator is None
    assert edited.names[edited.fitted[near[0]]] == "new"
    assert edited.held_out[0] == edited.fitted[near[0]]


def test_clusters_without_images_are_left_out_with_a_note(inputs, blobs, recorder):
    create = {"action": "create", "cluster": 3, "name": "my class"}
    edited = apply(inputs, create, move(np.flatnonzero(blobs.labels == 2), 1), observer=recorder).clustering
    assert edited.k == 2
    assert recorder.notes == [
        "edits: left out clusters without images: 2, 3 (my class); a cluster needs at least one image"
    ]
    recorder.notes.clear()
    apply(inputs, create, move([0], 3), observer=recorder)
    assert not recorder.notes


@pytest.mark.parametrize("cluster", [KMEANS, HDBSCAN], ids=["k", "no k"])
def test_a_split_is_computed_from_the_features(inputs, blobs, recorder, cluster):
    merged = apply(inputs, merge(0, 1)).clustering
    both = int(merged.fitted[blobs.labels == 0][0])
    again = inputs | {"clustering": merged}
    result = apply(again, {"action": "split", "cluster": both, "parts": 2}, cluster=cluster, observer=recorder)
    np.testing.assert_array_equal(result.clustering.fitted, blobs.labels)
    np.testing.assert_array_equal(result.clustering.held_out, blobs.held_labels)
    assert set(result.changes["reason"]) == {"split"}
    graph, fitted = inputs["graph"], result.clustering.fitted
    expected = share_in_cluster(fitted, fitted, graph.indices, graph.distances)
    rows = np.isin(blobs.labels, [0, 1])
    np.testing.assert_allclose(
        result.clustering.confidence[rows], expected[rows], err_msg="also of the part that stays"
    )
    assert any("takes no number of clusters" in note for note in recorder.notes) == (cluster is HDBSCAN)


def test_removed_images_are_noise_and_marked(inputs, blobs):
    result = apply(inputs, mark([4, 5], "remove"), mark([6], "not_sure"))
    assert result.clustering.removed.nonzero()[0].tolist() == [4, 5]
    assert result.clustering.fitted[[4, 5]].tolist() == [-1, -1]
    assert result.clustering.fitted[6] == blobs.labels[6]
    assert result.changes.set_index("image")["mark"].to_dict() == {"4": "remove", "5": "remove", "6": "not_sure"}
    assert apply(inputs | {"clustering": result.clustering}, mark([4, 5, 6], "none")).clustering.marks is None


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([merge(0, 1), merge(2, 1)], r"edit 2 \(merge\): cluster 1 was merged into another by an earlier edit"),
        ([merge(0, 7)], r"edit 1 \(merge\): cluster 7 does not exist"),
        ([merge(1, 1)], r"are not all different"),
        ([move([3], 1), move([3], 2)], r"edit 2 \(move\): 3 is moved twice; keep the last"),
        ([move([3, 3], 1)], r"3 is moved twice"),
        ([mark([3], "remove"), mark([3], "none")], r"3 is marked twice"),
        ([move(["nobody"], 1)], r"nobody is no fitted image of this run"),
        ([{"action": "create", "cluster": 5}], r"the next free number is 3, not 5"),
        ([{"action": "split", "cluster": 2, "parts": 37}], r"cluster 2 has 36 images, fewer than 37 parts"),
        (
            [{"action": "rename", "cluster": 0, "name": "a"}, {"action": "rename", "cluster": 1, "name": "a"}],
            r"cluster 0 has the name 'a' already",
        ),
        (
            [{"action": "rename", "cluster": 0, "name": "a "}, {"action": "rename", "cluster": 1, "name": "\ta"}],
            r"edit 2 \(rename\): cluster 0 has the name 'a' already",
        ),
        ([{"action": "create", "cluster": 3, "name": "  "}], r"edit 1 \(create\): the name '  ' is blank; choose"),
        ([mark(range(156), "remove")], r"no cluster is left"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_conflict_is_named(inputs, steps, message):
    with pytest.raises(UserError, match=message):
        apply(inputs, *steps)


def test_moves_spread_to_similar_images_only(inputs, blobs):
    """A hidden fourth group inside cluster 0: some of its images are moved, and the others follow."""
    rng = np.random.default_rng(1)
    hidden, others = np.split(np.flatnonzero(blobs.labels == 0), [30])
    indices = np.array(blobs.graph.indices)
    for group in (hidden, others):
        indices[group] = [rng.choice(group[group != row], indices.shape[1], replace=False) for row in group]
    indices[others[:10], 0] = hidden[:10]  # a few edges between both
    graph = replace(blobs.graph, indices=indices)
    changed = apply(inputs | {"graph": graph}, move(hidden[:24], 2), config=Edit(propagate=True))
    followers = changed.changes.query("reason == 'propagated'")["image"].astype(int).to_numpy()
    assert set(followers) == set(hidden[24:])
    assert (changed.clustering.confidence[followers] > 0.5).all()


def test_spreading_without_moves_changes_nothing(blobs):
    clusters = blobs.labels.astype(np.int32)
    nothing = np.zeros(len(clusters), bool)
    spread, probability = propagate_moves(blobs.graph, clusters, nothing, nothing)
    np.testing.assert_array_equal(spread, clusters)
    assert (probability == 1).all()


def test_a_marked_image_does_not_follow_a_move(inputs, blobs):
    rows = np.flatnonzero(blobs.labels == 0)
    result = apply(inputs, move(rows[1:], 1), mark(rows[:1], "not_sure"), config=Edit(propagate=True))
    assert result.clustering.fitted[rows[0]] != result.clustering.fitted[rows[1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"^edits: cannot read .*edits\.json: "),
        ("not JSON", r"is not JSON: .*; save it again on the page"),
        ("[" * 100_000, r"is not JSON: .*; save it again on the page"),
        ('{"edits": "\\ud800"}', r"has text that is not valid UTF-8; save it again on the page"),
        ([], r"holds no edits; save them on the page of the explorer"),
        ({"version": 2, "clustering": "", "edits": []}, r"has version 2 of the format; this program reads version 1"),
        (
            {"version": 1, "clustering": "", "edits": [{"action": "fly"}]},
            r"^edits: edit 1: action 'fly': choose from 're",
        ),
        ({"version": 1, "clustering": "", "edits": [{"cluster": 1}]}, r"^edits: edit 1: has no action; an edit is an"),
        ({"version": 1, "clustering": "", "edits": [{"action": "merge", "clusters": [1]}]}, r"edit 1, key clusters: "),
        ({"version": 1, "clustering": "", "edits": [move([1], "two")]}, r"edit 1, key cluster: should be a valid int"),
        ({"version": 1, "edits": []}, r"^edits: clustering: field required in "),
        (
            {"version": 1, "clustering": "", "edits": []},
            r"^edits: the list edits in .* is empty; a file needs at least",
        ),
    ],
    ids=[
        "missing",
        "text",
        "deep",
        "surrogate",
        "list",
        "version",
        "action",
        "no action",
        "too few",
        "type",
        "no digest",
        "no edit",
    ],
)
def test_a_bad_file_is_one_line(tmp_path, content, message):
    file = tmp_path / "edits.json"
    if content is not None:
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UserError, match=message) as raised:
        read_edits(str(file))
    assert "\n" not in str(raised.value)
