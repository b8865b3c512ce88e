"""Say that MLflow waits for its server: it repeats requests without a word, or with one of urllib3's for each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from pipeline.runtime.server_errors import lost_server_reason

LONGEST_PAUSE = 70.0
"""Seconds between two attempts of the same outage: MLflow's longest pause and its timeout."""

LOGGER = "urllib3.connectionpool"


class RetryFilter(logging.Filter):
    """Takes the records of repeated requests out of urllib3's log, and reports one line for each outage.

    The first repetition follows at once, and is common: a server closes connections that were idle. The second one
    means that there is something to wait for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.report: Callable[[str], None] = lambda reason: None  # noqa: ARG005
        self._attempts, self._newest = 0, -LONGEST_PAUSE

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is still to be logged."""
        if str(record.msg).startswith(("Retrying (", "Retry: ")):
            self._count(record.getMessage())
            return False
        return record.levelno > logging.DEBUG or logging.getLogger().isEnabledFor(logging.DEBUG)

    def _count(self, text: str) -> None:
        now = time.monotonic()
        self._attempts = self._attempts + 1 if now - self._newest < LONGEST_PAUSE else 1
        self._newest = now
        if self._attempts == 2:
            self.report(lost_server_reason(text) or "it answers with errors")


_filter = RetryFilter()


def waiting_line(uri: str, reason: str) -> str:
    """Return the line that says that a server is waited for."""
    return f"  waiting for {uri} ({reason})"


def report_waits(uri: str, report: Callable[[str], None]) -> None:
    """Report it to `report` when MLflow waits for the server at `uri`; the last call counts."""
    _filter.report = lambda reason: report(waiting_line(uri, reason))
    logger = logging.getLogger(LOGGER)
    logger.setLevel(logging.DEBUG)  # the level of repetitions after an answer with an error
    if _filter not in logger.filters:
        logger.addFilter(_filter)
