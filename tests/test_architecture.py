"""The rules that keep the parts apart: who may see labels, who may import what, and that everything says what it is."""

import ast
import importlib
import inspect
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pipeline.fingerprint import _module, closure
from pipeline.recipe import MAKER, RECIPE, TYPES
from pipeline.stage_names import ON_DEMAND, STAGES

PACKAGE = Path(__file__).parent.parent / "pipeline"
FILES = sorted(PACKAGE.rglob("*.py"))
STAGE_FILES = sorted(path for path in (PACKAGE / "stages").glob("*.py") if path.stem != "__init__")
BASE = [path for path in FILES if set(path.relative_to(PACKAGE).with_suffix("").parts) & {
    "artifacts", "config", "errors", "observer", "recipe", "stage_names",
}]  # fmt: skip
SCORING = {"evaluate", "report"}
SHOWING = {"explorer"}  # it puts labels beside the clusters on its page, and gives nothing that another stage takes
SIMULATING = {"label"}  # it plays the person who labels, to measure what labels buy; what it picks for them is blind
HEAVY = {"tensorflow", "keras", "sklearn", "umap", "openTSNE", "faiss", "mlflow", "matplotlib", "hydra", "pandas"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(path):
    """The project's modules that a file imports, at its top or inside a function."""
    return {module for name in imports(path) if (module := _module(name))}


def packages(path):
    return {module.partition(".")[0] for module in imports(path)}


def public(body):
    kinds = ast.FunctionDef | ast.ClassDef
    return [node for node in body if isinstance(node, kinds) and not node.name.startswith("_")]


def stage(path):
    module = importlib.import_module(f"pipeline.stages.{path.stem}")
    return inspect.signature(getattr(module, path.stem))


# Labels


@pytest.mark.parametrize("path", STAGE_FILES, ids=name_of)
def test_labels_reach_what_scores_or_shows_alone(path):
    signature = stage(path)
    taken = [
        parameter.name
        for parameter in signature.parameters.values()
        if "labels" in parameter.name.lower() or "Labels" in str(parameter.annotation)
    ]
    assert taken == (["labels"] if path.stem in SCORING | SHOWING | SIMULATING else [])
    assert ("Labels" in str(signature.return_annotation)) == (path.stem == "data")


def test_the_recipe_hands_labels_to_the_same_stages():
    assert {step.name for step in RECIPE if "labels" in step.takes} == SCORING | SHOWING
    assert MAKER["labels"].name == "data"


def test_what_shows_labels_hands_nothing_on():
    shown = {artifact for step in RECIPE if step.name in SHOWING for artifact in step.gives}
    assert not [step.name for step in RECIPE if shown & set(step.takes)]


def test_what_picks_images_for_a_person_sees_no_label():
    from pipeline.labelling import pick

    for function in (getattr(pick, node.name) for node in public(tree(PACKAGE / "labelling" / "pick.py").body)):
        names = set(inspect.signature(function).parameters)
        assert not [name for name in names if any(word in name for word in ("label", "truth", "answer"))]
    assert not {"pipeline.artifacts.labels", "pipeline.metrics"} & set(imports(PACKAGE / "labelling" / "pick.py"))


@pytest.mark.parametrize("stage", sorted(set(STAGES) - SCORING - SHOWING - {"data"}))
def test_nothing_that_an_unsupervised_stage_leads_to_knows_of_labels(stage):
    """Not even its fingerprint changes when the labels' type does."""
    modules, _ = closure(f"pipeline.stages.{stage}")
    assert "pipeline.artifacts.labels" not in modules


@pytest.mark.parametrize("path", STAGE_FILES, ids=name_of)
def test_only_who_sees_labels_may_compare_clusters_with_them(path):
    assert "pipeline.metrics" not in set(imports(path)) or path.stem in SCORING


# The recipe


def test_the_recipe_flows_forward():
    made = set()
    for step in RECIPE:
        assert set(step.takes) <= made, f"{step.name} takes what is made later"
        made |= set(step.gives)
    assert [step.name for step in RECIPE] == list(STAGES)
    assert made == set(TYPES)


@pytest.mark.parametrize("step", RECIPE, ids=lambda step: step.name)
def test_a_stage_takes_what_the_recipe_gives_it_and_says_so(step):
    """Configurations first, then artifacts by their names, annotated with their types, then the observer."""
    parameters = list(inspect.signature(step.function()).parameters.values())
    assert parameters[0].name == "config"
    assert [parameter.name for parameter in parameters[1:]] == [*step.config[1:], *step.takes, "observer"]
    for parameter in parameters[len(step.config) : -1]:
        assert parameter.annotation == TYPES[parameter.name].rpartition(".")[2]


# Stage files


def test_there_is_a_file_for_each_stage():
    assert {path.stem for path in STAGE_FILES} == set(STAGES) | set(ON_DEMAND)
    assert not set(STAGES) & set(ON_DEMAND)


@pytest.mark.parametrize("path", STAGE_FILES, ids=name_of)
def test_a_stage_file_has_one_public_function_named_as_the_file(path):
    assert [node.name for node in public(tree(path).body)] == [path.stem]


# Imports


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name != "artifacts"], ids=name_of)
def test_artifacts_are_imported_from_their_own_files(path):
    """A stage's fingerprint holds the code of what it imports; from the package that would be all artifacts."""
    assert "pipeline.artifacts" not in set(imports(path))


def test_mlflow_is_imported_by_tracking_alone():
    importing = {path for path in FILES if "mlflow" in packages(path)}
    assert {path.parent for path in importing} == {PACKAGE / "tracking"}
    assert {path.stem for path in importing} == {"client", "store", "run", "models"}


def test_a_store_is_asked_for_by_its_package_and_not_by_its_parts():
    """Who keeps runs knows no more of the tracking than it gives; its parts may change behind it."""
    outside = [path for path in FILES if path.parent != PACKAGE / "tracking"]
    assert not {name for path in outside for name in modules(path) if name.startswith("pipeline.tracking.")}


@pytest.mark.parametrize("path", STAGE_FILES, ids=name_of)
def test_stages_know_nothing_of_what_runs_them(path):
    assert not {"hydra", "mlflow", "omegaconf", "time", "logging"} & packages(path)
    above = tuple(f"pipeline.{name}" for name in ("tracking", "run", "flow", "job", "console", "recipe"))
    assert not [module for module in imports(path) if module.startswith(above)]


@pytest.mark.parametrize("path", BASE, ids=name_of)
def test_the_base_imports_no_stage_and_no_tracker(path):
    above = tuple(f"pipeline.{name}" for name in ("stages", "run", "tracking", "models"))
    assert not [module for module in imports(path) if module.startswith(above)]


@pytest.mark.parametrize("name", ["metrics.py", "knn.py", "embeddings.py"])
def test_what_works_on_arrays_needs_no_keras(name):
    assert not {"keras", "tensorflow", "mlflow", "hydra"} & packages(PACKAGE / name)


@pytest.mark.parametrize("modules", ["pipeline.config, pipeline.artifacts", "pipeline.__main__, pipeline.help"])
def test_the_typed_base_and_the_command_line_import_nothing_heavy(modules):
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=PACKAGE.parent)
    assert not HEAVY & set(loaded.split())


def test_no_import_goes_round_in_a_circle():
    """Not at the top of the files, where it would fail or depend on who comes first."""
    leads = {module_of(path): modules_at_the_top(path) - {module_of(path)} for path in FILES}
    TopologicalSorter(leads).prepare()  # raises a CycleError that names the circle


def module_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules_at_the_top(path):
    names = []
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return {module for name in names if (module := _module(name))}


# Words


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_public_says_what_it_is(path):
    module = tree(path)
    assert ast.get_docstring(module), "the file has no docstring"
    for node in public(module.body):
        assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            silent = [item.name for item in public(node.body) if not ast.get_docstring(item)]
            assert not silent, f"{node.name} has methods without a docstring"
