"""Which code a run was made with: the commit of the checkout that the package lies in."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git_commit() -> str | None:
    """The checkout's commit, with "+" where files differ from it; None outside a checkout."""
    here = Path(__file__).resolve().parent

    def ask(*words: str) -> str:
        answer = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, timeout=5, check=True)
        return answer.stdout.strip()

    try:
        return ask("rev-parse", "HEAD") + ("+" if ask("status", "--porcelain", "-uno") else "")
    except (OSError, subprocess.SubprocessError):
        return None
