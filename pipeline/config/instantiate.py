"""Build objects and call functions that a configuration names by `_target_`, with Hydra and one-line errors.

Hydra refuses targets that would let a configuration run commands, such as `os.system` or `eval`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pkgutil import resolve_name
from typing import Any

from pipeline.config.base import Component
from pipeline.config.signatures import check_arguments, signature_parameters
from pipeline.runtime.errors import ArgumentError, UserError


def instantiate(spec: Mapping[str, Any], key: str, *args: Any, **kwargs: Any) -> Any:
    """Return what `spec["_target_"]` makes of its other keys, updated by `args` and `kwargs`; nested tables come first.

    Raises:
        UserError: the target cannot be imported or refuses an argument; the message names `key`.
    """
    from hydra.errors import InstantiationException

    if "_target_" not in spec:
        raise UserError(f"{key}: has no _target_; give the dotted import path of a class or function")
    _import_targets(spec, key)
    try:
        return _partial(spec)(*args, **kwargs)
    except (TypeError, ValueError, InstantiationException) as error:
        nested = re.search(r"\nfull_key: (\S+)", str(error))
        where = f"{key}.{nested.group(1)}" if nested else key
        target = _nested(spec, nested.group(1))["_target_"] if nested else spec["_target_"]
        raise UserError(f"{where}: {target} could not be built: {_reason(error.__cause__ or error)}") from error


def call_component(component: Component, key: str, *inputs: Any, **extra: Any) -> Any:
    """Call the function that a component names with `inputs`, its own keys, and `extra`.

    Errors of the function itself pass; an `ArgumentError` gets the configuration key in front.

    Raises:
        UserError: the function cannot be imported, is one that Hydra refuses, or does not take one of the component's
            keys or its value.
    """
    from hydra.errors import InstantiationException

    check_component(component, key, len(inputs), *extra)
    try:
        bound = _partial({"_target_": component.target, **component.arguments()})
    except InstantiationException as error:
        raise UserError(f"{key}: {component.target} could not be built: {_reason(error.__cause__ or error)}") from error
    try:
        return bound(*inputs, **extra)
    except ArgumentError as error:
        raise UserError(f"{key}.{error}") from error


def check_component(component: Component, key: str, n_inputs: int, *extra: str) -> None:
    """Check that the function of a component takes its keys, after `n_inputs` artifacts and beside the `extra` names.

    Raises:
        UserError: the function cannot be imported, or does not take the artifacts, a key or its value; there is a line
            for each key.
    """
    function = import_target(component.target, f"{key}._target_")
    parameters = signature_parameters(function).values()
    inputs = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:n_inputs]
    if len(inputs) < n_inputs and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise UserError(
            f"{key}._target_: {component.target} takes {len(inputs)} inputs and gets {n_inputs}; give a function like "
            f"those that the files in conf/{key} name"
        )
    try:
        check_arguments(function, component.arguments(), key, {*extra} - {"observer"}, inputs)
    except ValueError as error:
        raise UserError(str(error)) from error


def import_target(path: str, key: str) -> Any:
    """Return the class or function with the dotted import `path`.

    Raises:
        UserError: there is none, or it is one of the standard library that another module imports, by whose path it
            would escape the check of stored configurations; the message names `key`.
    """
    try:
        target = resolve_name(path)
    except (ImportError, ValueError, AttributeError) as error:
        raise UserError(f"{key}: {path} cannot be imported ({error}); give a dotted import path") from error
    if not callable(target):
        raise UserError(f"{key}: {path} is neither a class nor a function; give a dotted import path of one")
    module = str(getattr(target, "__module__", None) or "").split(".")[0]
    if module in sys.stdlib_module_names and path.split(".")[0] not in sys.stdlib_module_names:
        raise UserError(f"{key}: {path} is {target.__qualname__} of the standard library; give the path of another")
    return target


def _partial(spec: Mapping[str, Any]) -> Callable[..., Any]:
    """The target with its arguments bound, nested tables built; not called yet."""
    from hydra.utils import instantiate as hydra_instantiate

    # Hydra would resolve `${…}` in a text, such as the name of a file, a second time.
    literal = {key: value for key, value in spec.items() if isinstance(value, str) and "${" in value}
    others = {key: value for key, value in spec.items() if key not in literal}
    bound: Callable[..., Any] = hydra_instantiate({**others, "_partial_": True, "_convert_": "all"})
    return partial(bound, **literal)


def _import_targets(value: Any, key: str) -> None:
    """Import each target in a table, the outer one first, so that a wrong path is named by its own key."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            import_target(str(value["_target_"]), key)
        for name, item in value.items():
            _import_targets(item, f"{key}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _import_targets(item, f"{key}[{index}]")


def _nested(spec: Any, path: str) -> Any:
    """The table at a dotted path in a table."""
    for part in re.findall(r"[^.\[\]]+", path):
        spec = spec[int(part)] if isinstance(spec, list) else spec[part]
    return spec


def _reason(error: BaseException) -> str:
    """The first paragraph of an error as one line, without the key that Hydra appends."""
    paragraph = re.sub(r"\nfull_key: .*", "", str(error).strip()).split("\n\n")[0]
    return " ".join(paragraph.split()) or type(error).__name__
