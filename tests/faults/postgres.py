"""A PostgreSQL server for tests: with its own data folder and port, on the loopback interface."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.serving import free_port

USER, PASSWORD, DATABASE = "mlflow", "secret-of-the-test", "mlflow"
UNPRIVILEGED = "postgres"
"""The user of Debian's package. PostgreSQL refuses to run as root."""


def find_programs() -> Path | None:
    """Return the folder of initdb, postgres and pg_dump; None if PostgreSQL is not installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("initdb")
    return folders[-1] if folders else Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A PostgreSQL server with one database; it can be stopped, killed and started again."""

    def __init__(self, folder: Path) -> None:
        programs = find_programs()
        assert programs is not None, "PostgreSQL is not installed"
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None

    def create(self) -> "Postgres":
        """Create the data folder, start the server and create the database."""
        (self.folder / "password").write_text(PASSWORD)
        if self.user:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self.user)
        self.run("initdb", "-D", "data", "-U", USER, "--pwfile=password", "--auth=scram-sha-256", "-E", "UTF8")
        self.start()
        self.run("createdb", *self.connection, DATABASE)
        return self

    @property
    def connection(self) -> tuple[str, ...]:
        """The options of PostgreSQL's programs that name the server."""
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", USER)

    def uri(self, database: str = DATABASE) -> str:
        """Return the address of a database for SQLAlchemy."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self.run("pg_ctl", "-D", "data", "-l", "postgres.log", "-o", options, "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: `fast` ends its connections, `immediate` is like a loss of power."""
        self.run("pg_ctl", "-D", "data", "-m", mode, "-w", "stop")

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs as the user of the server, in the server's folder; return its output."""
        result = subprocess.run(
            [str(self.programs / program), *arguments],
            cwd=self.folder, user=self.user, group=self.user, extra_groups=[] if self.user else None,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGPASSWORD": PASSWORD},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, f"{program}: {result.stdout}"
        return result.stdout


@contextmanager
def run_postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL server in a temporary folder that its user can enter, and remove both at the end."""
    with tempfile.TemporaryDirectory(prefix="postgres-", dir=tempfile.gettempdir()) as folder:
        postgres = Postgres(Path(folder))
        try:
            yield postgres.create()
        finally:
            subprocess.run(  # it may be stopped
                [str(postgres.programs / "pg_ctl"), "-D", "data", "-m", "immediate", "stop"],
                cwd=folder, user=postgres.user, group=postgres.user, capture_output=True, check=False,
            )  # fmt: skip
