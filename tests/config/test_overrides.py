"""Overrides as they are typed: names that look like numbers, and lists of choices."""

import numpy as np
import pytest

from pipeline.config.compose import compose_config
from pipeline.config.overrides import options_first, prepare_overrides
from pipeline.runtime.errors import UserError
from tests.helpers import pipeline

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


def test_lists_of_other_keys_and_of_sweeps_are_allowed():
    assert compose_config("stage=[cluster,evaluate]", "sweep=[seeds,latent_dim]").stage[0] == "cluster"
    assert compose_config("cluster=[kmeans]").cluster.name == "kmeans"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("cluster=kmeans --config-dir my stage=data", "--config-dir my cluster=kmeans stage=data"),
        ("a=1 --config-dir=my -m b=2", "--config-dir=my -m a=1 b=2"),
        ("a=1 --info b=2 --cfg job", "--info --cfg job a=1 b=2"),
        ("a=1 --info plugins b=2", "--info plugins a=1 b=2"),
        ("-cd my a=1 -cn other", "-cd my -cn other a=1"),
        ("a=1 --config-dir", "--config-dir a=1"),
        ("~a +b=-1 a=2", "~a +b=-1 a=2"),
    ],
)
def test_options_may_stand_anywhere(words, expected):
    assert options_first(words.split()) == expected.split()


def test_a_folder_of_yaml_files_between_overrides_is_used(tmp_path):
    (tmp_path / "cluster").mkdir()
    text = "name: mine\n_target_: x\nk: 3\n"
    (tmp_path / "cluster" / "mine.yaml").write_text(text)
    result = pipeline("stage=data", "--config-dir", str(tmp_path), "cluster=mine", "--cfg", "job", outputs=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "stage: data" in result.stdout
    assert "name: mine" in result.stdout


# Paths

SPECIAL = "a=b,c[d](e){f}'g~#h;i&j!k${l} \\m:n.npz"


@pytest.mark.parametrize(
    "name", [SPECIAL, "a,b.npz", "${x}.npz", "it's.npz", "[1].npz", "a\\", "\\'", "a=1.npz", "é 写^.npz"]
)
def test_an_existing_path_is_taken_as_it_is(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"")
    config = compose_config("data=npz", f"data.path={path}", f"input={path}", f"edits={path}", f"output_dir={tmp_path}")
    assert config.data.path == config.input == config.edits == str(path)


def test_letters_of_all_languages_need_no_quotes_though_the_path_is_wrong():
    assert compose_config("input=Müller/写真 <1>.png").input == "Müller/写真 <1>.png"


def test_paths_of_a_sweep_are_separated_where_they_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a,1.npz", "b.npz", "2024"):
        (tmp_path / name).touch()
    assert prepare_overrides(["data.path=a,1.npz,b.npz,2024"]) == ["data.path='a,1.npz',b.npz,'2024'"]
    assert prepare_overrides(["data.path=a,2.npz"]) == ["data.path=a,2.npz"], "none of these exists"


def test_a_new_output_folder_may_have_any_name(tmp_path):
    name = str(tmp_path / "out[1] {a=b}#~;&!it's")
    assert compose_config(f"output_dir={name}").output_dir == name
    assert compose_config(f"output_dir='{tmp_path}/it'").output_dir == f"{tmp_path}/it", "quotes are Hydra's"


@pytest.mark.slow
def test_a_run_reads_and_writes_paths_with_special_characters(tmp_path):
    path = tmp_path / SPECIAL
    np.savez(path, images=np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8))
    outputs = tmp_path / "out[1] {a=b}#~;&!it's %20 50% a?b"
    for expected in ("✓ data           ", "data       reused"):
        answer = pipeline("data=npz", f"data.path={path}", "stage=data", f"output_dir={outputs}", outputs=tmp_path)
        assert answer.returncode == 0, answer.stderr
        assert expected in answer.stdout
    assert (outputs / "mlflow.db").exists()
    assert {file.name for file in tmp_path.iterdir()} == {outputs.name, SPECIAL}, "nothing beside the folder"
