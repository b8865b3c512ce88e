"""From plain values to the typed configuration, or to one message that names every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from pipeline.config.base import Group
from pipeline.config.whole import Config
from pipeline.errors import UserError


def check(values: Mapping[str, Any]) -> Config:
    """Return the typed configuration, or raise one `UserError` that lists every mistake, a line each."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(_explain(item) for item in error.errors())) from None


def _explain(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"] if not _is_function(part))
    if item["type"] == "extra_forbidden":
        return f"{key}: no such key{_siblings(item['loc'])}"
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    if item["type"] == "missing":
        return f"{key}: is missing"
    return f"{key} = {item['input']!r}: {item['msg'][0].lower()}{item['msg'][1:]}"


def _is_function(part: Any) -> bool:
    """Whether part of a place is no key but the function that decided which keys there are."""
    return str(part).startswith("pipeline.")


def _siblings(location: tuple[Any, ...]) -> str:
    group: Any = Config
    for part in location[:-1]:
        if _is_function(part):
            group = next(kind for kind in get_args(group) if part in get_args(kind.model_fields["fit"].annotation))
            continue
        known = group.model_fields.get(part) if isinstance(group, type) and issubclass(group, Group) else None
        group = known.annotation if known else None
    return f"; there are {', '.join(group.model_fields)}" if group else ""
