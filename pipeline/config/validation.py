"""From plain values to the typed configuration, or to one message that names every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config.error_messages import format_errors
from pipeline.config.root import Config
from pipeline.runtime.errors import UserError


def validate_config(values: Mapping[str, Any]) -> Config:
    """Return the typed configuration, or raise one `UserError` that lists every mistake, a line each."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(format_errors(error.errors(), Config))) from None
