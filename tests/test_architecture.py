"""The rules that keep the rooms apart: who imports what, who sees labels, and what everything is called."""

import ast
import importlib
import inspect
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pipeline.artifacts.base import Artifact
from pipeline.workflow.actions import ACTIONS
from pipeline.workflow.fingerprint import _module, closure
from pipeline.workflow.recipe import PRODUCER, RECIPE, STEPS, Artifacts, artifact_type

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "pipeline"
FILES = sorted(PACKAGE.rglob("*.py"))

BASE = ("runtime", "config", "artifacts")
ROOMS = {
    "runtime": (),
    "config": ("runtime",),
    "artifacts": ("runtime", "config"),
    "data": BASE,
    "embedding": (*BASE, "data"),
    "clustering": (*BASE, "data", "embedding"),
    "models": (*BASE, "data", "embedding", "clustering"),
    "pages": BASE,
    "stages": (*BASE, "data", "embedding", "clustering", "models", "pages"),
    "tracking": BASE,
    "workflow": (*BASE, "data", "embedding", "clustering", "models", "pages", "stages", "tracking"),
}
"""The rooms that each room may import; `cli` and the public API may import all."""

OWNERS = {
    "mlflow": {"tracking"},
    "hydra": {"config", "cli", "__main__"},
    "tensorflow": {"models"},
    "keras": {"models"},
}
"""The only rooms that may import these packages."""

SEES_LABELS = {"evaluate", "report", "explorer", "label", "spaces", "export", "quality", "tree"}
"""Scoring, also of the cuts of a tree, showing, exporting, simulated labelling, search for wrong labels.

Only report reads what they produce.
"""

HEAVY = {"tensorflow", "keras", "sklearn", "umap", "openTSNE", "faiss", "mlflow", "matplotlib", "hydra", "pandas"}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path):
    """The syntax tree of a file, which is parsed once for all tests: it must not be changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path, *, type_checking=True):
    """Every name that a file imports, at its top or inside a function."""
    statements = [
        node
        for node in tree(path).body
        if type_checking or not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    for node in (node for statement in statements for node in ast.walk(statement)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules(path, *, type_checking=True):
    """The project's modules that a file imports."""
    return {module for name in imports(path, type_checking=type_checking) if (module := _module(name))}


def public(body):
    kinds = ast.FunctionDef | ast.ClassDef
    return [node for node in body if isinstance(node, kinds) and not node.name.startswith("_")]


# Rooms and imports


def test_only_the_entry_points_and_the_public_api_are_at_the_top():
    assert {path.name for path in PACKAGE.iterdir() if path.is_file()} == {
        "__init__.py", "__main__.py", "py.typed", "api.py", "estimator.py",
    }  # fmt: skip
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == {*ROOMS, "cli"}


def test_a_room_imports_only_the_rooms_below_it():
    assert not [
        f"{name_of(path)} imports {module}"
        for path in FILES
        if room(path) in ROOMS
        for module in modules(path) - {"pipeline"}
        if module.split(".")[1] not in (room(path), *ROOMS[room(path)])
    ]


def test_a_stage_imports_no_other_stage():
    assert not [
        f"{name_of(path)} imports {module}"
        for path in (PACKAGE / "stages").rglob("*.py")
        for module in modules(path)
        if module.startswith("pipeline.stages.")
        and module.split(".")[2] != path.relative_to(PACKAGE / "stages").parts[0].removesuffix(".py")
    ]


def test_libraries_are_imported_by_the_rooms_that_own_them():
    assert not [
        f"{name_of(path)} imports {package}"
        for path in FILES
        for package in {name.partition(".")[0] for name in imports(path)}
        if room(path) not in OWNERS.get(package, {room(path)})
    ]


def test_there_is_no_import_cycle_between_files():
    """Imports inside functions count too; a package counts as its __init__ file."""
    graph = {module_of(path): modules(path) - {module_of(path)} for path in FILES}
    TopologicalSorter(graph).prepare()  # raises a CycleError that names the cycle


def test_tracking_is_imported_by_its_public_names():
    outside = [path for path in FILES if room(path) != "tracking"]
    assert not {module for path in outside for module in modules(path) if module.startswith("pipeline.tracking.")}


def test_artifacts_are_imported_from_their_own_files():
    """A stage's fingerprint covers the code that it imports; from the package that would be all artifacts."""
    outside = [path for path in FILES if room(path) not in ("artifacts", "workflow")]
    assert not [name_of(path) for path in outside if "pipeline.artifacts" in set(imports(path))]


@pytest.mark.parametrize("modules", ["pipeline.config, pipeline.artifacts", "pipeline.__main__, pipeline.cli.help"])
def test_the_base_and_the_command_line_import_nothing_heavy(modules):
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT)
    assert not HEAVY & set(loaded.split())


# Labels


def stage_function(name):
    return getattr(importlib.import_module(f"pipeline.stages.{name}"), name)


@pytest.mark.parametrize("name", [*STEPS, *ACTIONS])
def test_labels_reach_only_scoring_showing_and_simulation(name):
    parameters = inspect.signature(stage_function(name)).parameters.values()
    labelled = [p.name for p in parameters if "labels" in p.name.lower() or "Labels" in str(p.annotation)]
    assert labelled == (["labels"] if name in SEES_LABELS else [])


@pytest.mark.parametrize("step", RECIPE, ids=lambda step: step.name)
def test_the_recipe_gives_labels_to_the_same_stages(step):
    assert ("labels" in step.inputs) == (step.name in SEES_LABELS)


def test_results_computed_from_labels_are_only_reported():
    derived = {artifact for step in RECIPE if "labels" in step.inputs for artifact in step.outputs}
    assert {step.name for step in RECIPE if derived & set(step.inputs)} == {"report"}


def test_images_are_picked_for_labelling_without_labels():
    from pipeline.stages.label import active_learning

    path = Path(active_learning.__file__)
    for function in (getattr(active_learning, node.name) for node in public(tree(path).body)):
        parameters = set(inspect.signature(function).parameters)
        assert not [name for name in parameters if any(word in name for word in ("label", "truth", "answer"))]
    assert not {"pipeline.artifacts.labels", "pipeline.clustering.metrics"} & set(imports(path))


@pytest.mark.parametrize("stage", sorted(set(STEPS) - SEES_LABELS - {"data"}))
def test_code_of_unsupervised_stages_knows_no_labels(stage):
    """The fingerprint of such a stage does not change either when the type of the labels does."""
    reached = closure(f"pipeline.stages.{stage}").modules
    assert not {"pipeline.artifacts.labels", "pipeline.clustering.metrics"} & reached


# The recipe


def test_data_flows_from_top_to_bottom():
    available = set()
    for step in RECIPE:
        assert set(step.inputs) <= available, f"{step.name} reads an artifact of a later stage"
        available |= set(step.outputs)
    assert available == set(PRODUCER) == set(Artifacts.__annotations__)


@pytest.mark.parametrize("step", RECIPE, ids=lambda step: step.name)
def test_a_row_of_the_recipe_matches_its_function_and_the_stage(step):
    """The groups and inputs of the row are those that its function reads, and those that the stage takes."""
    body = ast.parse(inspect.getsource(step.compute))
    attributes = [
        node for node in ast.walk(body) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    used = {name: {node.attr for node in attributes if node.value.id == name} for name in ("config", "inputs")}
    assert used == {"config": set(step.groups), "inputs": set(step.inputs)}
    parameters = inspect.signature(stage_function(step.name)).parameters
    assert list(parameters) == ["config", *step.groups[1:], *step.inputs, "observer"]
    for name in step.inputs:
        assert parameters[name].annotation == artifact_type(name).__name__


def test_a_stage_may_define_the_type_of_its_result(monkeypatch):
    kind = type("Sharpness", (Artifact,), {})
    monkeypatch.setattr(importlib.import_module("pipeline.stages.extract"), "Sharpness", kind, raising=False)
    monkeypatch.setitem(Artifacts.__annotations__, "latents", "Sharpness")
    assert artifact_type("latents") is kind
    monkeypatch.setitem(Artifacts.__annotations__, "latents", "Blur")
    with pytest.raises(TypeError, match="Blur, the type of latents, is neither an artifact nor a class of its stage"):
        artifact_type("latents")


def test_every_stage_has_a_module_and_every_module_a_stage():
    files = {path.stem for path in (PACKAGE / "stages").glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in (PACKAGE / "stages").glob("*/__init__.py")}
    assert files | folders == {*STEPS, *ACTIONS}
    assert not set(STEPS) & set(ACTIONS)


@pytest.mark.parametrize("path", sorted((PACKAGE / "stages").glob("*.py")), ids=name_of)
def test_a_stage_module_has_one_public_function_named_like_it(path):
    """It may also define the type of its result, if no other stage reads it."""
    if path.stem != "__init__":
        nodes = public(tree(path).body)
        (function,) = [node for node in nodes if isinstance(node, ast.FunctionDef)]
        assert function.name == path.stem
        returned = {node.id for node in ast.walk(function.returns) if isinstance(node, ast.Name)}
        assert {node.name for node in nodes if isinstance(node, ast.ClassDef)} <= returned


# Names and documentation


def test_arrays_are_memory_mapped_in_one_place():
    """There a lock is held, without which threads that open files at the same time may fail."""
    assert [name_of(path) for path in FILES if "mmap_mode" in path.read_text(encoding="utf-8")] == [
        "runtime/array_files.py"
    ]


def test_public_names_are_unique():
    names = Counter(node.name for path in FILES for node in public(tree(path).body))
    stages = {*STEPS, *ACTIONS}  # a configuration class and a stage may share a word in different case only
    assert not {name: count for name, count in names.items() if count > 1 and name not in stages | {"main"}}


VAGUE = {"found", "told", "said", "drawn", "kept", "known", "shown", "own", "place", "theirs", "one"}


def test_identifiers_say_what_they_are():
    counts = Counter()
    for path in FILES:
        for node in ast.walk(tree(path)):
            for field in ("id", "arg", "attr", "name"):
                value = getattr(node, field, None)
                if isinstance(value, str) and value.lstrip("_") in VAGUE:
                    counts[f"{name_of(path)}: {value}"] += 1
    assert counts.total() < 100, counts.most_common(10)


def undocumented(path):
    """The module and its public classes, functions and methods that have no docstring."""
    module = tree(path)
    nodes = [module, *public(module.body)]
    nodes += [item for node in public(module.body) if isinstance(node, ast.ClassDef) for item in public(node.body)]
    return [f"{name_of(path)}: {getattr(node, 'name', 'module')}" for node in nodes if not ast.get_docstring(node)]


def test_everything_public_is_documented():
    assert not [name for path in FILES for name in undocumented(path)]


def test_a_module_is_one_idea():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert not {name: length for name, length in lengths.items() if length > 350}
