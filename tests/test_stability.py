"""Repeats of a run: equal ones agree wholly, names of clusters mean nothing, and finished ones are reused."""

import numpy as np
import pandas as pd
import pytest

from pipeline import on_demand
from pipeline.artifacts import Clustering, Images
from pipeline.build import find
from pipeline.config import Component, Config, Stability
from pipeline.errors import UserError
from pipeline.finished import restored
from pipeline.repeating.agreement import aligned, ari, consensus, jaccard, pairwise
from pipeline.repeating.page import headline, variance_words, verdict
from pipeline.repeating.plan import REDRAWN, plan, reseeded
from pipeline.run import execute
from pipeline.stages.stability import stability
from tests.helpers import TINY, compose


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], [14, 10, 6]).astype(np.int32)


def renamed(clusters, names=(2, 0, 1)):
    return np.append(np.array(names), -1)[clusters].astype(np.int32)


def moved(clusters, rows, to):
    other = clusters.copy()
    other[rows] = to
    return other


# Agreement


def test_equal_repeats_agree_wholly_whatever_their_clusters_are_called(clusters):
    repeats = [clusters, renamed(clusters), renamed(clusters, (1, 0, 2))]
    assert pairwise(repeats).tolist() == [1, 1, 1]
    assert jaccard(clusters, repeats).tolist() == [1, 1, 1]
    chosen, agreement = consensus(clusters, repeats)
    assert np.array_equal(chosen, clusters)
    assert (agreement == 1).all()


def test_renaming_repeats_changes_nothing(clusters):
    rng = np.random.default_rng(0)
    repeats = [moved(clusters, rng.choice(30, 6, replace=False), rng.integers(0, 3)) for _ in range(4)]
    others = [renamed(repeat, rng.permutation(3)) for repeat in repeats]
    assert np.allclose(pairwise(repeats), pairwise(others))
    assert np.allclose(jaccard(clusters, repeats), jaccard(clusters, others))
    for one, other in zip(consensus(clusters, repeats), consensus(clusters, others), strict=True):
        assert np.array_equal(one, other)


def test_jaccard_is_what_a_hand_computes(clusters):
    """Four of the ten images of cluster 1 go to cluster 2 in one of two repeats."""
    other = moved(clusters, np.arange(14, 18), 2)
    assert jaccard(clusters, [clusters, other]) == pytest.approx([1, (1 + 6 / 10) / 2, (1 + 6 / 10) / 2])


def test_a_merged_and_a_split_cluster(clusters):
    merged = np.minimum(clusters, 1).astype(np.int32)
    assert jaccard(clusters, [merged]) == pytest.approx([1, 10 / 16, 6 / 16])
    split = moved(clusters, np.arange(4), 3)
    assert jaccard(clusters, [split]) == pytest.approx([10 / 14, 1, 1])
    assert aligned(clusters, split)[:4].tolist() == [-2] * 4, "the smaller part has no partner"
    assert consensus(clusters, [split, clusters])[1][:4].tolist() == [0.5] * 4


def test_noise_is_no_cluster_and_is_voted_for(clusters):
    noisy = moved(clusters, np.arange(14, 24), -1)
    assert jaccard(clusters, [noisy])[1] == 0
    chosen, agreement = consensus(clusters, [noisy, noisy, clusters])
    assert (chosen[14:24] == -1).all()
    assert agreement[14:24] == pytest.approx(np.full(10, 2 / 3))
    assert jaccard(noisy, [clusters]).tolist() == [1, 1], "what the run calls noise is not asked for"


def test_where_votes_are_even_the_runs_own_cluster_wins(clusters):
    assert consensus(clusters, [clusters, moved(clusters, [0], 2)])[0][0] == 0
    assert consensus(moved(clusters, [0], 2), [clusters, moved(clusters, [0], 2)])[0][0] == 2


def test_random_clusterings_agree_by_chance_alone():
    one, other = np.random.default_rng(0).integers(0, 5, (2, 4000))
    assert ari(one, other) == pytest.approx(0, abs=0.01)


# The plan


def test_each_source_redraws_itself_and_what_comes_after_it(outputs):
    config = compose(*TINY, "manifold=umap", "seed=7", outputs=outputs)
    found, notes = plan(config, Stability(repeats=3, bootstrap=0.5), 400)
    assert list(found) == ["clusterer", "bootstrap", "manifold", "autoencoder"]
    assert notes == ["bootstrap: the clusterer is fitted on 200 of 400 images, drawn without replacement"]
    seeds = {
        source: [(one.train.seed, one.manifold.seed, one.cluster.seed) for one in found[source]] for source in found
    }
    assert seeds["clusterer"] == seeds["bootstrap"] == [(7, 7, 8), (7, 7, 9), (7, 7, 10)]
    assert seeds["manifold"] == [(7, 8, 8), (7, 9, 9), (7, 10, 10)]
    assert seeds["autoencoder"] == [(8, 8, 8), (9, 9, 9), (10, 10, 10)]
    assert all(one.cluster.estimator["random_state"] == one.cluster.seed for found_ in found.values() for one in found_)
    assert {one.cluster.fit_size for one in found["bootstrap"]} == {200}
    assert {one.cluster.fit_size for one in found["clusterer"]} == {None}
    for one in found["autoencoder"]:
        assert (one.data, one.model, one.extract) == (config.data, config.model, config.extract)


def test_nested_seeds_move_and_seeds_that_were_never_given_do_not(outputs):
    config = compose(*TINY, outputs=outputs)
    nested = config.cluster.estimator | {"base": {"_target_": "a.b", "random_state": 3}}
    moved_ = reseeded(
        config.model_copy(update={"cluster": config.cluster.model_copy(update={"estimator": nested})}),
        REDRAWN["autoencoder"],
        2,
    )
    assert moved_.cluster.estimator["base"]["random_state"] == 5
    assert "seed" not in moved_.manifold.arguments(), "manifold=none takes no seed"


def test_what_cannot_vary_is_said(outputs):
    words = [word for word in TINY if not word.startswith("cluster=")]
    found, notes = plan(compose(*words, "cluster=agglomerative", outputs=outputs), Stability(), 400)
    assert "bootstrap" not in found
    assert notes[0].startswith("no bootstrap: agglomerative cannot be fitted on 200 of 400")
    assert "draws nothing at random" in notes[1]


@pytest.mark.parametrize(
    "words", [(), TINY, ("project=tsne", "cluster=hdbscan", "manifold=pca"), ("data=digits", "model=conv7x7x2")]
)
def test_a_runs_configuration_comes_back_as_it_was(words, outputs):
    config = compose(*words, outputs=outputs)
    again = restored(config.model_dump(by_alias=True))
    assert again.model_dump() == config.model_dump()
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Component):
            one, other = getattr(config, name), getattr(again, name)
            find(one.target, name)
            assert set(one.arguments()) <= set(other.arguments()) | {k for k, v in one.arguments().items() if v is None}


# Words


def test_the_words_follow_the_numbers():
    assert "they find the same clusters" in variance_words({"clusterer": 1.0, "manifold": 1.0})
    words = variance_words({"clusterer": 1.0, "bootstrap": 0.2, "manifold": 0.9, "autoencoder": 0.88})
    assert "0.120 short of 1" in words
    assert "the clusterer adds nothing that shows, the manifold adds 0.100, the autoencoder adds 0.020" in words
    assert "Most of it comes from the manifold." in words
    assert "alone agree to 0.2000" in words
    assert headline([0.9, 0.7]) == "1 of 2 clusters are stable"
    assert headline([0.9, 0.8]) == "All 2 clusters are stable"
    assert [verdict(value) for value in (0.9, 0.75, 0.6, 0.1)] == [
        "highly stable", "stable", "there, but its border is vague", "not to be trusted",
    ]  # fmt: skip


# The stage


@pytest.fixture
def things(clusters):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 4, 5, 1), np.uint8)
    sure = np.ones(30, np.float32)
    none = np.empty(0, np.int32)
    clustering = Clustering(clusters, none, sure, sure[:0], np.zeros((3, 2), np.float32), "kmeans")
    return {"name": "a <b> run", "images": Images(pixels, pixels[:0]), "clustering": clustering}


def test_the_page_and_the_tables_say_the_same(things, clusters, tmp_path):
    other = moved(clusters, np.arange(3), 1)
    repeats = {"clusterer": [clusters, renamed(clusters)], "autoencoder": [other, clusters, other]}
    made = stability(Stability(examples=2), **things, repeats=repeats, notes=["said <b>before"])
    assert made.sources["ari"].iloc[0] == 1
    assert made.images["consensus"].tolist() == moved(clusters, np.arange(3), 1).tolist()
    assert made.images["agreement"][:3].to_numpy() == pytest.approx(np.full(3, 2 / 3))
    assert (made.images["agreement_clusterer"] == 1).all()
    values = made.metrics()
    assert values["stability/clusterer_jaccard"] == 1
    assert values["stability/changed"] == pytest.approx(0.1)
    assert values["stability/unanimous"] == pytest.approx(0.9)
    assert values["stability/autoencoder_worst_jaccard"] < 1
    assert "<b>" not in made.html
    assert "said &lt;b&gt;before" in made.html
    assert "http" not in made.html.replace("http-equiv", "")
    assert made.html.count("<img src") == 3, "the figure and two images"
    made.save(tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "consensus.parquet"), made.images)
    assert len(pd.read_csv(tmp_path / "clusters.csv")) == 3


def test_nothing_but_noise_is_nothing_to_be_stable(things):
    noise = np.full(30, -1, np.int32)
    clustering = Clustering(noise, noise[:0], np.ones(30, np.float32), np.ones(0, np.float32), np.zeros((0, 2)), "x")
    made = stability(Stability(), **things | {"clustering": clustering}, repeats={"clusterer": [noise, noise]})
    assert "There is no cluster to be stable" in made.html
    assert made.metrics()["stability/agreement"] == 1


# Through the store


def test_repeats_are_stage_runs_and_finished_ones_are_reused(outputs):
    execute(compose(*TINY, "cluster.k=5", "stage=cluster", outputs=outputs), outputs / "run", [])
    words = ["stage=stability", "stability.sources=[clusterer]", "stability.repeats=2", "tracking.models=false"]
    first = on_demand.execute(compose(*words, outputs=outputs), outputs / "first", [])
    assert 0.2 < first["stability/clusterer_ari"] <= 1
    table = pd.read_csv(outputs / "first" / "consensus.csv")
    assert len(table) == 400
    assert set(table["cluster"]) == set(range(5))
    told = Told()
    words[2] = "stability.repeats=3"
    on_demand.execute(compose(*words, outputs=outputs), outputs / "more", [], told)
    assert any("4 of 6 repeats were there already" in line for line in told.lines)


class Told(on_demand.Console):
    """A console that remembers its notes."""

    def __init__(self):
        super().__init__()
        self.lines = []
        self.terminal.print = lambda text="", **kwargs: self.lines.append(str(text))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("stability.repeats=1", r"^stability\.repeats = 1: .*greater than or equal to 2"),
        ("stability.bootstrap=1.0", r"^stability\.bootstrap = 1\.0: .*less than 1"),
        ("stability.sources=[]", r"^stability\.sources = \[\]: .*at least 1"),
        ("stability.sources=[labels]", r"^stability\.sources\.0 = 'labels': .*'clusterer'"),
    ],
)
def test_bad_values_are_named(word, message, outputs):
    with pytest.raises(UserError, match=message):
        compose("stage=stability", word, outputs=outputs)
