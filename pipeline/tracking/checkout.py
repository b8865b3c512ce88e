"""The commit of the checkout that the package lies in."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_commit() -> str | None:
    """Return the checkout's commit, with "+" if tracked files differ from it; None outside a checkout."""
    folder = Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        answer = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=5, check=True)
        return answer.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None
