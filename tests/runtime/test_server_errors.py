"""One line for a lost server, and for one that refuses a user."""

import pytest

from pipeline.runtime.server_errors import (
    ServerLostError,
    explain_refusal,
    explain_server_error,
    is_server_lost,
)

URI = "http://10.0.0.5:5000"


class MlflowException(Exception):  # noqa: N818  # the name in MLflow
    pass


def test_lost_server_is_named_with_its_reason():
    for error in (
        MlflowException(f"API request to {URI}/api failed with exception …: [Errno 111] Connection refused"),
        ServerLostError(f"{URI} connection refused"),
    ):
        assert is_server_lost(error)
        assert explain_server_error([error]) == (
            f"tracking.uri: {URI} does not answer (connection refused); once it does: finished stages are kept; run "
            "the same command to resume"
        )


def refusal(status, body=""):
    return MlflowException(
        f"API request to endpoint /api failed with error code {status} != 200. Response body: '{body}'"
    )


def test_only_answers_of_a_server_are_refusals():
    for status in (401, 403):
        assert not is_server_lost(refusal(status))
        assert explain_server_error([refusal(status)]).startswith("tracking.uri: the tracking server ")
    assert explain_server_error([refusal(404)]) is None
    assert explain_server_error([ValueError(str(refusal(401)))]) is None


@pytest.mark.parametrize(
    ("user", "password", "error", "words"),
    [
        ("", "", refusal(401), "wants a user name and a password"),
        ("ann", "", refusal(401), "wants a user name and a password"),
        ("ann", "x", refusal(401), "does not accept the user name or the password"),
        ("ann", "x", refusal(403, "Permission denied"), "does not permit ann to write"),
        ("ann", "x", refusal(403, "Invalid Host header - possible"), "does not know this name of itself"),
    ],
)
def test_a_refusal_says_what_to_set(monkeypatch, user, password, error, words):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    message = explain_refusal(URI, error)
    assert message.startswith(f"tracking.uri: {URI} {words}")
    assert ("401" in str(error)) == message.endswith("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
