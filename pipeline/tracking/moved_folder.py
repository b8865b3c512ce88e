"""Repair the absolute paths in a SQLite database whose output folder was moved, renamed or copied."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

from pipeline.runtime.errors import UserError
from pipeline.tracking.local_path import local_path

PATH_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Tables and columns in which MLflow stores absolute addresses of artifacts."""


def repair_moved_paths(database: Path, artifacts: Path, is_shared: bool = False) -> str | None:
    """Make a database point to the folder `artifacts` beside it; return the former folder if that is another one.

    `artifacts` holds a folder for each experiment, and has been moved or copied together with the database: it exists,
    or the former one does not. A database that `is_shared` by several output folders was moved only if `artifacts`
    exists, none of its paths leads there, and the former folder is gone. All paths are changed in one transaction.

    Raises:
        UserError: the database cannot be written.
    """
    if not database.exists():
        return None
    new = artifacts.as_uri()
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        roots = _artifact_roots(connection)
        if is_shared and new in roots:
            return None
        former = [root for root in roots if root != new and _was_moved(root, roots[root], artifacts, is_shared)]
        try:
            with connection:
                for root in former:
                    for table, column in PATH_COLUMNS:
                        _replace_root(connection, table, column, root, new)
        except sqlite3.Error as error:
            raise UserError(
                f"output_dir: {artifacts.parent} was moved or copied, and the paths in {database} cannot be repaired: "
                f"{error}; make the file writable"
            ) from error
    return str(local_path(former[0])) if former else None


def _artifact_roots(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """The addresses of the folders `artifacts`, and the names of the experiments' folders in each."""
    try:
        rows = connection.execute("SELECT name, artifact_location FROM experiments ORDER BY experiment_id").fetchall()
    except sqlite3.Error:  # MLflow creates the tables of an empty database, or explains what is wrong with another
        return {}
    roots: dict[str, list[str]] = {}
    for name, location in rows:
        root = _root(location, name) if location else ""
        if root.startswith("file:") and root.endswith("/artifacts"):
            roots.setdefault(root, []).append(location.removeprefix(f"{root}/"))
    return roots


def _root(location: str, experiment: str) -> str:
    """The folder above that of an experiment; one that was renamed in MLflow keeps the folder of its former name."""
    suffix = Path(f"/{experiment}").as_uri().removeprefix("file://")
    return location.removesuffix(suffix) if location.endswith(suffix) else location.rpartition("/")[0]


def _was_moved(root: str, experiments: list[str], artifacts: Path, is_shared: bool) -> bool:
    """Whether the folder `root` became `artifacts`; experiments whose folders are only in `root` belong there."""
    folder = local_path(root)
    is_gone = folder is None or not folder.is_dir()
    if is_shared:
        return artifacts.is_dir() and is_gone
    stays = folder is not None and all(
        (folder / name).is_dir() and not (artifacts / name).is_dir() for name in map(unquote, experiments)
    )
    return is_gone or (artifacts.is_dir() and not stays)


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _replace_root(connection: sqlite3.Connection, table: str, column: str, old: str, new: str) -> None:
    """Replace the beginning `old/` of the values of a column; a table or column of another version may be missing."""
    if column in _columns(connection, table):
        connection.execute(
            f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
            (new, len(old) + 1, len(old) + 1, f"{old}/"),
        )
