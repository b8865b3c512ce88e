"""Embeddings: groups stay separated, neighbours stay near, and new points are placed in their group."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.metrics import silhouette_score

from pipeline.artifacts import Latents
from pipeline.embedding import methods
from pipeline.embedding.neighbors import approximate, exact
from pipeline.embedding.quality import neighbors_kept
from pipeline.embedding.umap_learn import UmapOptions, import_umap
from pipeline.runtime.errors import UserError

SETTINGS = {
    "identity": {},
    "pca": {"n_components": 2},
    "umap": {"n_components": 2, "n_epochs": 100},
    "tsne": {"n_epochs": 100},
}
SEEDED = ("umap", "tsne")


def embed(name, blobs, **changes):
    settings = SETTINGS[name] | changes
    return getattr(methods, name)(blobs.latents, blobs.graph, **settings)


@pytest.fixture(scope="module")
def embeddings(blobs):
    """Return every method's features of the groups."""
    return {name: embed(name, blobs, seed=3) for name in SETTINGS}


each = pytest.mark.parametrize("name", SETTINGS)


@each
def test_groups_stay_separated(embeddings, blobs, name):
    assert silhouette_score(embeddings[name].fitted, blobs.labels) > 0.5


@each
def test_neighbours_stay_near(embeddings, blobs, name):
    n, k = blobs.graph.indices.shape
    share = neighbors_kept(blobs.graph.indices, embeddings[name].fitted)
    # Within a group of about n / 3 a random neighbour is right with a probability of k in n / 3.
    assert share > {"identity": 0.999, "pca": 0.3}.get(name, 0.45) > k / (n / 3)


@each
def test_held_out_points_are_placed_in_their_group(embeddings, blobs, name):
    features = embeddings[name]
    assert features.held_out.shape == (len(blobs.held_labels), features.fitted.shape[1])
    centres = np.array([features.fitted[blobs.labels == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(features.held_out[:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, blobs.held_labels)


@each
def test_the_same_seed_gives_the_same_bits(embeddings, blobs, name):
    again = embed(name, blobs, seed=3)
    np.testing.assert_array_equal(again.fitted, embeddings[name].fitted)
    np.testing.assert_array_equal(again.held_out, embeddings[name].held_out)


@each
def test_features_are_float32_and_name_their_method(embeddings, name):
    assert embeddings[name].fitted.dtype == embeddings[name].held_out.dtype == np.float32
    assert embeddings[name].method == {"identity": "latents"}.get(name, name)


@each
def test_without_held_out_points_none_are_placed(blobs, name):
    alone = Latents(blobs.latents.fitted, blobs.latents.held_out[:0], [8])
    epochs = {"n_epochs": 10} if name in SEEDED else {}
    features = getattr(methods, name)(alone, exact(alone, 15), **epochs)
    assert features.held_out.shape == (0, features.fitted.shape[1])


def test_another_seed_gives_another_umap(embeddings, blobs):
    assert not np.array_equal(embed("umap", blobs, seed=4).fitted, embeddings["umap"].fitted)


@pytest.mark.parametrize("name", ["umap", "pca"])
def test_n_components_is_the_number_of_coordinates(blobs, name):
    assert embed(name, blobs, n_components=5).fitted.shape == (len(blobs.labels), 5)


def test_a_larger_min_dist_spreads_a_umap(blobs):
    def gap(min_dist):
        fitted = embed("umap", blobs, min_dist=min_dist).fitted
        return np.median(exact(Latents(fitted, fitted[:0], [2]), 1).distances)

    assert gap(0.0) < 0.7 * gap(0.8)


def test_other_options_are_passed_to_umap_learn(embeddings, blobs):
    spread = embed("umap", blobs, seed=3, spread=3.0)
    assert np.ptp(spread.fitted) > 1.3 * np.ptp(embeddings["umap"].fitted)


def test_the_perplexity_changes_tsne(blobs):
    maps = [embed("tsne", blobs, n_epochs=20, perplexity=perplexity).fitted for perplexity in (None, 2.0, 5.0)]
    assert not any(np.allclose(maps[i], maps[j], rtol=0.01) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_perplexity_that_needs_more_neighbours_names_the_setting(blobs):
    with pytest.raises(UserError, match=r"^perplexity = 6: needs 18 .* has 15; set neighbors\.k=18"):
        embed("tsne", blobs, perplexity=6.0)


def test_pca_with_more_components_than_latent_dimensions_is_refused(blobs):
    with pytest.raises(UserError, match=r"n_components = 9: .* at most 8"):
        embed("pca", blobs, n_components=9)


def test_pca_is_a_rotation(blobs):
    features = embed("pca", blobs, n_components=8)
    np.testing.assert_allclose(exact_distances(features.fitted), exact_distances(blobs.latents.fitted), rtol=1e-3)
    assert (np.diff(features.fitted.var(axis=0)) <= 0).all()


@pytest.mark.parametrize("offset", [0, 500, 5000])
def test_pca_finds_the_same_directions_far_from_the_origin(blobs, offset):
    moved = replace(blobs, latents=Latents(blobs.latents.fitted + np.float32(offset), blobs.latents.held_out, [8]))
    near, far = embed("pca", blobs, n_components=2), embed("pca", moved, n_components=2)
    assert (np.abs((near.components * far.components).sum(axis=1)) > 0.999).all()
    np.testing.assert_allclose(np.abs(far.fitted), np.abs(near.fitted), atol=0.02)


def exact_distances(points):
    return exact(Latents(points, points[:0], [points.shape[1]]), 10).distances


def test_umap_options_are_those_of_umap_learn():
    taken = inspect.signature(import_umap().UMAP).parameters
    assert taken.keys() >= UmapOptions.__optional_keys__
    ours = inspect.signature(methods.umap).parameters
    assert not UmapOptions.__optional_keys__ & ours.keys()


@pytest.mark.slow
def test_an_option_of_another_layout_selects_umap_learns(blobs, embeddings, recorder):
    dense = embed("umap", blobs, seed=3, densmap=True, observer=recorder)
    assert silhouette_score(dense.fitted, blobs.labels) > 0.5
    assert not np.array_equal(dense.fitted, embeddings["umap"].fitted)
    assert {epochs for _, epochs in recorder.steps} == {SETTINGS["umap"]["n_epochs"]}


def test_umap_can_start_from_principal_components(blobs, recorder):
    """With fewer latent dimensions than coordinates the start is spectral."""
    started = embed("umap", blobs, init="pca", observer=recorder).fitted
    assert not np.array_equal(started, embed("umap", blobs).fitted)
    assert silhouette_score(started, blobs.labels) > 0.5
    line = Latents(blobs.latents.fitted[:, :1], blobs.latents.held_out[:, :1], [1])
    graph = exact(line, 10)
    first, second = (methods.umap(line, graph, n_epochs=5, **init).fitted for init in ({"init": "pca"}, {}))
    np.testing.assert_array_equal(first, second)
    assert not recorder.notes


def test_few_points_get_200_epochs_by_default(blobs, recorder):
    embed("umap", blobs, n_epochs=None, observer=recorder)
    assert recorder.steps[-1] == (200, 200)
    with pytest.raises(UserError, match=r"^n_epochs = -1: must be at least 0"):
        embed("umap", blobs, n_epochs=-1)


def test_many_points_get_50_epochs_from_principal_components_by_default(blobs, recorder, monkeypatch):
    few = embed("umap", blobs, n_epochs=50)
    monkeypatch.setattr(methods, "MANY_POINTS", len(blobs.latents.fitted) - 1)
    many = embed("umap", blobs, n_epochs=None, observer=recorder)
    assert recorder.steps[-1] == (50, 50)
    np.testing.assert_array_equal(many.fitted, embed("umap", blobs, n_epochs=50, init="pca").fitted)
    assert not np.array_equal(many.fitted, few.fitted)


@pytest.mark.parametrize("name", SEEDED)
def test_the_observer_receives_the_iterations(blobs, recorder, name):
    total = 50
    embed(name, blobs, observer=recorder, n_epochs=total)
    done = [step for step, _ in recorder.steps]
    assert {epochs for _, epochs in recorder.steps} == {total}
    assert done == sorted(done)
    assert done[-1] == total


@pytest.fixture(scope="module")
def landmark_graph(blobs):
    return approximate(blobs.latents, 15, landmarks=100)


@pytest.mark.parametrize("name", SEEDED)
def test_an_embedding_is_fitted_on_the_landmarks_and_other_points_are_placed(blobs, landmark_graph, name):
    latents, rows = blobs.latents, landmark_graph.landmarks
    settings = {"n_epochs": 30, "seed": 0}
    features = getattr(methods, name)(latents, landmark_graph, **settings)
    landmarks = Latents(latents.fitted[rows], latents.fitted[:0], [8])
    expected = getattr(methods, name)(landmarks, landmark_graph.landmark_graph(), **settings)
    np.testing.assert_array_equal(features.fitted[rows], expected.fitted)
    assert features.fitted.shape == (len(latents.fitted), 2)
    assert features.held_out.shape == (len(latents.held_out), 2)
    centres = np.stack([features.fitted[blobs.labels == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(features.fitted[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == blobs.labels).mean() > 0.95


@pytest.mark.parametrize("name", ["umap", "tsne", "pca"])
@pytest.mark.parametrize("n", [3, 8])
def test_few_images_are_embedded(make_blobs, name, n):
    points = make_blobs((20, 20)).latents.fitted[:n]
    latents = Latents(points, points[:1], [8])
    features = getattr(methods, name)(latents, exact(latents, 20), **SETTINGS[name])
    assert features.fitted.shape == (n, 2)
    assert np.isfinite(features.fitted).all()


def test_few_images_have_as_many_principal_components(blobs, recorder):
    latents = Latents(blobs.latents.fitted[:3], blobs.latents.held_out[:1], [8])
    features = methods.pca(latents, exact(latents, 2), n_components=5, observer=recorder)
    assert features.fitted.shape == (3, 3)
    assert recorder.notes == ["PCA: n_components = 5 is lowered to 3: there are 3 images"]


def test_the_perplexity_is_lowered_for_few_images(blobs, recorder):
    latents = Latents(blobs.latents.fitted[:10], blobs.latents.held_out[:1], [8])
    features = methods.tsne(latents, exact(latents, 9), perplexity=30.0, n_epochs=20, observer=recorder)
    assert features.fitted.shape == (10, 2)
    assert recorder.notes == ["perplexity = 30 is lowered to 3: there are 10 images"]


@pytest.mark.slow
def test_few_images_start_umap_at_random(blobs, recorder):
    latents = Latents(blobs.latents.fitted[:8], blobs.latents.held_out[:1], [8])
    assert methods.umap(latents, exact(latents, 7), n_components=10, n_epochs=5, observer=recorder).fitted.shape == (
        8,
        10,
    )
    assert recorder.notes == ["UMAP starts at random: 8 images have no spectral start in 10 dimensions"]


@pytest.mark.parametrize("n", [5, 20])
def test_tsne_spreads_a_few_points(n):
    points = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
    latents = Latents(points, points[:0], [8])
    fitted = methods.tsne(latents, exact(latents, n - 1), n_epochs=100).fitted
    assert np.isfinite(fitted).all()
    assert pdist(fitted).min() > 1e-6, "the points have not collapsed into one"


def test_a_part_is_embedded_by_the_metric_of_the_graph(blobs, monkeypatch):
    graphs = []
    monkeypatch.setattr(methods, "exact", lambda *arguments: graphs.append(exact(*arguments)) or graphs[-1])
    graph = exact(blobs.latents, 15, "cosine")
    features = methods.tsne(blobs.latents, graph, n_epochs=10, max_points=60)
    assert (features.first, [part.metric for part in graphs]) == (60, ["cosine"])


def test_landmarks_are_not_the_first_points(blobs, landmark_graph):
    assert methods.tsne(blobs.latents, landmark_graph, n_epochs=10, max_points=60).first is None
