"""Python source as a fingerprint sees it: what it imports, its digest, and the files of the user's own modules."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import cache
from importlib import metadata, util
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from typing import NamedTuple

INSTALLED = frozenset(("site-packages", "dist-packages"))
"""Folders of installed packages, of which the version counts instead of the source."""


class UserModule(NamedTuple):
    """A module outside the package that is not installed: its dotted name, its file, and whether it is a package."""

    name: str
    file: Path
    is_package: bool


def find_user_module(path: str) -> UserModule | None:
    """Return the user's module that contains the object at a dotted path, without importing it.

    None if nothing there can be imported, or if it belongs to the standard library or an installed package.
    """
    top, *rest = path.split(".")
    if top in sys.stdlib_module_names:
        return None
    try:
        spec = util.find_spec(top)
    except (ImportError, ValueError):
        return None
    module = _user_module(spec)
    for depth in range(2, len(rest) + 2):
        folders = list(spec.submodule_search_locations or ()) if spec else []
        spec = _find_in(folders, ".".join([top, *rest][:depth]))
        module = _user_module(spec) or module
    return module


def _find_in(folders: list[str], name: str) -> ModuleSpec | None:
    """The module of a dotted name in these folders; Python's own search would need its parent to be imported."""
    loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceFileLoader, SOURCE_SUFFIXES)
    specs = (FileFinder(folder, *loaders).find_spec(name) for folder in folders)
    return next((spec for spec in specs if spec is not None), None)


def _user_module(spec: ModuleSpec | None) -> UserModule | None:
    if spec is None or not spec.has_location or spec.origin is None or _is_installed(spec.name, Path(spec.origin)):
        return None
    return UserModule(spec.name, Path(spec.origin), spec.submodule_search_locations is not None)


def _is_installed(name: str, file: Path) -> bool:
    """Whether a module belongs to an installed package, also one that `pip install --target` put in any folder."""
    if INSTALLED & set(file.parts):
        return True
    top, *rest = name.split(".")
    is_package = file.stem == "__init__"
    return top in _installed_names(file.parents[len(rest) + is_package])


@cache
def _installed_names(folder: Path) -> frozenset[str]:
    """Top-level modules and packages in a folder that stand in the record of an installed distribution there."""
    records = (distribution.read_text("RECORD") for distribution in metadata.distributions(path=[str(folder)]))
    names = (line.split(",")[0].split("/")[0] for record in records if record for line in record.splitlines())
    return frozenset(name.removesuffix(".py") for name in names)


def user_code_digest(module: UserModule) -> str:
    """Return the SHA-256 of the module's code, or of the bytes of a file that is not Python source."""
    if module.file.suffix != ".py":
        return hashlib.sha256(module.file.read_bytes()).hexdigest()
    return digest_code(ast.parse(_read(module)))


def user_imports(module: UserModule) -> tuple[str, ...]:
    """Return the dotted paths that the module imports, relative ones included, and the packages that contain it."""
    parents = tuple(module.name.rsplit(".", 1)[:-1])
    if module.file.suffix != ".py":
        return parents
    package = module.name if module.is_package else "".join(parents)
    return (*parents, *imported_paths(ast.parse(_read(module)), package))


def _read(module: UserModule) -> str:
    return util.decode_source(module.file.read_bytes())


def imported_paths(tree: ast.Module, package: str = "") -> Iterator[str]:
    """Yield the dotted path of each import anywhere in the tree of a module; relative ones start from `package`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def digest_code(tree: ast.Module) -> str:
    """Return the SHA-256 of a module's code without comments, layout, docstrings and texts below constants.

    The tree loses these texts.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a text alone, which does nothing."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def installed_version(distribution: str, package: str) -> str:
    """Return the version of a distribution, of others that provide its package (`tensorflow-cpu`), or `absent`."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        others = package_versions(package)
        return ", ".join(f"{name} {version}" for name, version in others.items()) or "absent"


def package_versions(package: str) -> dict[str, str]:
    """Return the version of each installed distribution that provides a top-level package, by distribution."""
    return {name: metadata.version(name) for name in _distributions().get(package, [])}


@cache
def _distributions() -> dict[str, list[str]]:
    return {package: sorted(set(names)) for package, names in metadata.packages_distributions().items()}
