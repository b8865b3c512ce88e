"""The schema refuses wrong values by their key, and accepts every file in the configuration folder."""

import inspect
from functools import cache
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from pydantic_core import PydanticUndefined

from pipeline.config import Component, Config, Group, validate_config
from pipeline.config.compose import compose_config, compose_values
from pipeline.config.instantiate import call_component, import_target, instantiate
from pipeline.runtime.errors import UserError

CONF = Path(__file__).parents[2] / "conf"


def mandatory(override):
    """Values of the mandatory keys of a choice; a key other than `path` is a number."""
    group, _, choice = override.partition("=")
    file = CONF / group / f"{choice}.yaml"
    values = OmegaConf.load(file) if file.is_file() else {}
    values = values.get(group, values)  # a file of package _global_ has its group's keys below the group's name
    missing = [key for key in values if OmegaConf.is_missing(values, key)]
    return [f"{group}.{key}={'somewhere' if key == 'path' else 1}" for key in missing]


@cache
def composed(*overrides):
    required = [more for override in overrides for more in mandatory(override)]
    return compose_values(*overrides, *required)


def plain(*overrides):
    """A new dictionary of the composed configuration."""
    return OmegaConf.to_container(composed(*overrides), resolve=True, throw_on_missing=True)


def choices(*groups):
    files = sorted(CONF.glob("*/*.yaml"))
    return [f"{path.parent.name}={path.stem}" for path in files if not groups or path.parent.name in groups]


# Every file


COMPILED = "cluster=evoc"
"""EVoC is compiled when it is imported for the first time, for more than a minute."""
CHOICES = [pytest.param(choice, marks=pytest.mark.long if choice == COMPILED else ()) for choice in choices()]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_file_composes_is_valid_and_names_existing_targets(choice):
    values = plain(choice)
    config = validate_config(values)
    for path in [*targets(values), config.model.target]:
        assert callable(import_target(path, choice))


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
            validate_config(plain(f"{key}={value}"))


@pytest.mark.parametrize("choice", choices("neighbors", "manifold", "project"))
def test_every_component_has_keys_that_its_function_takes(choice):
    group = choice.partition("=")[0]
    component = getattr(validate_config(plain(choice)), group)
    inspect.signature(import_target(component.target, group)).bind_partial(**component.arguments())


INTENDED = {
    "train.min_steps",  # a schema default of nothing extra; the file keeps small sets from being trained too little
    "train.corruption.rotate",
    "train.corruption.shift",
    "train.corruption.scale",
    "train.barlow_twins_weight",
}
"""Keys whose file recommends something where the class, used alone, does nothing."""


ROOT_CONFIG = OmegaConf.load(CONF / "config.yaml")
SECTIONS = [
    key for key, value in OmegaConf.to_container(ROOT_CONFIG).items() if isinstance(value, dict) and key != "hydra"
]


@pytest.mark.parametrize("group", ["train", *SECTIONS])
def test_defaults_of_files_and_classes_agree(group):
    raw = OmegaConf.load(CONF / "train" / "default.yaml") if group == "train" else ROOT_CONFIG[group]
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
    config = validate_config(plain())
    assert config.seed == config.train.seed == config.cluster.seed == config.manifold.seed == 42
    assert config.data.name == "mnist"


def test_one_seed_reaches_every_group():
    config = validate_config(plain("seed=7"))
    seeded = {
        name: getattr(config, name) for name in type(config).model_fields if hasattr(getattr(config, name), "seed")
    }
    drawing = {name: group.seed for name, group in seeded.items() if "seed" in group.model_fields_set}
    assert set(drawing.values()) == {7}
    assert {"data", "train", "manifold", "cluster", "project", "evaluate", "report"} <= set(drawing)


def test_a_configuration_cannot_be_changed():
    config = validate_config(plain())
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        # unknown keys
        ("train.epoch", 3, r"^train\.epoch: no such key; did you mean train\.epochs\?"),
        ("train.corruption.blur", 1, r"^train\.corruption\.blur: no such key; choose from noise"),
        ("cluster.n_clusters", 3, r"^cluster\.n_clusters: no such key"),
        ("colour", "red", r"^colour: no such key; choose from stage"),
        # types
        ("train.epochs", "eight", r"^train\.epochs = 'eight': .*integer"),
        ("train.epochs", 2.5, r"^train\.epochs = 2\.5: .*integer"),
        ("train.deterministic", "yes", r"^train\.deterministic = 'yes': .*true or false"),
        ("train.learning_rate", "0.1", r"^train\.learning_rate = '0\.1': .*number"),
        ("neighbors.k", None, r"^neighbors\.k = null: .*integer"),
        ("model.encoder", "conv", r"^model\.encoder = 'conv': .*list"),
        ("cluster.estimator", None, r"^cluster\.estimator = null: .*group of keys"),
        # ranges
        ("train.epochs", 0, r"^train\.epochs = 0: .*greater than or equal to 1"),
        ("train.learning_rate", 0.0, r"^train\.learning_rate = 0\.0: .*greater than 0"),
        ("train.corruption.mask", 1.0, r"^train\.corruption\.mask = 1\.0: .*less than 1"),
        ("train.schedule", "linear", r"^train\.schedule = 'linear': .*'constant' or 'cosine'"),
        ("data.split", "validation", r"^data\.split = 'validation': .*'train', 'test' or 'all'"),
        ("refine.k", 1, r"^refine\.k = 1: .*greater than or equal to 2"),
        ("refine.gamma", 0.0, r"^refine\.gamma = 0\.0: .*greater than 0"),
        ("refine.tol", 1.0, r"^refine\.tol = 1\.0: .*less than 1"),
        (
            "refine.update_intervall",
            9,
            r"^refine\.update_intervall: no such key; did you mean refine\.update_interval\?",
        ),
        ("neighbors.k", 0, r"^neighbors\.k = 0"),
        ("neighbors.metric", "cosin", r"^neighbors\.metric = 'cosin': .*'euclidean' or 'cosine'"),
        ("model.std", [0.5], r"^model\.std = \[0\.5\]: needs model\.mean; the input is"),
        ("manifold.min_dist", -0.1, r"^manifold\.min_dist = -0\.1"),
        ("cluster.fit_size", 1, r"^cluster\.fit_size = 1"),
        ("report.dpi", 5, r"^report\.dpi = 5"),
        ("seed", -1, r"^seed = -1"),
        ("seed", 2**32, r"^seed = 4294967296"),
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
        validate_config(values)


def test_a_missing_key_is_named():
    values = plain()
    del values["cluster"]["estimator"]
    with pytest.raises(UserError, match=r"^cluster\.estimator: is missing"):
        validate_config(values)


def test_all_mistakes_are_reported_at_once():
    values = plain()
    values["train"]["epochs"] = 0
    values["report"]["dpi"] = 5
    with pytest.raises(UserError) as error:
        validate_config(values)
    assert [line.split(" = ")[0] for line in str(error.value).splitlines()] == ["train.epochs", "report.dpi"]


# Components


def test_extra_keys_of_a_component_are_arguments_of_its_target():
    component = Component(name="pca", _target_="pipeline.embedding.methods.pca", n_components=3, seed=1)
    assert component.arguments() == {"n_components": 3, "seed": 1}
    assert Component(name="none", _target_="some.thing").arguments() == {}


def test_an_argument_that_the_function_does_not_take_is_named(blobs):
    component = Component(name="pca", _target_="pipeline.embedding.methods.pca", dimensions=3)
    with pytest.raises(UserError, match=r"^manifold\.dimensions: no such key; choose from n_components, seed$"):
        call_component(component, "manifold", blobs.latents, blobs.graph)


def take_anything(latents, *, seed=0, **options):
    """A user's function, whose options are not named."""
    return sorted(options)


def test_a_function_that_takes_any_options_gets_them(blobs):
    component = Component(name="mine", _target_=f"{__name__}.take_anything", depth=3, width="x")
    assert call_component(component, "manifold", blobs.latents) == ["depth", "width"]


@pytest.mark.parametrize("group", ["manifold", "project"])
def test_an_argument_that_does_not_suit_the_data_is_named_by_its_key(blobs, group):
    component = Component(name="pca", _target_="pipeline.embedding.methods.pca", n_components=9)
    with pytest.raises(UserError, match=rf"^{group}\.n_components = 9: .* at most 8; "):
        call_component(component, group, blobs.latents, blobs.graph)


@pytest.mark.parametrize("path", ["pipeline.embedding.methods.nothing", "no.such.module", "nothing"])
def test_a_path_that_does_not_exist_is_named(path):
    with pytest.raises(UserError, match=rf"^manifold\._target_: {path} cannot be imported"):
        import_target(path, "manifold._target_")


# Instantiation


def test_nested_tables_are_built_first():
    spec = {"_target_": "sklearn.ensemble.BaggingClassifier", "estimator": {"_target_": "sklearn.svm.SVC", "C": 2.0}}
    assert instantiate(spec, "cluster.estimator", n_estimators=3).get_params()["estimator__C"] == 2.0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"k": 3}, r"^cluster\.estimator: has no _target_; give the dotted import path"),
        ({"_target_": "sklearn.cluster.KMean"}, r"^cluster\.estimator: sklearn\.cluster\.KMean cannot be imported"),
        ({"_target_": "sklearn.cluster.KMeans", "k": 3}, r"^cluster\.estimator: .* could not be built: .*argument 'k'"),
        (
            {"_target_": "sklearn.ensemble.BaggingClassifier", "estimator": {"_target_": "sklearn.svm.SVC", "c": 1}},
            r"^cluster\.estimator\.estimator: sklearn\.svm\.SVC could not be built",
        ),
        (
            {"_target_": "os.system", "command": "true"},
            r"^cluster\.estimator: os\.system could not be built: .*blocklisted",
        ),
        ({"_target_": "sklearn.cluster"}, r"^cluster\.estimator: .* is neither a class nor a function"),
    ],
)
def test_a_wrong_target_or_argument_is_named_by_its_key(spec, message):
    with pytest.raises(UserError, match=message):
        instantiate(spec, "cluster.estimator")


# Composition


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("cluster=gnn", r"^cluster = 'gnn': no such choice; choose from (\w+, )*agglomerative"),
        ("cluster.kk=3", r"^cluster\.kk: no such key"),
        ("train.epoch=3", r"^train\.epoch: no such key; did you mean train\.epochs\?"),
        ("train.epochs=some", r"^train\.epochs = 'some'"),
        ("a b", r"^cannot parse override 'a b'; expected key=value"),
        ("data=npz", r"^data\.path: needs a value; give data\.path="),
    ],
)
def test_a_wrong_override_is_one_line(override, message):
    with pytest.raises(UserError, match=message) as error:
        compose_config(override)
    assert "\n" not in str(error.value)


def test_configurations_can_be_composed_while_hydra_runs():
    """At the end of a sweep Hydra's global state belongs to the sweep."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    with initialize_config_dir(str(CONF), version_base="1.3"):
        running = GlobalHydra.instance().hydra
        assert compose_config("cluster=kmeans").cluster.name == "kmeans"
        assert GlobalHydra.instance().hydra is running


def test_experiments_and_sweeps_override_the_sections_of_the_root_file():
    assert compose_config("experiment=cnn64_elu").report.colour_bar
    assert compose_config("experiment=cnn64_elu", "report.colour_bar=false").report.colour_bar is False
