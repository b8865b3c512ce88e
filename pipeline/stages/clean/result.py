"""The result of stage clean: a table of all runs with the reason why each stays or goes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipeline.stages.clean.retention import Decision

MEGABYTE = 1e6
FILE = "clean.csv"


@dataclass(frozen=True)
class CleaningResult:
    """The decisions about all runs, and whether those that go were deleted."""

    decisions: list[Decision]
    is_deleted: bool

    def save(self, folder: Path) -> list[str]:
        """Write clean.csv: a row per run that has files or goes, those that go first, the largest first."""
        rows = [decision for decision in self.decisions if decision.is_deletable or decision.run.size]
        rows.sort(key=lambda decision: (decision.stays, -decision.run.size, decision.run.run_id))
        columns = ["run_id", "kind", "name", "ended", "megabytes", "decision", "reason"]
        pd.DataFrame([self._row(decision) for decision in rows], columns=columns).to_csv(folder / FILE, index=False)
        return [FILE]

    def _row(self, decision: Decision) -> list[str | float]:
        run, deletable = decision.run, "deleted" if self.is_deleted else "can be deleted"
        ended = datetime.fromtimestamp(run.ended, UTC).isoformat(" ", "seconds")
        size = round(run.size / MEGABYTE, 3)
        return [run.run_id, run.kind, run.name, ended, size, "stays" if decision.stays else deletable, decision.reason]

    def metrics(self) -> dict[str, float]:
        """Return the numbers of results and runs that go, and the megabytes of what goes and what stays."""
        deletable = self._deletable
        return {
            "clean/results": float(sum(decision.run.is_stage for decision in deletable)),
            "clean/runs": float(sum(not decision.run.is_stage for decision in deletable)),
            "clean/megabytes": self._size(deletable) / MEGABYTE,
            "clean/remaining_megabytes": (self._size(self.decisions) - self._size(deletable)) / MEGABYTE,
        }

    def summary_lines(self) -> list[str]:
        """Return what goes by its reason, how much that is, and how to delete it."""
        deletable, total = self._deletable, self._size(self.decisions)
        if not deletable:
            return [f"clean    nothing can be deleted; all {total / MEGABYTE:,.1f} MB are needed"]
        reasons = Counter(decision.reason for decision in deletable)
        lines = [
            f"         {count:,} {'run' if count == 1 else 'runs'}: {reason}" for reason, count in reasons.most_common()
        ]
        size = f"{self._size(deletable) / MEGABYTE:,.1f} of {total / MEGABYTE:,.1f} MB"
        if self.is_deleted:
            return [f"clean    deleted {size}", *lines]
        return [f"clean    {size} can be deleted", *lines, "         nothing was deleted; give clean.delete=true"]

    @property
    def _deletable(self) -> list[Decision]:
        return [decision for decision in self.decisions if decision.is_deletable]

    @staticmethod
    def _size(decisions: list[Decision]) -> int:
        return sum(decision.run.size for decision in decisions)
