"""From plain values to the typed configuration, or to one message that names every mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config.error_messages import format_errors
from pipeline.config.root import Config
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import has_undecodable_bytes


def validate_config(values: Mapping[str, Any]) -> Config:
    """Return the typed configuration, or raise one `UserError` that lists every mistake, a line each."""
    if undecodable := list(_undecodable_texts(values)):
        raise UserError("\n".join(undecodable))
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(format_errors(error.errors(), Config))) from None


def _undecodable_texts(value: Any, key: str = "") -> Iterator[str]:
    """A message for each text that has undecodable bytes, which the tracking store and the pages cannot hold."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _undecodable_texts(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _undecodable_texts(item, f"{key}[{index}]")
    elif isinstance(value, str) and has_undecodable_bytes(value):
        yield f"{key} = {value!r}: is not valid UTF-8; rename the file or folder, or give a link to it"
