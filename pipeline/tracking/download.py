"""Download artifacts from a server, and tell a missing artifact from a lost server."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from pathlib import Path

from pipeline.runtime.atomic_files import SUFFIX
from pipeline.runtime.errors import first_line
from pipeline.runtime.resource_errors import DISK_FULL
from pipeline.runtime.server_errors import ServerLostError, explain_refusal, is_server_lost, lost_server_reason

ATTEMPTS = 3
"""MLflow repeats requests that get no answer, but not those whose answer breaks off."""

PROXIED = ("mlflow-artifacts:", "http:", "https:")
"""Addresses of artifacts that a tracking server sends."""


def download_artifact(root: str, path: str, target: Path, server: str) -> Path:
    """Download the file or folder `path` below the address `root` to `target`, and return `target`.

    A file replaces `target` in one step, so that other processes read all of it or nothing; a folder takes its place
    after it was removed. Symbolic names of artifact
    storage are resolved by the tracking server at `server`.

    Raises:
        FileNotFoundError: there is no such artifact.
        ServerLostError: the answers of the server broke off.
        MlflowException: the server was lost, or refuses this user.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".", suffix=SUFFIX) as folder:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                downloaded = _download(f"{root.rstrip('/')}/{path}", Path(folder), server)
                break
            except ConnectionError:
                if attempt == ATTEMPTS:
                    raise
        if target.is_dir():  # a damaged copy
            shutil.rmtree(target)
        return downloaded.replace(target)


def _download(address: str, folder: Path, server: str) -> Path:
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return Path(download_artifacts(artifact_uri=address, dst_path=str(folder), tracking_uri=server))
    except (MlflowException, OSError) as error:
        if is_server_lost(error) or explain_refusal(server, error):
            raise
        # MLflow reports the errors of all files as the text of one.
        code = re.search(r"\[Errno (\d+)\]", str(error))
        if code and int(code.group(1)) in DISK_FULL:
            number = int(code.group(1))
            raise OSError(number, os.strerror(number), str(folder)) from error
        if address.startswith(PROXIED) and not _is_missing(error):
            reason = lost_server_reason(str(error)) or "broke off"
            raise ServerLostError(f"{server} {reason}") from error
        raise FileNotFoundError(errno.ENOENT, first_line(error), address) from error


def _is_missing(error: Exception) -> bool:
    code = getattr(error, "error_code", None)
    return code == "RESOURCE_DOES_NOT_EXIST" or "404 Client Error" in str(error)
