"""An MLflow tracking server for tests: on the loopback interface, with its own database and artifact root."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.helpers import environment


def free_port() -> int:
    """Return a port that no process listens on."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


class Server:
    """`mlflow server` in a folder; it can be killed and started again.

    `database` is the address of its database, a SQLite file by default; `options` and `variables` are added to its
    command line and environment.
    """

    def __init__(
        self,
        folder: Path,
        database: str | None = None,
        options: Sequence[str] = (),
        variables: dict[str, str] | None = None,
    ) -> None:
        self.folder, self.port = folder, free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.database = database or f"sqlite:///{folder / 'mlflow.db'}"
        self.options, self.variables = options, variables or {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 240) -> "Server":
        """Start the server and wait until it answers."""
        options = [
            "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", self.database,
            "--artifacts-destination", str(self.folder / "artifacts"), *self.options,
        ]  # fmt: skip
        # Job execution, for language models, would start seven more processes.
        variables = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *options],
                env=environment() | variables | self.variables, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            try:
                urlopen(f"{self.uri}/health", timeout=5).close()
            except (URLError, OSError):
                time.sleep(0.2)
            else:
                return self
        raise TimeoutError((self.folder / "server.log").read_text())

    def kill(self) -> None:
        """Kill the server and its worker processes."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def run_server(
    folder: Path, database: str | None = None, options: Sequence[str] = (), variables: dict[str, str] | None = None
) -> Iterator[Server]:
    """Start a server, and kill it at the end."""
    server = Server(folder, database, options, variables)
    try:
        yield server.start()
    finally:
        server.kill()
