"""A tracking server of the test's own: on loopback, with a database and an artifact root that no client sees."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

from tests.helpers import environment


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """`mlflow server` in a folder; it can be killed and started again."""

    def __init__(self, folder, port=None):
        self.folder, self.port = folder, port or free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self, patience=240):
        words = [
            "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1",
            "--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}",
            "--artifacts-destination", str(self.folder / "artifacts"),
        ]  # fmt: skip
        # Its jobs for language models are seven more processes.
        own = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        with (self.folder / "server.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *words],
                env=environment() | own, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + patience
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.folder / "server.log").read_text()
            try:
                urlopen(f"{self.uri}/health", timeout=5).close()
            except (URLError, OSError):
                time.sleep(0.2)
            else:
                return self
        raise TimeoutError((self.folder / "server.log").read_text())

    def kill(self):
        """End it and all processes of its own, at once."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def serving(folder):
    """A server that has started, ended when the block ends."""
    server = Server(folder)
    try:
        yield server.start()
    finally:
        server.kill()
