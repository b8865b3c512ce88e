"""Embeddings do what they are for: groups stay apart, neighbours stay near, new points land among their own."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_score

from pipeline import embeddings
from pipeline.artifacts import Latents
from pipeline.errors import UserError
from pipeline.knn import exact
from pipeline.metrics import neighbors_kept

SETTINGS = {
    "identity": {},
    "pca": {"n_components": 2},
    "umap": {"n_components": 2, "n_epochs": 100},
    "tsne": {"n_epochs": 100},
}
SEEDED = ("umap", "tsne")


def embed(name, blobs, **changes):
    settings = SETTINGS[name] | changes
    return getattr(embeddings, name)(blobs.latents, blobs.graph, **settings)


@pytest.fixture(scope="module")
def drawn(blobs):
    """Every embedding of the groups, once."""
    return {name: embed(name, blobs, seed=3) for name in SETTINGS}


each = pytest.mark.parametrize("name", SETTINGS)


@each
def test_groups_stay_apart(drawn, blobs, name):
    assert silhouette_score(drawn[name].fitted, blobs.labels) > 0.5


@each
def test_neighbours_stay_near(drawn, blobs, name):
    n, k = blobs.graph.indices.shape
    kept = neighbors_kept(blobs.graph.indices, drawn[name].fitted)
    # Within a group of about n / 3 a random neighbour would do with the chance of k in n / 3.
    assert kept > {"identity": 0.999, "pca": 0.3}.get(name, 0.45) > k / (n / 3)


@each
def test_held_out_points_land_among_their_own(drawn, blobs, name):
    features = drawn[name]
    assert features.held_out.shape == (len(blobs.held_labels), features.fitted.shape[1])
    centres = np.array([features.fitted[blobs.labels == group].mean(axis=0) for group in range(3)])
    nearest = np.linalg.norm(features.held_out[:, None] - centres, axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, blobs.held_labels)


@each
def test_the_same_seed_gives_the_same_bits(drawn, blobs, name):
    again = embed(name, blobs, seed=3)
    np.testing.assert_array_equal(again.fitted, drawn[name].fitted)
    np.testing.assert_array_equal(again.held_out, drawn[name].held_out)


@each
def test_coordinates_are_float32_and_name_their_method(drawn, name):
    assert drawn[name].fitted.dtype == drawn[name].held_out.dtype == np.float32
    assert drawn[name].method == {"identity": "latents"}.get(name, name)


@each
def test_without_held_out_points_nothing_is_placed(blobs, name):
    alone = Latents(blobs.latents.fitted, blobs.latents.held_out[:0], [8])
    epochs = {"n_epochs": 10} if name in SEEDED else {}
    features = getattr(embeddings, name)(alone, exact(alone, 15), **epochs)
    assert features.held_out.shape == (0, features.fitted.shape[1])


def test_another_seed_draws_another_umap(drawn, blobs):
    assert not np.array_equal(embed("umap", blobs, seed=4).fitted, drawn["umap"].fitted)


@pytest.mark.parametrize("name", ["umap", "pca"])
@pytest.mark.parametrize("n_components", [1, 5])
def test_the_number_of_components_reaches_its_use(blobs, name, n_components):
    assert embed(name, blobs, n_components=n_components).fitted.shape == (len(blobs.labels), n_components)


def test_min_dist_spreads_a_umap(blobs):
    def gap(min_dist):
        fitted = embed("umap", blobs, min_dist=min_dist).fitted
        return np.median(exact(Latents(fitted, fitted[:0], [2]), 1).distances)

    assert gap(0.0) < 0.7 * gap(0.8)


def test_other_options_reach_umap(drawn, blobs):
    spread = embed("umap", blobs, seed=3, spread=3.0)
    assert np.ptp(spread.fitted) > 1.3 * np.ptp(drawn["umap"].fitted)


def test_the_perplexity_reaches_tsne(blobs):
    maps = [embed("tsne", blobs, n_epochs=20, perplexity=perplexity).fitted for perplexity in (None, 2.0, 5.0)]
    assert not any(np.allclose(maps[i], maps[j], rtol=0.01) for i, j in ((0, 1), (0, 2), (1, 2)))


def test_a_perplexity_beyond_the_graph_says_which_graph_would_do(blobs):
    with pytest.raises(UserError, match=r"^perplexity = 6: needs 18 .* has 15; set neighbors\.k=18"):
        embed("tsne", blobs, perplexity=6.0)


def test_pca_has_no_more_components_than_the_latents(blobs):
    with pytest.raises(UserError, match=r"n_components = 9: .* at most 8"):
        embed("pca", blobs, n_components=9)


def test_pca_is_a_rotation(blobs):
    features = embed("pca", blobs, n_components=8)
    np.testing.assert_allclose(exact_distances(features.fitted), exact_distances(blobs.latents.fitted), rtol=1e-3)
    assert (np.diff(features.fitted.var(axis=0)) <= 0).all()


def exact_distances(points):
    return exact(Latents(points, points[:0], [points.shape[1]]), 10).distances


def test_options_of_other_layouts_bring_umap_learns(blobs, drawn, recorder):
    dense = embed("umap", blobs, seed=3, densmap=True, observer=recorder)
    assert silhouette_score(dense.fitted, blobs.labels) > 0.5
    assert not np.array_equal(dense.fitted, drawn["umap"].fitted)
    assert {whole for _, whole in recorder.steps} == {SETTINGS["umap"]["n_epochs"]}


def test_epochs_are_umap_learns_unless_they_are_said(blobs, recorder):
    embed("umap", blobs, n_epochs=None, observer=recorder)
    assert recorder.steps[-1] == (500, 500)
    with pytest.raises(UserError, match=r"^n_epochs = -1: a whole number from 0 on"):
        embed("umap", blobs, n_epochs=-1)


@pytest.mark.parametrize("name", SEEDED)
def test_the_observer_hears_of_the_iterations(blobs, recorder, name):
    total = 50
    embed(name, blobs, observer=recorder, n_epochs=total)
    done = [step for step, _ in recorder.steps]
    assert {whole for _, whole in recorder.steps} == {total}
    assert done == sorted(done)
    assert done[-1] == total
