"""Fingerprints of results: configuration, inputs, code and package versions."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any

from pipeline.runtime.keras_backend import keras_backend
from pipeline.runtime.paths import PACKAGE

NEUTRAL = {
    "pipeline", "pipeline.runtime.errors", "pipeline.runtime.observer", "pipeline.runtime.stderr",
    "pipeline.runtime.resource_errors",
}  # fmt: skip
"""Modules that do not change a result: they describe, report or refuse it."""

SCHEMA, RESEED = "pipeline.config", "pipeline.config.reseed"
"""The schema only restricts values, which are part of the fingerprint; the module that changes seeds does count."""

DISTRIBUTIONS = {
    "tensorflow": "tensorflow", "keras": "keras", "sklearn": "scikit-learn", "umap": "umap-learn", "faiss": "faiss-cpu",
    "openTSNE": "openTSNE", "numpy": "numpy", "scipy": "scipy", "PIL": "pillow", "matplotlib": "matplotlib",
}  # fmt: skip


def fingerprint(stage: str, config: Mapping[str, Any], inputs: Mapping[str, str], source: str = "") -> str:
    """Return the SHA-256 of everything a stage's result depends on.

    `config` has the stage's configuration groups, `inputs` the fingerprints of its input artifacts, and `source`
    identifies files outside the project that it reads. Code counts without comments and docstrings. Versions count of
    the packages that this code imports.
    """
    imported, packages = closure(f"pipeline.stages.{stage}", *_dotted_paths(config))
    modules = {name for name in imported if not _is_neutral(name)}
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
    facts |= _keras_backend() if "keras" in packages else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _keras_backend() -> dict[str, str]:
    """The backend of Keras and its version; TensorFlow counts anyway, because the input pipeline imports it."""
    name = keras_backend()
    return {} if name == "tensorflow" else {"backend": f"{name} {metadata.version(name)}"}


def _dotted_paths(value: Any) -> Iterator[str]:
    """All strings in a configuration that may be import paths."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _dotted_paths(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dotted_paths(item)
    elif isinstance(value, str) and "." in value and all(part.isidentifier() for part in value.split(".")):
        yield value


def _is_neutral(module: str) -> bool:
    return module in NEUTRAL or (f"{module}.".startswith(f"{SCHEMA}.") and module != RESEED)


def closure(*paths: str) -> tuple[set[str], set[str]]:
    """Return the project's modules that dotted paths lead to, and the top-level packages that these modules import."""
    pending, modules, packages = list(paths), set[str](), set[str]()
    while pending:
        path = pending.pop()
        module = _module(path)
        if module is None:
            packages.add(path.split(".")[0])
        elif module not in modules:
            modules.add(module)
            if not _is_neutral(module):
                pending.extend(_imports(module))
    return modules, packages


@cache
def _module(path: str) -> str | None:
    """The project's module that contains the object at a dotted path."""
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
    names: list[str] = []
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(names)


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
    constants = {node.value for node in ast.walk(_tree(module)) if isinstance(node, ast.Constant)}
    names = sorted(name for name in constants if isinstance(name, str) and name.endswith((".j2", ".css", ".js")))
    folder = PACKAGE.joinpath(*module.split(".")[1:-1])
    files = [folder / name if (folder / name).is_file() else PACKAGE / "pages" / name for name in names]
    return {f.relative_to(PACKAGE).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(DISTRIBUTIONS[package])
    except metadata.PackageNotFoundError:
        return "absent"
