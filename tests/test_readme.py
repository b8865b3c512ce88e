"""What the README says is so: its commands compose, its tree is the tree, its pictures and links exist."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import compose

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands():
    """Every pipeline command in a code block, less its comment."""
    blocks = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    lines = [re.split(r"\s#", line)[0].strip() for block in blocks for line in block.splitlines()]
    return [line.rpartition("-m pipeline")[2] for line in lines if re.search(r"-m pipeline( |$)", line)]


def alternatives(word):
    """A sweep's word as the words of its jobs."""
    key, _, values = word.partition("=")
    if values.startswith("["):
        return [word]
    return [f"{key}={value}" for value in values.split(",")]


@pytest.mark.parametrize("command", [c for c in commands() if c.strip() and not c.strip().startswith("--help")])
def test_every_command_composes(command, tmp_path):
    words = [word for word in shlex.split(command) if not word.startswith("-") and "hydra" not in word]
    (tmp_path / "images.npz").touch()
    for place in range(max(len(alternatives(word)) for word in words) if words else 1):
        chosen = [alternatives(word)[min(place, len(alternatives(word)) - 1)] for word in words]
        compose(*chosen, outputs=tmp_path)


def test_there_are_commands():
    assert len(commands()) > 10


def test_the_notebook_example_runs(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    quick = '"model=pixels", "manifold=none", "project=pca", "cluster=kmeans"'
    assert '"cluster=gmm"' in example
    np.save(tmp_path / "images.npy", np.random.default_rng(0).random((60, 8, 8), np.float32))
    monkeypatch.chdir(tmp_path)
    exec(compile(example.replace('"cluster=gmm"', quick), "README.md", "exec"), {})
    assert "confidence" in capsys.readouterr().out


def test_the_tree_names_what_is_there():
    tree = re.search(r"```\nconf/ .*?```", README, flags=re.DOTALL).group()
    named = re.findall(r"^  ([\w.]+/?) ", tree, flags=re.MULTILINE)
    assert len(named) > 15
    missing = [name for name in named if not (ROOT / "pipeline" / name).exists()]
    assert not missing
    assert len(named) == len(set(named))
    shared = {path.name for path in (ROOT / "pipeline").glob("*.py")} - {name.rstrip("/") for name in named}
    trivial = {"__init__.py", "errors.py", "observer.py", "build.py", "paths.py", "quiet.py", "memory.py"}
    assert shared <= trivial | {"help.py", "stage_names.py", "figures_sweep.py"}


def test_pictures_and_links_lead_somewhere():
    targets = re.findall(r"\]\((?!#|https?:)([^)]+)\)", README)
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]
    anchors = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in README.splitlines()
        if line[:1] == "#"
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def test_pictures_are_small():
    for picture in (ROOT / ".github").glob("*.png"):
        assert picture.stat().st_size <= 300 * 1024
