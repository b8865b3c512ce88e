"""The commit of the checkout that the package lies in."""

from __future__ import annotations

import subprocess
from pathlib import Path

from pipeline.runtime.paths import PACKAGE


def git_commit() -> str | None:
    """Return the checkout's commit, with "+" if tracked files differ; None if the package is installed elsewhere."""
    folder = PACKAGE.resolve().parent

    def git(*arguments: str) -> str:
        answer = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True)
        return answer.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder:
            return None  # installed inside a repository of the user
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None
