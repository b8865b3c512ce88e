"""The stage `refine` and its choice of function."""

import pytest

from pipeline.config.compose import compose_config
from pipeline.models.baselines import PixelModel
from pipeline.runtime.errors import UserError
from pipeline.stages.refine import refine


def test_none_returns_the_trained_autoencoder(images):
    model = PixelModel(images.shape)
    assert refine(compose_config("refine=none").refine, model, images) is model


def test_target_chooses_the_function(images):
    with pytest.raises(UserError, match=r"^refine = idec: PixelModel has no layers to train"):
        refine(compose_config("refine=idec").refine, PixelModel(images.shape), images)


@pytest.mark.parametrize("target", ["os.system", "pipeline.models.refine.dec.missing", "nothing"])
def test_only_refinements_of_this_package_are_allowed(target):
    message = rf"^refine\._target_ = '{target}': choose from 'pipeline\.models\.refine\.no_refinement\.no_refinement', "
    with pytest.raises(UserError, match=message) as caught:
        compose_config(f"refine._target_={target}")
    assert "\n" not in str(caught.value)


def test_an_unknown_key_is_compared_with_the_keys_of_the_chosen_refinement():
    with pytest.raises(UserError, match=r"^refine\.gama: no such key; did you mean refine\.gamma\?$"):
        compose_config("refine=dec", "+refine.gama=1")
    with pytest.raises(UserError, match=r"^refine\.round: no such key; did you mean refine\.rounds\?$"):
        compose_config("refine=self_training", "+refine.round=1")


def test_a_refinement_without_target_is_an_error():
    with pytest.raises(UserError, match=r"^refine\._target_: is missing$"):
        compose_config("~refine._target_")


@pytest.mark.slow
def test_the_number_of_clusters_follows_the_clusterer():
    assert compose_config("refine=dec", "cluster.k=7").refine.k == 7
    assert compose_config("refine=dec", "cluster=hdbscan").refine.k == 10
    assert compose_config("refine=dec", "refine.k=5").refine.k == 5
    assert compose_config("refine=self_training", "cluster.k=7").refine.k == 7
