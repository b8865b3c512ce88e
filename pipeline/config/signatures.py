"""Check configuration keys against the signature of the function that takes them, before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, Unpack, get_args, get_origin, get_type_hints, is_typeddict

from pydantic import BaseModel, PydanticSchemaGenerationError, TypeAdapter, ValidationError

from pipeline.config.error_messages import format_errors, unknown_key


def check_arguments(
    function: Callable[..., Any],
    arguments: Mapping[str, Any],
    key: str,
    supplied: set[str],
    inputs: Collection[str] = (),
) -> None:
    """Check the names and types of keyword `arguments`, which are keys of the configuration group `key`.

    The names in `supplied` are other keys, which the function may get too. The parameters in `inputs` are no keys, and
    neither is `observer`. Values are checked strictly, except that a list may stand for a tuple, which YAML does not
    have. Further options count as named if the function declares them as `**options: Unpack[…]`.

    Raises:
        ValueError: the function does not take an argument, needs another one, or its annotation refuses a value; the
            message has a line for each.
    """
    parameters = signature_parameters(function)
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    hidden = {"observer", *inputs}
    named = {name: p for name, p in parameters.items() if p.kind not in variadic and name not in hidden}
    others = next((p for p in parameters.values() if p.kind is inspect.Parameter.VAR_KEYWORD), None)
    options = {} if others is None else _named_options(others)
    annotations = {name: parameter.annotation for name, parameter in named.items()} | options
    messages = []
    for name, value in arguments.items():
        if name in annotations:
            messages += _type_errors(annotations[name], value, f"{key}.{name}")
        elif others is None or options or name in hidden:
            messages.append(unknown_key(f"{key}.{name}", sorted(supplied | annotations.keys())))
    for name in named.keys() - arguments.keys() - supplied:
        if named[name].default is inspect.Parameter.empty:
            messages.append(f"{key}.{name}: needs a value; give {key}.{name}=…")
    if messages:
        raise ValueError("\n".join(messages))


def signature_parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters by name, with evaluated annotations where their names can be resolved."""
    try:
        return inspect.signature(function, eval_str=True).parameters
    except (NameError, TypeError, AttributeError):  # such as a name that is imported for type checkers only
        return inspect.signature(function).parameters


def select_arguments(function: Callable[..., Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the values that the function has a parameter for."""
    parameters = inspect.signature(function).parameters
    return {name: value for name, value in values.items() if name in parameters}


def _named_options(parameter: inspect.Parameter) -> dict[str, Any]:
    """The annotations of `**options` that a TypedDict names; none if it takes any names."""
    table = get_args(parameter.annotation)[0] if get_origin(parameter.annotation) is Unpack else None
    return get_type_hints(table) if is_typeddict(table) else {}


def _type_errors(annotation: Any, value: Any, key: str) -> list[str]:
    """Messages about a value that does not match an annotation; an annotation that cannot be checked allows all."""
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return []
    try:
        adapter = TypeAdapter(annotation)
    except PydanticSchemaGenerationError:
        return []
    try:
        adapter.validate_python(value, strict=not isinstance(value, list))
    except ValidationError as error:
        errors = [{**item, "loc": (*key.split("."), *item["loc"])} for item in error.errors()]
        return format_errors(errors, BaseModel)
    return []
