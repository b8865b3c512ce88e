"""Free memory within the limits of control groups, of both versions."""

from types import SimpleNamespace

import pytest

from pipeline.runtime import control_groups
from pipeline.runtime.available_memory import available_memory

FREE = 1000


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A function that writes the files of a group, and the files that Linux has for this process."""
    monkeypatch.setattr(control_groups, "CGROUPS", tmp_path)
    monkeypatch.setattr(control_groups, "MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=FREE))

    def write(folder, **files):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (tmp_path / folder / name.replace("__", ".")).write_text(f"{content}\n")

    return write


def test_without_groups_the_memory_of_the_machine_counts(groups, tmp_path):
    assert available_memory() == FREE
    (tmp_path / "membership").write_text("0::/\n")
    assert available_memory() == FREE


def test_the_tightest_group_around_the_process_counts(groups, tmp_path):
    (tmp_path / "membership").write_text("0::/job/step\n")
    groups("job/step", memory__max="max", memory__current=300, memory__stat="anon 1\ninactive_file 50")
    assert available_memory() == FREE
    groups("job", memory__max=700, memory__current=300, memory__stat="anon 1\ninactive_file 50")
    assert available_memory() == 450, "files in memory that can be dropped are free"
    groups(".", memory__max=400, memory__current=500, memory__stat="anon 1")
    assert available_memory() == 0


def test_groups_of_the_first_version_count(groups, tmp_path):
    (tmp_path / "membership").write_text("9:cpu:/x\n4:memory:/host/only\n0::/\n")
    files = {"memory__limit_in_bytes": 600, "memory__usage_in_bytes": 100, "memory__stat": "total_inactive_file 20"}
    groups("memory", **files)
    assert available_memory() == 520, "a container sees its own group at the root"
    groups("memory", **files | {"memory__limit_in_bytes": 9223372036854771712})
    assert available_memory() == FREE
