"""A run of the store, as far as retention depends on it."""

from __future__ import annotations

from dataclasses import dataclass

FINISHED, OPEN = "FINISHED", ("RUNNING", "SCHEDULED")


@dataclass(frozen=True)
class StoredRun:
    """One run.

    `kind` is "stage" for a stage's result, "execution", "sweep" or the name of an action; empty for a run of another
    program. `ended` is in seconds since the epoch, `size` in bytes. `uses` are the ids of the runs whose results it
    refers to. `is_registered` says that somebody relies on its model: a
    version of it has an alias, or was registered under a name of the user's. `clustering` is the id of the stage
    result with its clusters, if it has any.
    """

    run_id: str
    kind: str
    name: str
    status: str
    ended: float
    size: int
    parent: str | None = None
    uses: frozenset[str] = frozenset()
    clustering: str | None = None
    is_deleted: bool = False
    is_registered: bool = False

    @property
    def is_stage(self) -> bool:
        """Whether the run holds the result of a stage."""
        return self.kind == "stage"

    @property
    def is_open(self) -> bool:
        """Whether a process still works on the run."""
        return self.status in OPEN

    @property
    def is_finished(self) -> bool:
        """Whether the run ended as it should."""
        return self.status == FINISHED
