"""The parts of the long fault tests that run test files of this folder, slow and long tests included."""

import re
import subprocess
import sys
from pathlib import Path

from tests.helpers import environment

ROOT = Path(__file__).resolve().parents[2]


def damages() -> str:
    """Damage stored results; return one line."""
    passed, failed = run_tests("test_damage.py")
    return f"damages: {passed + failed} cases over all stages; {passed} detected and computed again, {failed} lost"


def inputs() -> str:
    """Give wrong configurations and bad or hostile files; return one line."""
    passed, failed = run_tests("test_bad_config.py", "test_bad_data.py", "test_security.py")
    return f"inputs: {passed + failed} wrong settings, bad and hostile files; {passed} handled, {failed} lost"


def resources() -> str:
    """Run without disk space, a writable folder, memory or a tracking server; return one line."""
    passed, failed = run_tests("test_resources.py", "test_server.py")
    return f"resources: {passed + failed} failures of disk, memory and server; {passed} handled, {failed} lost"


def run_tests(*files: str) -> tuple[int, int]:
    """Run test files of this folder; return how many tests passed, and how many failed or could not run."""
    paths = [f"tests/faults/{file}" for file in files]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", *paths]
    result = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    summary = result.stdout.strip().splitlines()[-1] if result.stdout.strip() else ""
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", summary)}
    failed = sum(number for word, number in counts.items() if word != "passed")
    if failed or result.returncode:
        print(result.stdout[-4000:], result.stderr[-2000:])
    return counts.get("passed", 0), max(failed, int(result.returncode != 0))
