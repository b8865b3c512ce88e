"""Parts of the fault tests that the test suite has whole: run, and counted."""

import re
import subprocess
import sys
from pathlib import Path

from tests.helpers import environment

ROOT = Path(__file__).resolve().parents[2]


def damages() -> str:
    """Damage stored results in every way; return one line."""
    passed, failed = count("tests/faults/test_damage.py")
    return f"damages: {passed + failed} cases over all stages; {passed} detected and computed anew, {failed} lost"


def inputs() -> str:
    """Ask for what cannot be, and read what is broken or hostile; return one line."""
    files = ("test_bad_config.py", "test_bad_data.py", "test_security.py")
    passed, failed = count(*(f"tests/faults/{name}" for name in files))
    return f"inputs: {passed + failed} mistakes, broken and hostile files; {passed} refused in one line, {failed} lost"


def resources() -> str:
    """Refuse disk, folder, memory and tracking server; return one line."""
    passed, failed = count("tests/faults/test_resources.py", "tests/faults/test_server.py")
    return f"resources: {passed + failed} refusals of disk, memory and server; {passed} told in one line, {failed} lost"


def count(*files: str) -> tuple[int, int]:
    """Run test files; return how many tests passed, and how many did not or could not be run."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", *files]
    answer = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    last = answer.stdout.strip().splitlines()[-1] if answer.stdout.strip() else ""
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|errors?)", last)}
    lost = sum(number for word, number in numbers.items() if word != "passed")
    if lost or answer.returncode:
        print(answer.stdout[-4000:], answer.stderr[-2000:])
    return numbers.get("passed", 0), max(lost, int(answer.returncode != 0))
