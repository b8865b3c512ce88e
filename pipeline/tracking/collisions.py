"""Write rows that processes on other machines may insert at the same time; locks do not span machines."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

COLLISION = r"unique ?(violation|constraint)|duplicate (key|entry)"
"""In the errors of PostgreSQL, SQLite and MySQL: MLflow looks for a row and then inserts it."""


def write_shared_row(write: Callable[[], T]) -> T:
    """Call `write`, and once more if another process inserted the same row meanwhile; then it is found."""
    from mlflow.exceptions import MlflowException

    try:
        return write()
    except MlflowException as error:
        if not re.search(COLLISION, str(error), re.IGNORECASE):
            raise
    return write()
