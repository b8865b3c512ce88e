"""Check configuration keys against the signature of the function that takes them, before it is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, PydanticSchemaGenerationError, TypeAdapter, ValidationError

from pipeline.config.error_messages import format_errors, unknown_key


def check_arguments(function: Callable[..., Any], arguments: Mapping[str, Any], key: str, supplied: set[str]) -> None:
    """Check the names and types of keyword `arguments`, which are keys of the configuration group `key`.

    The names in `supplied` are passed by other means, and so is `observer`. Values are checked strictly, except that
    a list may stand for a tuple, which YAML does not have.

    Raises:
        ValueError: the function does not take an argument, needs another one, or its annotation refuses a value; the
            message has a line for each.
    """
    parameters = signature_parameters(function)
    is_open = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    variadic = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    named = {name: p for name, p in parameters.items() if p.kind not in variadic and name != "observer"}
    messages = []
    for name, value in arguments.items():
        if name in named:
            messages += _type_errors(named[name].annotation, value, f"{key}.{name}")
        elif not is_open or name == "observer":
            messages.append(unknown_key(f"{key}.{name}", sorted(supplied | named.keys())))
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
