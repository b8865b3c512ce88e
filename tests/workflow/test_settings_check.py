"""Settings of later stages that are refused end a run before its first stage is computed."""

import pytest

from pipeline.runtime.errors import UserError
from pipeline.workflow.execution import execute_run
from tests.helpers import compose

RUN = ("data=digits", "data.train_size=60", "model=pca", "model.latent_dim=8", "manifold=none", "cluster=kmeans",
       "tracking.models=false", "tracking.git_commit=false")  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cluster.estimator._target_=sklearn.cluster.KMeanz"], r"^cluster\.estimator: .*KMeanz cannot be imported"),
        (["+cluster.estimator.n_inits=3"], r"^cluster\.estimator: sklearn\.cluster\.KMeans could not be built"),
        (["neighbors._target_=nothing"], r"^neighbors\._target_: nothing cannot be imported"),
        (["manifold=umap", "+manifold.min_distt=0.1"], r"^manifold\.min_distt: .* did you mean manifold\.min_dist\?$"),
        (["manifold=umap", "+manifold.spread=wide"], r"^manifold\.spread = 'wide': input should be a valid number$"),
        (["project=umap", "project.init=spectrall"], r"^project\.init = 'spectrall': input should be 'spectral'"),
        (["project=tsne", "+project.nonsense=1"], r"^project\.nonsense: no such key; choose from learning_rate, "),
    ],
)
def test_a_wrong_setting_ends_the_run_before_a_stage_is_computed(outputs, words, message):
    config = compose(*RUN, "stage=[cluster,project]", *words, outputs=outputs)
    with pytest.raises(UserError, match=message):
        execute_run(config, outputs / "run", [])
    assert not list(outputs.rglob("result")), "no result of a stage is stored"


def test_a_run_without_clusters_and_one_that_chooses_k_pass(outputs):
    broken = ("stage=extract", "+cluster.estimator.n_inits=3", "+manifold.nonsense=1", "+project.nonsense=1")
    assert "extract" in execute_run(compose(*RUN, *broken, outputs=outputs), outputs / "a", [])["stages"]
    assert list(outputs.rglob("result"))
    chosen = compose(*RUN, "stage=cluster", "cluster.k=auto", outputs=outputs)
    assert execute_run(chosen, outputs / "b", [])["metrics"]["k"] >= 2
