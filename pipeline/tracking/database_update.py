"""Make a stored SQLite database usable: nothing half made, MLflow's present schema, paths to its own folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pipeline.runtime.atomic_files import SUFFIX
from pipeline.runtime.observer import RunObserver
from pipeline.tracking.moved_folder import repair_moved_paths
from pipeline.tracking.schema import upgrade_schema


def update_database(database: Path, outputs: Path, observer: RunObserver) -> None:
    """Upgrade the schema of a database, and repair its paths if its folder was moved; the observer gets a line of each.

    A database other than the one in `outputs` may serve several folders. The caller holds the lock under which a
    database is made, so what a killed process left half made is removed.

    Raises:
        UserError: it cannot be upgraded or repaired.
    """
    _remove_half_made(database)
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


def _remove_half_made(database: Path) -> None:
    """Remove the temporary files of a database, of its backup, and SQLite's own files beside them."""
    for file in database.parent.glob(f".{database.stem}*{SUFFIX}*"):
        with suppress(OSError):  # of a folder that may only be read
            file.unlink()
