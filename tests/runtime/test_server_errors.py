"""One line for a lost server, and for one that refuses a user."""

import pytest

from pipeline.runtime.server_errors import (
    ServerLostError,
    explain_refusal,
    explain_server_error,
    is_server_lost,
    refusal_status,
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


@pytest.mark.parametrize("status", [401, 403])
def test_refusals_are_recognized_by_their_status(status):
    answer = MlflowException(f"API request to endpoint /api failed with error code {status} != 200. Response body: ''")
    assert refusal_status(answer) == status
    assert not is_server_lost(answer)
    assert explain_server_error([answer]).startswith("tracking.uri: the tracking server ")
    assert refusal_status(ValueError(str(answer))) == 0
    assert refusal_status(MlflowException("API request to endpoint /api failed with error code 404 != 200.")) == 0


@pytest.mark.parametrize(
    ("user", "password", "status", "words"),
    [
        ("", "", 401, "wants a user name and a password"),
        ("ann", "", 401, "wants a user name and a password"),
        ("ann", "x", 401, "does not accept the user name or the password"),
        ("ann", "x", 403, "does not permit ann to write"),
    ],
)
def test_a_refusal_says_what_to_set(monkeypatch, user, password, status, words):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", user)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    message = explain_refusal(URI, status)
    assert message.startswith(f"tracking.uri: {URI} {words}")
    assert (status == 403) != message.endswith("MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD")
