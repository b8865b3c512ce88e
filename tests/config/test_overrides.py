"""Overrides as they are typed: names that look like numbers, and lists of choices."""

import pytest

from pipeline.config.compose import compose_config
from pipeline.config.overrides import prepare_overrides
from pipeline.runtime.errors import UserError
from tests.helpers import compose

NAMES = ["2026", "5", "0012", "1_000", "1e3", "2026.10", "-1", "nan", "inf", ".5"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_and_folders_stay_as_they_were_typed(tmp_path, name):
    config = compose_config(
        f"output_dir={name}", f"input={name}", f"label.answers={name}", f"tracking.experiment={name}",
        f"tracking.run_name={name}", "data=npz", f"data.path={name}",
    )  # fmt: skip
    names = {config.input, config.label.answers, config.tracking.experiment, config.tracking.run_name, config.data.path}
    assert names | {config.output_dir} == {name}


def test_other_values_and_parts_of_paths_are_left_as_they_are():
    overrides = ["seed=5", "data.path=a/2026/b", "data.path='5'", "input=null", "data.path=2024-05", "--multirun"]
    assert prepare_overrides(overrides) == overrides
    assert prepare_overrides(["data.path=2024,2025,x"]) == ["data.path='2024','2025',x"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "cluster=[kmeans,gmm]",
            "cluster = [kmeans, gmm]: needs the name of one choice; to sweep over them, write --multirun "
            "cluster=kmeans,gmm",
        ),
        (
            "data=[digits, mnist]",
            "data = [digits, mnist]: needs the name of one choice; to sweep over them, write --multirun "
            "data=digits,mnist",
        ),
        ("model=[]", "model = []: needs the name of one choice"),
    ],
)
def test_a_list_of_choices_is_refused(override, message):
    with pytest.raises(UserError) as caught:
        compose_config(override)
    assert str(caught.value) == message


def test_lists_of_other_keys_and_of_sweeps_are_allowed(tmp_path):
    assert compose("stage=[cluster,evaluate]", "sweep=[seeds,latent_dim]", outputs=tmp_path).stage[0] == "cluster"
    assert compose("cluster=[kmeans]", outputs=tmp_path).cluster.name == "kmeans"
