"""The types of the page's script, checked by TypeScript."""

import shutil
import subprocess
from pathlib import Path

import pytest

TSC = ("npx", "--yes", "--package=typescript@5.9.3", "tsc")


@pytest.mark.slow
def test_script_has_no_type_errors():
    if shutil.which("npx") is None:
        pytest.skip("npx is not installed; it comes with Node.js")
    if subprocess.run([*TSC, "--version"], capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("npx cannot install typescript")
    project = Path(__file__).with_name("tsconfig.json")
    check = subprocess.run([*TSC, "--project", project], capture_output=True, text=True, timeout=300, check=False)
    assert check.returncode == 0, check.stdout
