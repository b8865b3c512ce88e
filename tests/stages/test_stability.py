"""Stage stability: the plan of the repeats, the wording, the page, and a finished run."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images
from pipeline.config import Component, Config, Stability
from pipeline.config.instantiate import import_target
from pipeline.config.reseed import is_random, reseed
from pipeline.runtime.errors import UserError
from pipeline.runtime.observer import RunObserver
from pipeline.stages.stability import stability
from pipeline.stages.stability.plan import RESEEDED_GROUPS, plan_repeats, reseed_groups
from pipeline.stages.stability.wording import describe_variation, stability_headline, stability_verdict
from pipeline.workflow.execution import execute_run
from pipeline.workflow.finished_runs import FinishedRun, restore_config
from pipeline.workflow.run_action import run_action
from tests.clusterings import move_images, rename_clusters
from tests.helpers import TINY, compose


@pytest.fixture
def clusters():
    return np.repeat([0, 1, 2], [14, 10, 6]).astype(np.int32)


# The plan of the repeats


def test_a_source_reseeds_its_own_stage_and_all_later_ones(tmp_path):
    config = compose(*TINY, "manifold=umap", "seed=7", outputs=tmp_path)
    plan, notes = plan_repeats(config, Stability(repeats=3, subsample=0.5), 400)
    assert list(plan) == ["clusterer", "subsample", "manifold", "autoencoder"]
    assert notes == ["subsample: the clusterer is fitted on 200 of 400 images, drawn without replacement"]
    seeds = {
        source: [(repeat.train.seed, repeat.manifold.seed, repeat.cluster.seed) for repeat in repeats]
        for source, repeats in plan.items()
    }
    assert seeds["clusterer"] == seeds["subsample"] == [(7, 7, 8), (7, 7, 9), (7, 7, 10)]
    assert seeds["manifold"] == [(7, 8, 8), (7, 9, 9), (7, 10, 10)]
    assert seeds["autoencoder"] == [(8, 8, 8), (9, 9, 9), (10, 10, 10)]
    for repeats in plan.values():
        assert all(repeat.cluster.estimator["random_state"] == repeat.cluster.seed for repeat in repeats)
    assert {repeat.cluster.fit_size for repeat in plan["subsample"]} == {200}
    assert {repeat.cluster.fit_size for repeat in plan["clusterer"]} == {None}
    for repeat in plan["autoencoder"]:
        assert (repeat.data, repeat.model, repeat.extract) == (config.data, config.model, config.extract)


def test_the_autoencoder_reseeds_the_refinement_and_its_inner_clusterer(tmp_path):
    config = compose(*TINY, "experiment=best", "manifold=umap", "seed=7", outputs=tmp_path)
    plan, _ = plan_repeats(config, Stability(repeats=2, subsample=0), 400)
    for source, expected in (("clusterer", [7, 7]), ("manifold", [7, 7]), ("autoencoder", [8, 9])):
        refinements = [repeat.refine for repeat in plan[source]]
        assert [refine.seed for refine in refinements] == expected
        assert [refine.manifold.seed for refine in refinements] == expected
        assert [refine.cluster.estimator["random_state"] for refine in refinements] == expected


def test_nested_seeds_change_and_unset_seeds_stay_unset(tmp_path):
    config = compose(*TINY, outputs=tmp_path)
    nested = config.cluster.estimator | {"base": {"_target_": "a.b", "random_state": 3}}
    config = config.model_copy(update={"cluster": config.cluster.model_copy(update={"estimator": nested})})
    reseeded = reseed_groups(config, RESEEDED_GROUPS["autoencoder"], 2)
    assert reseeded.cluster.estimator["base"]["random_state"] == 5
    assert "seed" not in reseeded.manifold.arguments(), "manifold=none takes no seed"


def test_seeds_in_lists_change_and_swaps_are_random(tmp_path):
    cluster = compose(*TINY, outputs=tmp_path).cluster
    steps = {"_target_": "sklearn.pipeline.make_pipeline", "_args_": [{"_target_": "a.b", "random_state": 3}]}
    listed = cluster.model_copy(update={"estimator": steps})
    assert is_random(listed)
    assert reseed(listed, 2).estimator["_args_"][0]["random_state"] == 5
    plain = cluster.model_copy(update={"estimator": {"_target_": "a.b"}})
    assert not is_random(plain)
    for changes in ({"swaps": 5}, {"start": "latents"}, {"islands": True}, {"fit_size": 9}):
        assert is_random(plain.model_copy(update=changes)), changes


def test_sources_without_variation_are_noted(tmp_path):
    words = [word for word in TINY if not word.startswith("cluster=")]
    plan, notes = plan_repeats(compose(*words, "cluster=agglomerative", outputs=tmp_path), Stability(), 400)
    assert "subsample" not in plan
    assert notes == [
        "subsample left out: agglomerative uses the neighbour graph, which needs all 400 images",
        "agglomerative is deterministic: repeats of the clusterer are identical",
    ]


def test_a_number_of_clusters_that_is_chosen_with_a_seed_varies(tmp_path):
    words = [word for word in TINY if not word.startswith("cluster")]
    _, notes = plan_repeats(
        compose(*words, "cluster=agglomerative", "cluster.k=auto", outputs=tmp_path), Stability(), 400
    )
    assert not any("deterministic" in note for note in notes)


def test_too_few_images_for_the_bootstrap_are_noted(tmp_path):
    plan, notes = plan_repeats(compose(*TINY, outputs=tmp_path), Stability(subsample=0.01), 100)
    assert "subsample" not in plan
    assert notes == ["subsample left out: stability.subsample = 0.01 of 100 images is too few"]


@pytest.mark.parametrize(
    "words", [(), TINY, ("project=tsne", "cluster=hdbscan", "manifold=pca"), ("data=digits", "model=conv7x7x2")]
)
def test_the_configuration_of_a_run_is_restored(words, tmp_path):
    config = compose(*words, outputs=tmp_path)
    restored = restore_config(config.model_dump(by_alias=True))
    assert restored.model_dump() == config.model_dump()
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Component):
            group, other = getattr(config, name), getattr(restored, name)
            import_target(group.target, name)
            unset = {key for key, value in group.arguments().items() if value is None}
            assert set(group.arguments()) <= set(other.arguments()) | unset


# The wording


def test_variation_is_divided_between_the_sources():
    assert "they find the same clusters" in describe_variation({"clusterer": 1.0, "manifold": 1.0})
    words = describe_variation({"clusterer": 1.0, "subsample": 0.2, "manifold": 0.9, "autoencoder": 0.88})
    assert "an ARI of 0.8800 on average, 0.120 below 1." in words
    assert "the clusterer nothing, the manifold 0.100, the autoencoder 0.020." in words
    assert "random subsets of the images, have an ARI of 0.2000." in words


@pytest.mark.parametrize(
    ("lowest", "headline"),
    [
        ([0.9, 0.7], "1 of 2 clusters is stable"),
        ([0.9, 0.8], "All 2 clusters are stable"),
        ([0.5, 0.5, 0.5], "0 of 3 clusters are stable"),
        ([0.9], "The only cluster is stable"),
        ([], "The run has no clusters"),
    ],
)
def test_the_headline_counts_stable_clusters(lowest, headline):
    assert stability_headline(lowest) == headline


@pytest.mark.parametrize(
    ("jaccard", "verdict"),
    [(0.9, "highly stable"), (0.75, "stable"), (0.6, "uncertain boundary"), (0.1, "unstable")],
)
def test_verdicts_follow_the_jaccard(jaccard, verdict):
    assert stability_verdict(jaccard) == verdict


# The stage and its page


@pytest.fixture
def inputs(clusters):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 4, 5, 1), np.uint8)
    confidence = np.ones(30, np.float32)
    clustering = Clustering(clusters, clusters[:0], confidence, confidence[:0], np.zeros((3, 2), np.float32), "kmeans")
    return {"name": "a <b> run", "images": Images(pixels, pixels[:0]), "clustering": clustering}


def test_the_consensus_comes_from_the_widest_source(inputs, clusters, tmp_path):
    repeat = move_images(clusters, np.arange(3), 1)
    repeats = {"clusterer": [clusters, rename_clusters(clusters)], "autoencoder": [repeat, clusters, repeat]}
    result = stability(Stability(examples=2), **inputs, repeats=repeats, notes=["a <b>note"])
    assert result.sources["ari"].iloc[0] == 1
    assert result.images["consensus"].tolist() == repeat.tolist()
    assert result.images["agreement"][:3].to_numpy() == pytest.approx(np.full(3, 2 / 3))
    assert (result.images["agreement_clusterer"] == 1).all()
    metrics = result.metrics()
    assert metrics["stability/clusterer_jaccard"] == 1
    assert metrics["stability/changed"] == pytest.approx(0.1)
    assert metrics["stability/unanimous"] == pytest.approx(0.9)
    assert metrics["stability/autoencoder_worst_jaccard"] < 1
    assert result.summary_lines()[-1] == "agreement   all repeats agree on 27 of 30 images"
    assert "<b>" not in result.html
    assert "a &lt;b&gt;note" in result.html
    assert "http" not in result.html.replace("http-equiv", "")
    assert result.html.count("<img src") == 3, "the figure and two images"
    result.save(tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "consensus.parquet"), result.images)
    assert len(pd.read_csv(tmp_path / "clusters.csv")) == 3


def test_clusters_have_the_names_that_a_person_gave_them(inputs, clusters):
    named = replace(inputs["clustering"], names=["", "<i>sevens</i>", ""])
    moved = move_images(clusters, np.arange(3), 1)
    repeats = {"clusterer": [moved, clusters, moved]}
    html = stability(Stability(), **inputs | {"clustering": named}, repeats=repeats).html
    assert "c1 &lt;i&gt;sevens&lt;/i&gt;</" in html, "in the table"
    assert "c0 in the run, consensus c1 &lt;i&gt;sevens" in html
    assert "<i>sevens" not in html


def test_a_run_without_clusters_has_a_page(inputs):
    noise, confidence = np.full(30, -1, np.int32), np.ones(30, np.float32)
    clustering = Clustering(noise, noise[:0], confidence, confidence[:0], np.zeros((0, 2)), "hdbscan")
    result = stability(Stability(), **inputs | {"clustering": clustering}, repeats={"clusterer": [noise, noise]})
    assert "The run has no clusters" in result.html
    assert result.metrics()["stability/agreement"] == 1


# A finished run


class NoteRecorder(RunObserver):
    """Keeps the observers of the stages, which hold their notes."""

    def __init__(self):
        self.observers = []

    @contextmanager
    def stage(self, name, log, scratch=None):
        with super().stage(name, log, scratch) as observer:
            self.observers.append(observer)
            yield observer


@pytest.mark.slow
def test_repeats_of_a_finished_run_are_reused(finished_run, tmp_path):
    words = ["stage=stability", "stability.sources=[clusterer]", "tracking.models=false"]
    two, three = (compose(*words, f"stability.repeats={repeats}", outputs=finished_run) for repeats in (2, 3))
    metrics = run_action(two, tmp_path / "two", [])
    assert 0.2 < metrics["stability/clusterer_ari"] <= 1
    table = pd.read_csv(tmp_path / "two" / "consensus.csv")
    assert len(table) == 400
    assert set(table["cluster"]) == set(range(5))
    recorder = NoteRecorder()
    run_action(three, tmp_path / "three", [], recorder)
    assert "reused 4 of 6 repeats" in recorder.observers[0].notes


@pytest.mark.slow
def test_images_that_have_changed_since_are_refused(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "images.npz", images=images)
    words = ["data=npz", f"data.path={tmp_path / 'images.npz'}", "model=pixels", "manifold=none", "cluster=kmeans"]
    config = compose(*words, "cluster.k=3", "stage=cluster", "tracking.models=false", outputs=tmp_path)
    summary = execute_run(config, tmp_path / "run", [])
    np.savez(tmp_path / "images.npz", images=images[::-1])
    for action in ("stability", "spaces"):
        changed = compose(f"stage={action}", f"run={summary['run_id']}", "tracking.models=false", outputs=tmp_path)
        with pytest.raises(UserError, match=f"^run: the images of {summary['run_id']} have changed since"):
            run_action(changed, tmp_path / action, [])


@pytest.mark.parametrize("action", ["edit", "recluster"])
def test_a_run_with_corrected_clusters_is_refused(action, monkeypatch):
    run = FinishedRun(None, "new", "name")
    run.__dict__["summary"] = {"derived": {"action": action, "from": "old"}}
    monkeypatch.setattr(FinishedRun, "_load", lambda *_: SimpleNamespace(appended=0))
    with pytest.raises(
        UserError, match=r"^run: the clusters of new were corrected, .* choose the run before .* run=old"
    ):
        run.require_own_images("stability")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("stability.repeats=1", r"^stability\.repeats = 1: .*greater than or equal to 2"),
        ("stability.subsample=1.0", r"^stability\.subsample = 1\.0: .*less than 1"),
        ("stability.sources=[]", r"^stability\.sources = \[\]: .*at least 1"),
        ("stability.sources=[labels]", r"^stability\.sources\.0 = 'labels': .*'clusterer'"),
    ],
)
def test_invalid_values_are_refused_by_their_key(word, message, tmp_path):
    with pytest.raises(UserError, match=message):
        compose("stage=stability", word, outputs=tmp_path)
