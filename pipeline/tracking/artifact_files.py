"""The artifact files of runs on this machine: where they lie, fetched from a server if necessary, and verified."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from pipeline.runtime.resource_errors import DISK_FULL
from pipeline.runtime.server_errors import explain_server_error
from pipeline.tracking.download import download_artifact
from pipeline.tracking.existing_run import existing_run
from pipeline.tracking.local_path import local_path
from pipeline.tracking.results import CHECKSUMS, RESULT, files_match, text_digest
from pipeline.tracking.tags import CHECKSUMS_DIGEST


class ArtifactFiles:
    """Finds the files of runs; those of a server are kept below the folder `fetched`."""

    def __init__(self, client: Any, fetched: Path, locks: Path) -> None:
        self._client, self._fetched, self._locks = client, fetched, locks
        self._roots: dict[str, str] = {}

    def local(self, run_id: str, path: str) -> Path:
        """Return the local path of a run's artifact, downloaded if necessary.

        Raises:
            OSError: there is no such artifact.
        """
        root = self._local_root(run_id)
        if root is not None:
            return root / path
        return download_artifact(self._roots[run_id], path, self._fetched / run_id / path, self._client.tracking_uri)

    def keep_local(self, run_id: str, folder: Path) -> Path:
        """Return the local folder of the result that was just stored from `folder`; copy it for a server."""
        root = self._local_root(run_id)
        if root is not None:
            return root / RESULT
        return Path(shutil.copytree(folder, self._fetched / run_id / RESULT, dirs_exist_ok=True))

    def verified_result(self, run_id: str) -> Path | None:
        """Return the folder of a stage run's result, or None if the run is deleted or its files are damaged."""
        run = existing_run(self._client, run_id)
        if run is None:
            return None
        self._roots[run_id] = run.info.artifact_uri
        try:
            text = self.local(run_id, CHECKSUMS).read_text()
            # The tag protects against the complete files of another run, list of checksums included.
            expected = run.data.tags.get(CHECKSUMS_DIGEST)
            return self._matching_folder(run_id, json.loads(text)) if expected in (None, text_digest(text)) else None
        except (OSError, ValueError, AttributeError) as error:
            if explain_server_error([error]) or getattr(error, "errno", None) in DISK_FULL:
                raise
            return None

    def _matching_folder(self, run_id: str, digests: Mapping[str, str]) -> Path | None:
        """The folder of a result whose files match; only one process fetches it from a server, once."""
        is_remote = self._local_root(run_id) is None
        with FileLock(self._locks / f"{run_id}.fetch.lock") if is_remote else nullcontext():
            copy = self._fetched / run_id / RESULT
            with suppress(OSError):
                if copy.is_dir() and files_match(copy, digests):
                    return copy
            folder = self.local(run_id, RESULT)
            return folder if files_match(folder, digests) else None

    def _local_root(self, run_id: str) -> Path | None:
        """The folder of a run's artifacts if it is on this machine."""
        if run_id not in self._roots:
            self._roots[run_id] = self._client.get_run(run_id).info.artifact_uri
        return local_path(self._roots[run_id])
