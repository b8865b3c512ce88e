"""Fingerprints of results: configuration, inputs, code and package versions."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

from pipeline.runtime.keras_backend import keras_backend
from pipeline.runtime.paths import PACKAGE
from pipeline.workflow.python_source import (
    UserModule,
    digest_code,
    find_user_module,
    imported_paths,
    installed_version,
    package_versions,
    user_code_digest,
    user_imports,
)

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
    "numba": "numba", "imagecodecs": "imagecodecs", "onnxruntime": "onnxruntime",
}  # fmt: skip

COMPILERS = {"umap": {"numba"}}
"""Packages that compile another's code as it runs, so that their versions decide its bits too."""


class Closure(NamedTuple):
    """What dotted paths lead to: the project's modules, the top-level packages that they import, and the user's code.

    `user_modules` are outside the project and not installed, by dotted name; `user_packages` are the top-level packages
    that the paths themselves or the user's modules name.
    """

    modules: set[str]
    packages: set[str]
    user_modules: dict[str, UserModule]
    user_packages: set[str]


def fingerprint(stage: str, config: Mapping[str, Any], inputs: Mapping[str, str], source: str = "") -> str:
    """Return the SHA-256 of everything a stage's result depends on.

    `config` has the stage's configuration groups, `inputs` the fingerprints of its input artifacts, and `source`
    identifies files outside the project that it reads. Code counts without comments and docstrings: the project's, and
    the user's own that `_target_` names, with all of the user's modules that it imports. Versions count of the packages
    that this code imports. Limitation: code that is defined in a notebook itself does not count.
    """
    reached = closure(f"pipeline.stages.{stage}", *_dotted_paths(config))
    packages = reached.packages | {name for package in reached.packages for name in COMPILERS.get(package, ())}
    modules = {name for name in reached.modules if not _is_neutral(name)}
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
    facts |= _user_code(reached)
    facts |= _keras_backend() if "keras" in packages else {}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _user_code(reached: Closure) -> dict[str, dict[str, str]]:
    """The digests of the user's modules, and the versions of the packages that only they or the configuration name."""
    code = {name: user_code_digest(module) for name, module in reached.user_modules.items()}
    others = reached.user_packages - set(DISTRIBUTIONS)
    versions = {name: version for package in others for name, version in package_versions(package).items()}
    return ({"user_code": code} if code else {}) | ({"user_versions": versions} if versions else {})


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


def closure(*paths: str) -> Closure:
    """Return the modules and packages that dotted paths lead to, and those that these modules import."""
    reached = Closure(set(), set(), {}, set())
    pending = [(path, True) for path in paths]
    while pending:
        path, is_users = pending.pop()
        module = _module(path)
        if module is None:
            pending.extend((name, True) for name in _add_outside(reached, path, is_users))
        elif module not in reached.modules:
            reached.modules.add(module)
            if not _is_neutral(module):
                pending.extend((name, False) for name in _facts(module).imports)
    return reached


def _add_outside(reached: Closure, path: str, is_users: bool) -> tuple[str, ...]:
    """Add what a dotted path outside the project leads to, and return what it imports, if it is the user's code."""
    package = path.split(".")[0]
    reached.packages.add(package)
    if not is_users:
        return ()
    reached.user_packages.add(package)
    module = find_user_module(path)
    if module is None or module.name in reached.user_modules:
        return ()
    reached.user_modules[module.name] = module
    return user_imports(module)


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


class ModuleFacts(NamedTuple):
    """What a fingerprint needs to know of one of the project's modules."""

    imports: tuple[str, ...]
    pages: tuple[str, ...]
    code: str


@cache
def _facts(module: str) -> ModuleFacts:
    """Parse a module once: every command does this for each module that its stages reach."""
    tree = ast.parse(_source(module))
    constants = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    pages = sorted(name for name in constants if isinstance(name, str) and name.endswith((".j2", ".css", ".js")))
    return ModuleFacts(tuple(imported_paths(tree)), tuple(pages), digest_code(tree))


def code_digest(module: str) -> str:
    """Return the SHA-256 of a module's code without comments, docstrings and layout."""
    return _facts(module).code


@cache
def page_digests(module: str) -> dict[str, str]:
    """Return the SHA-256 of each template, style sheet and script that a module names, by its path in the package."""
    names = _facts(module).pages
    folder = PACKAGE.joinpath(*module.split(".")[1:-1])
    files = [folder / name if (folder / name).is_file() else PACKAGE / "pages" / name for name in names]
    return {f.relative_to(PACKAGE).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


@cache
def _version(package: str) -> str:
    return installed_version(DISTRIBUTIONS[package], package)
