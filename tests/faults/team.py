"""The real pipeline on a team's server: eight processes at once, and a sweep, while server and database restart."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from tests.faults.crowd import SWEEP, count_statuses, run_equal_and_different
from tests.faults.team_server import TeamServer, missing_parts, run_team_server
from tests.helpers import environment, summaries

LONGEST_START = 120.0
"""Seconds within which one of the processes stores its first result."""


def team() -> str:
    """Run eight equal and eight different runs at once and a sweep, all through restarts; return one line."""
    if missing := missing_parts():
        return f"team: {missing}; 0 lost"
    with tempfile.TemporaryDirectory() as name, run_team_server(Path(name)) as server:
        folder, variables = Path(name), server.variables()
        with patch.dict(os.environ, variables):
            text, lost = run_equal_and_different(folder, variables, restart_both(server))
            jobs, lost_jobs = sweep_through_a_restart(folder / "sweep", variables, server)
    return (
        f"team: PostgreSQL and MLflow's server, both restarted in the middle; {text}; a sweep in two processes: {jobs} "
        f"of 4 jobs finished; {lost + lost_jobs} lost"
    )


def restart_both(server: TeamServer) -> Callable[[Path], None]:
    """Return a function that waits for the first stored result, and then restarts MLflow's server and the database."""

    def restart(outputs: Path) -> None:
        deadline = time.monotonic() + LONGEST_START
        while not list(outputs.glob("fetched/*/result")) and time.monotonic() < deadline:
            time.sleep(0.02)
        server.server.kill()
        server.server.start()
        server.postgres.stop("immediate")
        server.postgres.start()

    return restart


def sweep_through_a_restart(outputs: Path, variables: dict[str, str], server: TeamServer) -> tuple[int, int]:
    """Restart both after the first job of a sweep in two processes; return how many jobs finished, and were lost."""
    outputs.mkdir()
    sweep = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *SWEEP],
        env=environment() | {"PIPELINE_OUTPUTS": str(outputs)} | variables, cwd=outputs,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    while sweep.poll() is None and not summaries(outputs, "sweeps"):
        time.sleep(0.02)
    restart_both(server)(outputs)
    text, _ = sweep.communicate()
    if sweep.returncode:
        print(text[-2000:])
    jobs = len(summaries(outputs, "sweeps"))
    return jobs, 4 - jobs + int(sweep.returncode != 0) + count_statuses(outputs)["RUNNING"]
