"""The Markdown files: their commands are valid, their links and pictures exist, and the README stays short."""

import re
import shlex
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.compose import compose_config
from pipeline.workflow.execution import execute_run
from pipeline.workflow.plan import plan
from tests.helpers import TINY, compose

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    *sorted(path for folder in ("pipeline", "conf", "tests", ".github") for path in (ROOT / folder).rglob("*.md")),
]


def commands(path):
    """Every pipeline command in the code blocks of a document, without its comment."""
    blocks = re.findall(r"```bash\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [re.split(r"\s#", line)[0].strip() for block in blocks for line in block.splitlines()]
    return [line.rpartition("-m pipeline")[2].strip() for line in lines if re.search(r"-m pipeline( |$)", line)]


COMMANDS = sorted({command for path in DOCUMENTS for command in commands(path) if command and "--help" not in command})


def alternatives(override):
    """The overrides of the jobs that a swept override stands for."""
    key, _, values = override.partition("=")
    return [override] if values.startswith("[") else [f"{key}={value}" for value in values.split(",")]


@cache
def validate(overrides):
    plan(compose_config("output_dir=/nowhere", *overrides))


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_valid(command):
    words = [word for word in shlex.split(command) if not word.startswith("-") and "hydra" not in word and "=" in word]
    validate(tuple(alternatives(word)[0] for word in words))
    if "--multirun" in command:
        validate(tuple(alternatives(word)[-1] for word in words))


def test_commands_of_the_tests_name_modules_that_exist():
    names = {name for path in DOCUMENTS for name in re.findall(r"python -m (tests[\w.]*)", path.read_text("utf-8"))}
    assert len(names) >= 5
    files = {name: ROOT / name.replace(".", "/") for name in names}
    missing = [
        name
        for name, file in files.items()
        if not ((file / "__main__.py").exists() or file.with_suffix(".py").exists())
    ]
    assert not missing


def test_the_readme_has_commands():
    assert len(commands(README)) > 20


def test_the_readme_is_short():
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250
    assert len(text.encode()) <= 14_000


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    example = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL))
    quick = '"model=pixels", "manifold=none", "project=pca", "cluster=kmeans"'
    assert '"cluster=gmm"' in example
    assert "train__epochs=4" in example
    example = example.replace("train__epochs=4", 'model="pixels", manifold="none", project="pca"')
    np.save(tmp_path / "images.npy", np.random.default_rng(0).random((60, 8, 8), np.float32))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIPELINE_OUTPUTS", str(tmp_path / "outputs"))
    execute_run(compose(*TINY, outputs=tmp_path / "outputs"), tmp_path / "outputs" / "run", [])
    exec(compile(example.replace('"cluster=gmm"', quick), "README.md", "exec"), {})
    assert "confidence" in capsys.readouterr().out


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_and_pictures_exist(path):
    targets = re.findall(r"\]\((?!#|https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (path.parent / target).exists()]


def test_pictures_are_small():
    pictures = [path for path in ROOT.rglob("*.png") if not {"outputs", ".venv"} & set(path.parts)]
    assert pictures
    assert all(path.stat().st_size <= 300 * 1024 for path in pictures)
