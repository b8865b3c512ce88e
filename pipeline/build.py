"""Turn a `_target_` table from a YAML file into the object it names."""

import inspect
from collections.abc import Mapping
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate

from pipeline.config import Component
from pipeline.errors import UserError


def build(spec: Mapping[str, Any], where: str, *args: Any, **extra: Any) -> Any:
    """Call `spec["_target_"]` with its other keys, then `extra`, as arguments.

    `where` is the configuration key named in the `UserError` that any failure becomes: an import path that does not
    exist, an argument that the target does not know, a value that it refuses.
    """
    if "_target_" not in spec:
        raise UserError(f"{where}: has no _target_; give the dotted import path of what is to be built")
    try:
        return instantiate(dict(spec), *args, **extra, _convert_="all")
    except (InstantiationException, TypeError, ValueError) as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise UserError(f"{where}: {spec.get('_target_')} could not be built: {reason}") from error


def find(path: str, where: str) -> Any:
    """Import the function or class with the dotted `path`; a `UserError` names `where` it was asked for."""
    try:
        return get_object(path)
    except (ImportError, ValueError, AttributeError) as error:
        raise UserError(f"{where}: {path} cannot be imported ({error}); give a dotted import path") from error


def call(component: Component, where: str, *inputs: Any, **extra: Any) -> Any:
    """Call the function that a component's file names with `inputs`, its own keys and those of `extra` it knows.

    A key that the function does not know becomes a `UserError` before anything runs; the function's own errors pass.
    """
    function = find(component.target, f"{where}._target_")
    known = inspect.signature(function).parameters
    arguments = component.arguments() | extra
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())
    for key in component.arguments():
        if key not in known and not open_ended:
            choices = ", ".join(list(known)[len(inputs) :])
            raise UserError(f"{where}.{key}: {component.target} does not take it; it takes {choices}")
    return function(*inputs, **arguments)
