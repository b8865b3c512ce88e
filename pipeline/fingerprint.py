"""What makes two results the same: the configuration, the inputs, the code and the versions behind them."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from pipeline.backend import backend
from pipeline.paths import PACKAGE

# How a result is described, reported or refused does not change it.
NEUTRAL = {f"pipeline{name}" for name in ("", ".config", ".errors", ".mistakes", ".observer", ".build", ".quiet")}
# Of the configuration the values count, which stand in the facts; the schema only says which are allowed.
SCHEMA = "pipeline.config."
DISTRIBUTIONS = {
    "tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn", "umap": "umap-learn", "faiss": "faiss-cpu",
    "openTSNE": "openTSNE", "numpy": "numpy", "scipy": "scipy", "PIL": "pillow", "matplotlib": "matplotlib",
}  # fmt: skip


def fingerprint(stage: str, config: Mapping[str, Any], inputs: Mapping[str, str], source: str = "") -> str:
    """Return the SHA-256 of everything a stage's result depends on.

    `config` is the stage's own slice, `inputs` the fingerprints of the artifacts it takes, `source` identifies
    files outside the project that it reads. Code counts without comments and docstrings; of the installed
    packages, those that this code imports.
    """
    reached, packages = closure(f"pipeline.stages.{stage}", *_dotted_paths(config))
    modules = {name for name in reached if not _neutral(name)}
    facts = {
        "stage": stage,
        "config": config,
        "inputs": inputs,
        "source": source,
        "code": {name: code_digest(name) for name in sorted(modules)},
        "versions": {name: _version(name) for name in sorted(packages & set(DISTRIBUTIONS))},
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    pages = {name: digest for module in sorted(modules) for name, digest in page_digests(module).items()}
    facts |= {"pages": pages} if pages else {}
    facts |= _calculated() if "keras" in packages else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _calculated() -> dict[str, str]:
    """What a network's numbers depend on beside Keras, where it is not TensorFlow, which is imported anyway."""
    name = backend()
    return {} if name == "tensorflow" else {"backend": f"{name} {metadata.version(name)}"}


def _dotted_paths(value: Any) -> Iterator[str]:
    """Every string in a configuration that may be an import path."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _dotted_paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dotted_paths(item)
    elif isinstance(value, str) and "." in value and all(part.isidentifier() for part in value.split(".")):
        yield value


def _neutral(module: str) -> bool:
    return module in NEUTRAL or module.startswith(SCHEMA)


def closure(*paths: str) -> tuple[set[str], set[str]]:
    """Return the project's modules that the given dotted paths lead to, and the top-level packages those import."""
    waiting, modules, packages = list(paths), set[str](), set[str]()
    while waiting:
        path = waiting.pop()
        module = _module(path)
        if module is None:
            packages.add(path.split(".")[0])
        elif module not in modules:
            modules.add(module)
            if not _neutral(module):
                waiting.extend(_imports(module))
    return modules, packages


@cache
def _module(path: str) -> str | None:
    """The project's module that a dotted path lies in: `pipeline.knn.exact` lies in `pipeline.knn`."""
    parts = path.split(".")
    if parts[0] != "pipeline":
        return None
    while parts:
        base = PACKAGE.joinpath(*parts[1:])
        if base.with_suffix(".py").is_file() or (base / "__init__.py").is_file():
            return ".".join(parts)
        parts.pop()
    return None


def _source(module: str) -> str:
    base = PACKAGE.joinpath(*module.split(".")[1:])
    file = base.with_suffix(".py")
    file = file if file.is_file() else base / "__init__.py"
    return file.read_text(encoding="utf-8")


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(_source(module))


@cache
def _imports(module: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(found)


@cache
def code_digest(module: str) -> str:
    """Return the SHA-256 of a module's code without comments, docstrings and layout."""
    tree = ast.parse(_source(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


@cache
def page_digests(module: str) -> dict[str, str]:
    """Return the SHA-256 of each template, style sheet and script that a module names, by its path in the package."""
    named = {node.value for node in ast.walk(_tree(module)) if isinstance(node, ast.Constant)}
    wanted = sorted(name for name in named if isinstance(name, str) and name.endswith((".j2", ".css", ".js")))
    folder = PACKAGE.joinpath(*module.split(".")[1:-1])
    files = [folder / name if (folder / name).is_file() else PACKAGE / name for name in wanted]
    return {f.relative_to(PACKAGE).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(DISTRIBUTIONS[package])
    except metadata.PackageNotFoundError:
        return "absent"
