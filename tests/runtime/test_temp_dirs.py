"""The temporary folders of a process, and the caches of libraries where the home folder cannot be written."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.runtime import temp_dirs
from tests.helpers import environment

VARIABLES = ("MPLCONFIGDIR", "NUMBA_CACHE_DIR")

FOREIGN_USER = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=+dac_read_search", "--bounding-set=-all,+dac_read_search",
)  # fmt: skip
"""A prefix that runs a command as a user without a home folder who may read all files and write none of ours."""


@pytest.fixture(autouse=True)
def _restore(monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # restored after the test
        monkeypatch.delenv(name)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(temp_dirs, "_cache_dirs", [])


def provided(monkeypatch, home, packages_writable=True):
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(temp_dirs, "_are_packages_writable", lambda: packages_writable)
    temp_dirs.provide_cache_dirs()
    try:
        return {name for name in VARIABLES if name in os.environ}
    finally:
        for folder in temp_dirs._cache_dirs:
            shutil.rmtree(folder)


def test_a_writable_home_is_used(monkeypatch, tmp_path):
    assert provided(monkeypatch, tmp_path, packages_writable=False) == set()


@pytest.mark.parametrize("home", ["/dev/null", "/proc/nowhere", "relative"])
def test_caches_get_a_folder_if_the_home_cannot_be_written(monkeypatch, home):
    assert provided(monkeypatch, home) == {"MPLCONFIGDIR"}


def test_numba_gets_a_folder_if_the_packages_cannot_be_written_either(monkeypatch):
    assert provided(monkeypatch, "/dev/null", packages_writable=False) == set(VARIABLES)


def test_a_folder_that_the_user_chose_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    assert provided(monkeypatch, "/dev/null") == {"MPLCONFIGDIR"}
    assert os.environ["MPLCONFIGDIR"] == str(tmp_path)


@pytest.fixture
def public_folder():
    """A folder that another user can reach, other than those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.long
def test_umap_is_compiled_for_a_user_who_can_write_neither_home_nor_packages(public_folder):
    """As in a container that runs as a foreign user; Numba needs a folder for its cache as soon as UMAP is imported."""
    if os.name == "nt" or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    folder = public_folder
    os.chown(folder, 65534, 65534)
    script = "from pipeline.runtime.temp_dirs import provide_cache_dirs; provide_cache_dirs(); import umap.umap_"
    variables = environment() | {"HOME": "/", "TMPDIR": str(folder)}
    command = [*FOREIGN_USER, sys.executable, "-W", "ignore", "-c", script]
    result = subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=False)
    if "setpriv:" in result.stderr:
        pytest.skip(result.stderr)
    assert result.returncode == 0, result.stderr
