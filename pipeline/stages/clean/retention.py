"""Which runs stay, and why: the rules of retention, without any file or database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from pipeline.config import Clean
from pipeline.stages.clean.stored_run import StoredRun

DAY, GIGABYTE = 24 * 3600.0, 1e9

REGISTERED = "its model is registered"
UNUSED, INCOMPLETE, DELETED = "no run that stays needs it", "did not finish", "deleted in MLflow"


@dataclass(frozen=True)
class Decision:
    """Whether a run stays, and the reason."""

    run: StoredRun
    stays: bool
    reason: str

    @property
    def is_deletable(self) -> bool:
        """Whether deletion would free space, or remove a finished run from the lists of runs."""
        return not self.stays and (self.run.size > 0 or (self.run.is_finished and not self.run.is_deleted))


def decide(runs: Collection[StoredRun], config: Clean, now: float) -> list[Decision]:
    """Return a decision for each run.

    Runs that were deleted in MLflow go, and those that interrupted processes left more than `config.resume_days` ago.
    With `config.days` those go that ended before, with `config.gigabytes` the oldest until the rest fits. The newest
    run with clusters, runs whose model is registered, and all runs that others refer to stay. The results of stages
    stay as long as a run that stays needs them.
    """
    rules = _Rules(runs, config, now)
    return rules.decisions(rules.surplus())


class _Rules:
    def __init__(self, runs: Collection[StoredRun], config: Clean, now: float) -> None:
        self.runs = {run.run_id: run for run in runs}
        self.config, self.now = config, now
        self.children: dict[str, list[StoredRun]] = defaultdict(list)
        for run in runs:
            if run.parent is not None:
                self.children[run.parent].append(run)
        self.top = sorted((run for run in runs if not run.is_stage), key=lambda run: (run.ended, run.run_id))
        self.protected = self._protected()
        self.dropped = {run.run_id: reason for run in self.top if (reason := self._reason_to_go(run))}

    def _protected(self) -> dict[str, str]:
        """Reasons of the runs that stay whatever their age: the newest, and the newest of each registered model."""
        newest_first = [run for run in reversed(self.top) if run.is_finished and not run.is_deleted and run.clustering]
        protected = {run.run_id: "the newest run" for run in newest_first[:1]}
        registered = {run.run_id for run in self.runs.values() if run.is_registered}
        protected |= dict.fromkeys(registered - set(protected), REGISTERED)
        for run in newest_first:
            if run.clustering in registered:
                registered.remove(run.clustering)
                protected.setdefault(run.run_id, REGISTERED)
        return protected

    def _reason_to_go(self, run: StoredRun) -> str:
        if not run.kind or run.is_open or run.run_id in self.protected:
            return ""
        if run.is_deleted:
            return DELETED
        age = (self.now - run.ended) / DAY
        if self.config.days is not None and age > self.config.days:
            return f"ended more than {self.config.days:g} days ago"
        return INCOMPLETE if not run.is_finished and age > self.config.resume_days else ""

    def surplus(self) -> dict[str, str]:
        """The oldest runs that must go for the rest to fit into `config.gigabytes`."""
        if self.config.gigabytes is None:
            return {}
        limit = self.config.gigabytes * GIGABYTE
        reason = f"beyond {self.config.gigabytes:g} GB"
        candidates = [
            run.run_id
            for run in self.top
            if run.kind and not run.is_open and run.run_id not in self.protected and run.run_id not in self.dropped
        ]
        first, last = 0, len(candidates)  # the size falls with the number of runs that go
        while first < last:
            middle = (first + last) // 2
            if self._size(dict.fromkeys(candidates[:middle], reason)) > limit:
                first = middle + 1
            else:
                last = middle
        return dict.fromkeys(candidates[:first], reason)

    def _size(self, surplus: Mapping[str, str]) -> int:
        return sum(self.runs[run_id].size for run_id in self._retained(surplus))

    def _retained(self, surplus: Mapping[str, str]) -> dict[str, str]:
        """The runs that stay, and the reason."""
        deleted = {**self.dropped, **surplus}
        retained = {run_id: reason for run_id, reason in self.protected.items() if run_id in self.runs}
        pending = list(retained)
        for run in self.top:
            if run.run_id not in deleted and run.run_id not in retained:
                retained[run.run_id] = _reason_to_stay(run)
                pending.append(run.run_id)
        while pending:
            run = self.runs[pending.pop()]
            for other in self._needs(run):
                if other.run_id not in retained:
                    retained[other.run_id] = f"used by {run.run_id}"
                    pending.append(other.run_id)
        return retained

    def _needs(self, run: StoredRun) -> Iterable[StoredRun]:
        """The runs that a run needs: those it refers to, its own stages, and the sweep it belongs to."""
        names = (*sorted(run.uses), *([] if run.is_stage else [run.parent]))
        named = [self.runs[run_id] for run_id in names if run_id in self.runs]
        stages = [child for child in self.children[run.run_id] if child.is_stage and not child.is_deleted]
        return [other for other in (*named, *stages) if _is_useful(other, run)]

    def decisions(self, surplus: Mapping[str, str]) -> list[Decision]:
        """Return all decisions, in the order of the runs."""
        retained, deleted = self._retained(surplus), {**self.dropped, **surplus}
        return [
            Decision(run, True, retained[run.run_id])
            if run.run_id in retained
            else Decision(run, False, deleted.get(run.run_id, UNUSED if run.is_finished else INCOMPLETE))
            for run in self.runs.values()
        ]


def _is_useful(other: StoredRun, run: StoredRun) -> bool:
    """Whether `run` can use what it needs: a finished result, or a run that nobody deleted."""
    if other.is_stage:
        return other.is_finished or run.is_open
    return not other.is_deleted


def _reason_to_stay(run: StoredRun) -> str:
    if not run.kind:
        return "of another program"
    if run.is_open:
        return "in progress"
    return "finished" if run.is_finished else "interrupted; the same command resumes it"
