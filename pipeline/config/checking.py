"""From plain values to the typed configuration, or to one message that names every mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pipeline.config.whole import Config
from pipeline.errors import UserError
from pipeline.mistakes import lines


def check(values: Mapping[str, Any]) -> Config:
    """Return the typed configuration, or raise one `UserError` that lists every mistake, a line each."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(lines(error.errors(), Config))) from None
