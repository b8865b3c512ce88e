"""The schema refuses what is wrong, by its key; and every file in the configuration folder passes it."""

import inspect
from functools import cache
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from pydantic_core import PydanticUndefined

from pipeline.build import call, find
from pipeline.config import STAGES, Component, Config, Group, check
from pipeline.errors import UserError
from pipeline.paths import register_resolvers

CONF = Path(__file__).parent.parent / "conf"
NEEDED = {f"data={name}": ["data.path=somewhere"] for name in ("npz", "idx", "image_folder", "parquet")}
"""Values that a choice cannot do without."""


@cache
def composed(*overrides):
    register_resolvers()
    needed = [more for override in overrides for more in NEEDED.get(override, [])]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", [*overrides, *needed])


def plain(*overrides):
    """The composed configuration as a dictionary of one's own."""
    return OmegaConf.to_container(composed(*overrides), resolve=True, throw_on_missing=True)


def choices(*groups):
    found = sorted(CONF.glob("*/*.yaml"))
    return [f"{path.parent.name}={path.stem}" for path in found if not groups or path.parent.name in groups]


# Every file


@pytest.mark.parametrize("choice", choices())
def test_every_file_composes_passes_and_names_what_exists(choice):
    values = plain(choice)
    config = check(values)
    for path in [*targets(values), config.model.fit]:
        assert callable(find(path, choice))


def targets(values):
    if isinstance(values, dict):
        for key, value in values.items():
            yield from [value] if key == "_target_" else targets(value)
    elif isinstance(values, list):
        for value in values:
            yield from targets(value)


@pytest.mark.parametrize("choice", choices("sweep"))
def test_every_sweep_varies_keys_that_exist(choice):
    path = CONF / choice.replace("=", "/")
    sweep = OmegaConf.load(path.with_suffix(".yaml"))
    for key, values in sweep.hydra.sweeper.params.items():
        every = str(values).split(",")
        for value in every if (CONF / key).is_dir() else {every[0], every[-1]}:
            check(plain(f"{key}={value}"))


@pytest.mark.parametrize("choice", choices("neighbors", "manifold", "project"))
def test_every_component_has_keys_that_its_function_takes(choice):
    group = choice.partition("=")[0]
    component = getattr(check(plain(choice)), group)
    inspect.signature(find(component.target, group)).bind_partial(**component.arguments())


INTENDED = {
    "train.min_steps",  # a schema default of nothing extra; the file keeps small sets from being trained too little
    "train.corruption.rotate",
    "train.corruption.shift",
    "train.corruption.scale",
    "train.consistency",
}
"""Keys whose file recommends something where the class, used alone, does nothing."""


@pytest.mark.parametrize("group", [path.parent.name for path in sorted(CONF.glob("*/default.yaml"))])
def test_defaults_of_files_and_classes_agree(group):
    raw = OmegaConf.load(CONF / group / "default.yaml")
    kind = Config.model_fields[group].annotation
    differing = {key for key, ours, theirs in compared(raw, kind, group) if ours != theirs}
    assert differing <= INTENDED
    assert {key for key in INTENDED if key.startswith(f"{group}.")} == differing


def compared(raw, kind, where):
    """Triples of key, value in the file and default of the class, where both are plain values."""
    for name, field in kind.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if name not in raw or OmegaConf.is_interpolation(raw, name) or default is PydanticUndefined:
            continue
        if isinstance(default, Group):
            yield from compared(raw[name], type(default), f"{where}.{name}")
        else:
            value = raw[name]
            yield f"{where}.{name}", OmegaConf.to_container(value) if OmegaConf.is_config(value) else value, default


# What passes and what does not


def test_the_main_configuration():
    config = check(plain())
    assert config.seed == config.train.seed == config.cluster.seed == config.manifold.seed == 42
    assert config.stage_names == list(STAGES)
    assert config.data.name == "mnist"


def test_one_seed_reaches_every_group():
    config = check(plain("seed=7"))
    seeded = {
        name: getattr(config, name) for name in type(config).model_fields if hasattr(getattr(config, name), "seed")
    }
    drawing = {name: group.seed for name, group in seeded.items() if "seed" in group.model_fields_set}
    assert set(drawing.values()) == {7}
    assert {"data", "train", "manifold", "cluster", "project", "evaluate", "report"} <= set(drawing)


def test_a_configuration_cannot_be_changed():
    config = check(plain())
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # unknown keys
        ("train.epoch", 3, r"^train\.epoch: no such key; did you mean train\.epochs\?"),
        ("train.corruption.blur", 1, r"^train\.corruption\.blur: no such key; there are noise"),
        ("cluster.n_clusters", 3, r"^cluster\.n_clusters: no such key"),
        ("colour", "red", r"^colour: no such key; there are stage"),
        # types
        ("train.epochs", "eight", r"^train\.epochs = 'eight': .*integer"),
        ("train.epochs", 2.5, r"^train\.epochs = 2\.5: .*integer"),
        ("train.deterministic", "yes", r"^train\.deterministic = 'yes': .*boolean"),
        ("train.learning_rate", "0.1", r"^train\.learning_rate = '0\.1': .*number"),
        ("neighbors.k", None, r"^neighbors\.k = None: .*integer"),
        ("model.encoder", "conv", r"^model\.encoder = 'conv': .*list"),
        ("cluster.estimator", None, r"^cluster\.estimator = None: .*dict"),
        # ranges
        ("train.epochs", 0, r"^train\.epochs = 0: .*greater than or equal to 1"),
        ("train.learning_rate", 0.0, r"^train\.learning_rate = 0\.0: .*greater than 0"),
        ("train.corruption.mask", 1.0, r"^train\.corruption\.mask = 1\.0: .*less than 1"),
        ("train.schedule", "linear", r"^train\.schedule = 'linear': .*'constant' or 'cosine'"),
        ("data.split", "validation", r"^data\.split = 'validation': .*'train', 'test' or 'all'"),
        ("refine.k", 1, r"^refine\.k = 1: .*greater than or equal to 2"),
        ("refine.gamma", 0.0, r"^refine\.gamma = 0\.0: .*greater than 0"),
        ("refine.tolerance", 1.0, r"^refine\.tolerance = 1\.0: .*less than 1"),
        ("refine.update_interval", 9, r"^refine\.update_interval: no such key; did you mean refine\.update_every\?"),
        ("neighbors.k", 0, r"^neighbors\.k = 0"),
        ("manifold.min_dist", -0.1, r"^manifold\.min_dist = -0\.1"),
        ("cluster.fit_size", 1, r"^cluster\.fit_size = 1"),
        ("report.dpi", 5, r"^report\.dpi = 5"),
        ("seed", -1, r"^seed = -1"),
        ("seed", 2**32, r"^seed = 4294967296"),
        ("stage", "trian", r"^stage: 'trian' is unknown; did you mean train\?"),
        ("stage", ["train", "draw"], r"^stage: 'draw' is unknown"),
    ],
)
def test_a_mistake_is_named_by_its_key(path, value, message):
    values = plain()
    *parents, last = path.split(".")
    group = values
    for name in parents:
        group = group[name]
    group[last] = value
    with pytest.raises(UserError, match=message):
        check(values)


def test_a_missing_key_is_named():
    values = plain()
    del values["cluster"]["estimator"]
    with pytest.raises(UserError, match=r"^cluster\.estimator: is missing"):
        check(values)


def test_all_mistakes_are_told_at_once():
    values = plain()
    values["train"]["epochs"] = 0
    values["report"]["dpi"] = 5
    with pytest.raises(UserError) as told:
        check(values)
    assert [line.split(" = ")[0] for line in str(told.value).splitlines()] == ["train.epochs", "report.dpi"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("all", list(STAGES)),
        ("train", ["train"]),
        (["train", "cluster"], ["train", "cluster"]),
        (["cluster", "all"], list(STAGES)),
    ],
)
def test_stages_may_be_one_several_or_all(asked, names):
    assert check(plain() | {"stage": asked}).stage_names == names


# Components


def test_a_components_own_keys_are_its_functions_arguments():
    component = Component(name="pca", _target_="pipeline.embeddings.pca", n_components=3, seed=1)
    assert component.arguments() == {"n_components": 3, "seed": 1}
    assert Component(name="none", _target_="some.thing").arguments() == {}


def test_an_argument_that_the_function_does_not_take_is_named(blobs):
    component = Component(name="pca", _target_="pipeline.embeddings.pca", dimensions=3)
    with pytest.raises(
        UserError, match=r"^manifold\.dimensions: pipeline\.embeddings\.pca does not take it; it takes n_"
    ):
        call(component, "manifold", blobs.latents, blobs.graph)


@pytest.mark.parametrize("group", ["manifold", "project"])
def test_an_argument_that_does_not_suit_the_data_is_named_by_its_key(blobs, group):
    component = Component(name="pca", _target_="pipeline.embeddings.pca", n_components=9)
    with pytest.raises(UserError, match=rf"^{group}\.n_components = 9: .* at most 8; "):
        call(component, group, blobs.latents, blobs.graph)


@pytest.mark.parametrize("path", ["pipeline.embeddings.nothing", "no.such.module", "nothing"])
def test_a_path_that_does_not_exist_is_named(path):
    with pytest.raises(UserError, match=rf"^manifold\._target_: {path} cannot be imported"):
        find(path, "manifold._target_")
