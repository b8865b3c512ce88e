"""Make a stored SQLite database usable: the schema of the installed MLflow, and paths that lead to its own folder."""

from __future__ import annotations

from pathlib import Path

from pipeline.runtime.observer import RunObserver
from pipeline.tracking.moved_folder import repair_moved_paths
from pipeline.tracking.schema import upgrade_schema


def update_database(database: Path, outputs: Path, observer: RunObserver) -> None:
    """Upgrade the schema of a database, and repair its paths if its folder was moved; the observer gets a line of each.

    A database other than the one in `outputs` may serve several folders.

    Raises:
        UserError: it cannot be upgraded or repaired.
    """
    is_shared = database != (outputs / "mlflow.db").resolve()
    backup = upgrade_schema(database, is_shared)
    if backup is not None:
        observer.warning(
            f"  note: {database} was written by an earlier MLflow and was upgraded; {backup.name} beside it is as "
            "it was before"
        )
    former = repair_moved_paths(database, database.parent / "artifacts", is_shared)
    if former is not None:
        observer.warning(
            f"  note: {database.parent} was moved or copied: its database names artifacts in {former}, and names "
            f"those in {database.parent / 'artifacts'} now"
        )
