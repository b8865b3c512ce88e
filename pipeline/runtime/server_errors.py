"""One line for a tracking server that is lost, or that refuses a user."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

RESUME = "finished stages are kept; run the same command to resume"
CREDENTIALS = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
REASONS = (
    r"connection refused|timed out|too many \d+ error responses|name or service not known|connection reset"
    r"|connection broken(?=: IncompleteRead)|broke off"
)
REFUSALS = r"failed with error code (401|403) |\b(401|403) Client Error"


class ServerLostError(ConnectionError):
    """A tracking server was lost while a file was on its way."""


def explain_server_error(chain: Sequence[BaseException]) -> str | None:
    """Return one line for an error and its causes, outermost first; None if no server is the cause."""
    for error in chain:
        if is_server_lost(error):
            reason = lost_server_reason(str(error)) or type(error).__name__
            return f"tracking.uri: {_address(error)} does not answer ({reason}); once it does: {RESUME}"
        if refusal := explain_refusal(_address(error), error):
            return f"{refusal}: {RESUME}"
    return None


def is_server_lost(error: BaseException) -> bool:
    """Return whether a tracking server did not answer even after retries."""
    if isinstance(error, ServerLostError):
        return True
    if type(error).__name__ == "MlflowException":
        return re.match(r"API request to \S+ failed with (timeout )?exception ", str(error)) is not None
    is_requests_error = isinstance(error, OSError) and type(error).__module__ == "requests.exceptions"
    return is_requests_error and getattr(error, "response", None) is None


def lost_server_reason(text: str) -> str:
    """Return why a server was lost, in the words of an error of its client; empty if they are unknown."""
    match = re.search(REASONS, text, re.IGNORECASE)
    return match.group().lower() if match else ""


def explain_refusal(uri: str, error: BaseException) -> str | None:
    """Return one line for a server that refused this user with status 401 or 403; None for any other error."""
    is_answer = type(error).__name__ == "MlflowException" or type(error).__module__ == "requests.exceptions"
    match = re.search(REFUSALS, str(error)) if is_answer else None
    if match is None:
        return None
    user, password = (os.environ.get(f"MLFLOW_TRACKING_{name}") for name in ("USERNAME", "PASSWORD"))
    if "Invalid Host header" in str(error):
        return f"tracking.uri: {uri} does not know this name of itself; start it with --allowed-hosts"
    if "403" in match.groups():
        return (
            f"tracking.uri: {uri} does not permit {user or 'this user'} to write; the experiment (tracking.experiment) "
            "needs the permission EDIT"
        )
    if not user or not password:
        return f"tracking.uri: {uri} wants a user name and a password; set {CREDENTIALS}"
    return f"tracking.uri: {uri} does not accept the user name or the password in {CREDENTIALS}"


def _address(error: BaseException) -> str:
    """The server's address, if the error contains it."""
    request = getattr(error, "request", None)
    match = re.search(r"https?://[^/\s'\"]+", f"{getattr(request, 'url', '')} {error}")
    return match.group() if match else "the tracking server"
