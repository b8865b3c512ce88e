"""Look whether a server answers; MLflow would repeat its requests to a wrong address for a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from ssl import SSLError
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from pipeline.runtime.errors import UserError
from pipeline.runtime.server_errors import CREDENTIALS
from pipeline.tracking.server_waits import waiting_line

SERVER_TIMEOUT = 5.0
"""Seconds that a server may take for its first answer."""

PATIENCE = 60.0
"""Seconds that a server may be away if it answered this process before, as for an earlier job of a sweep."""

_answered: set[str] = set()


def is_server(uri: str) -> bool:
    """Return whether an address is that of a server; others are databases."""
    return uri.startswith(("http://", "https://"))


def check_server(uri: str, report: Callable[[str], None]) -> None:
    """Raise a `UserError` if a server gives no answer, or its address holds a password.

    A server that answered this process before is waited for, once: it may restart.
    """
    if not is_server(uri):
        return
    if urlsplit(uri).username is not None:
        raise UserError(
            "tracking.uri: an address with a user name or a password would be printed and stored; "
            f"set {CREDENTIALS} instead"
        )
    reason = _unreachable_reason(uri)
    if reason and uri in _answered:
        report(waiting_line(uri, reason))
        reason = _wait(uri, reason)
    if reason:
        _answered.discard(uri)
        raise UserError(
            f"tracking.uri: {uri} does not answer ({reason}); start the server, or give another tracking.uri= or "
            "MLFLOW_TRACKING_URI"
        )
    _answered.add(uri)


def _wait(uri: str, reason: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while reason and time.monotonic() < deadline:
        time.sleep(1)
        reason = _unreachable_reason(uri)
    return reason


def _unreachable_reason(uri: str) -> str:
    """Why a server gives no answer; empty if it does."""
    try:
        urlopen(uri, timeout=SERVER_TIMEOUT).close()
    except HTTPError:
        return ""  # an error status is an answer; MLflow handles it
    except Exception as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, SSLError):
            return ""  # MLflow has its own settings for certificates
        return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return ""
