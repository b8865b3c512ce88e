"""A server as a team runs it: PostgreSQL, authentication, and artifacts that the server sends and receives."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.postgres import Postgres, find_programs, run_postgres
from tests.faults.serving import Server, run_server

ADMIN, ADMIN_PASSWORD = "admin", "password-of-the-test"
PACKAGES = ("psycopg", "flask_wtf")


def missing_parts() -> str:
    """Return what is missing for such a server, empty if nothing is."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    missing += [] if find_programs() else ["PostgreSQL"]
    return f"not installed: {', '.join(missing)}" if missing else ""


def credentials(user: str = ADMIN, password: str = ADMIN_PASSWORD) -> dict[str, str]:
    """Return the variables by which a client authenticates."""
    return {"MLFLOW_TRACKING_USERNAME": user, "MLFLOW_TRACKING_PASSWORD": password}


@dataclass
class TeamServer:
    """An MLflow server and its database; each can be stopped and started again."""

    postgres: Postgres
    server: Server

    def variables(self) -> dict[str, str]:
        """Return the variables with which a client uses the server."""
        return {"MLFLOW_TRACKING_URI": self.server.uri, **credentials()}


@contextmanager
def run_team_server(folder: Path) -> Iterator[TeamServer]:
    """Start PostgreSQL and MLflow's server with its files in a folder, and kill both at the end."""
    with run_postgres() as postgres:
        settings = folder / "auth.ini"
        settings.write_text(
            f"[mlflow]\ndatabase_uri = {postgres.uri()}\nadmin_username = {ADMIN}\ndefault_permission = READ\n"
            "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\nauth_cache_ttl_seconds = 60\n"
        )
        variables = {
            "MLFLOW_AUTH_CONFIG_PATH": str(settings),
            "MLFLOW_AUTH_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "secret-of-the-test",
        }
        with run_server(folder, postgres.uri(), ("--app-name", "basic-auth"), variables) as server:
            yield TeamServer(postgres, server)
