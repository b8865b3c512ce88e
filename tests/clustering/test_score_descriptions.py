"""Descriptions of scores: from the table, or from the docstring of the score's function."""

import pytest

from pipeline.clustering.fit_clusters import fit_clusters
from pipeline.clustering.metrics import SCORES
from pipeline.clustering.score_descriptions import DESCRIPTIONS, describe_score
from pipeline.config import Cluster


@pytest.mark.parametrize("name", [*SCORES, *DESCRIPTIONS, "map/trustworthiness", "map/neighbors_kept"])
def test_every_score_has_a_description(name):
    assert describe_score(name).endswith(".")
    assert "\n" not in describe_score(name)


def test_docstrings_describe_scores_that_are_not_in_the_table(monkeypatch):
    assert describe_score("train/homogeneity_score").startswith("1 − H(class | cluster) / H(class)")
    monkeypatch.delitem(DESCRIPTIONS, "trustworthiness")
    assert describe_score("map/trustworthiness").startswith("Trustworthiness of a map in [0, 1]: 1 if")


def test_descriptions_mention_the_group():
    assert describe_score("clustered/nmi_score").startswith("The same without noise: mutual information")
    assert describe_score("baselines/pixels_nmi").startswith("Baseline: ")
    assert describe_score("reconstruction/some_loss") == "As measured in the last epoch of training."
    assert describe_score("unknown") == ""


def test_the_bound_of_a_variational_mixture_is_not_called_a_likelihood(blobs):
    estimator = {"_target_": "sklearn.mixture.BayesianGaussianMixture", "n_components": 3, "random_state": 0}
    config = Cluster(name="variational", k=3, estimator=estimator)
    scores = fit_clusters(config, blobs.features, blobs.graph, blobs.latents).scores
    assert set(scores) == {"evidence_lower_bound"}
    assert set(scores) <= set(DESCRIPTIONS)
