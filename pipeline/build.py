"""Turn a `_target_` table from a YAML file into the object it names.

It does what Hydra's `instantiate` does with such tables, without Hydra, so that the stages run where it is not wanted.
"""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from pipeline.config import Component
from pipeline.errors import ArgumentError, UserError


def build(spec: Mapping[str, Any], where: str, *args: Any, **extra: Any) -> Any:
    """Call `spec["_target_"]` with its other keys, then `extra`, as arguments; tables within are built first.

    `where` is the configuration key named in the `UserError` that any failure becomes: an import path that does not
    exist, an argument that the target does not know, a value that it refuses.
    """
    if "_target_" not in spec:
        raise UserError(f"{where}: has no _target_; give the dotted import path of what is to be built")
    target = spec["_target_"]
    keys = {key: _inner(value, f"{where}.{key}") for key, value in spec.items() if key != "_target_"}
    function = find(str(target), where)
    try:
        return function(*args, **keys | extra)
    except (TypeError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise UserError(f"{where}: {target} could not be built: {reason}") from error


def _inner(value: Any, where: str) -> Any:
    """The value with every table in it that has a `_target_` built."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            return build(value, where)
        return {key: _inner(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_inner(item, f"{where}[{place}]") for place, item in enumerate(value)]
    return value


def find(path: str, where: str) -> Any:
    """Import the function or class with the dotted `path`; a `UserError` names `where` it was asked for."""
    try:
        return _get(path)
    except (ImportError, ValueError, AttributeError) as error:
        raise UserError(f"{where}: {path} cannot be imported ({error}); give a dotted import path") from error


def _get(path: str) -> Any:
    """The object at a dotted path: the longest module that can be imported, then attributes of it."""
    module, _, name = path.rpartition(".")
    if not module:
        raise ValueError("it has no dot")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        # The part before the last dot may be a class; an import that fails within a module is another matter.
        if "." not in module or not (error.name and f"{module}.".startswith(f"{error.name}.")):
            raise
        return getattr(_get(module), name)


def call(component: Component, where: str, *inputs: Any, **extra: Any) -> Any:
    """Call the function that a component's file names with `inputs`, its own keys and those of `extra` it knows.

    A key that the function does not know becomes a `UserError` before anything runs. The function's own errors pass;
    an argument that it says does not suit its inputs is named by its key.
    """
    function = find(component.target, f"{where}._target_")
    known = inspect.signature(function).parameters
    arguments = component.arguments() | extra
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
    for key in component.arguments():
        if key not in known and not open_ended:
            choices = ", ".join(list(known)[len(inputs) :])
            raise UserError(f"{where}.{key}: {component.target} does not take it; it takes {choices}")
    try:
        return function(*inputs, **arguments)
    except ArgumentError as error:
        raise UserError(f"{where}.{error}") from error
