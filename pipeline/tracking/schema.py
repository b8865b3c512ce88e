"""The schema of a SQLite database: upgraded to that of the installed MLflow, with a backup beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.runtime.atomic_files import atomic_write
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.processes import is_running
from pipeline.tracking.client import import_mlflow, sqlite_address
from pipeline.tracking.tags import PROCESS


def upgrade_schema(database: Path, is_shared: bool = False) -> Path | None:
    """Upgrade a database to the schema of the installed MLflow; return the backup, or None if it is up to date.

    A copy is upgraded, which then takes the place of the database, so that an interruption or an error leaves it as it
    was. A database that `is_shared` may belong to a server, and is left to its owner.

    Raises:
        UserError: a later MLflow wrote it, a process still writes to it, it is shared, or it cannot be upgraded.
    """
    revision = _schema_revision(database)
    if revision is None:
        return None
    scripts = _migrations()
    if revision == scripts.get_current_head():
        return None
    where = f"tracking.uri: {database}"
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise UserError(
            f"{where} was written by a later MLflow{_writer(database)}: its schema {revision} is unknown to MLflow "
            f"{version('mlflow')}; install that version, or give another output_dir; nothing was changed"
        )
    if is_shared:
        raise UserError(
            f"{where} has the schema of an earlier MLflow; make a copy of it, and then run: mlflow db upgrade "
            f"{sqlite_address(database)}"
        )
    if _is_in_use(database):
        raise UserError(f"{where} has the schema of an earlier MLflow, and a run still writes to it; wait for its end")
    return _replace_by_upgraded(database, where)


def _replace_by_upgraded(database: Path, where: str) -> Path:
    backup = _unused_name(database)
    try:
        with atomic_write(backup) as copy:
            _copy_database(database, copy)
        with atomic_write(database) as new:
            _copy_database(database, new)
            _run_migrations(new)
    except Exception as error:
        raise UserError(
            f"{where} has the schema of an earlier MLflow and cannot be upgraded: {first_line(error)}; it is unchanged"
        ) from error
    return backup


def _schema_revision(database: Path) -> str | None:
    """The revision of a database's schema; None if it has none; MLflow then creates it or reports an error."""
    if not database.exists():
        return None
    with closing(sqlite3.connect(database, timeout=60)) as connection, suppress(sqlite3.Error):
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None
    return None


def _migrations() -> Any:
    """MLflow's migrations, without importing MLflow."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    package = find_spec("mlflow")
    assert package is not None
    assert package.origin is not None
    config = Config()
    folder = Path(package.origin).parent / "store" / "db_migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def _run_migrations(database: Path) -> None:
    import_mlflow()
    from mlflow.store.db.utils import _upgrade_db, create_sqlalchemy_engine

    engine = create_sqlalchemy_engine(sqlite_address(database))
    try:
        _upgrade_db(engine)
    finally:
        engine.dispose()


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=60)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def _unused_name(database: Path) -> Path:
    """A name for the backup that no earlier one has."""
    number, path = 1, database.with_name(f"{database.stem}-before-mlflow-{version('mlflow')}{database.suffix}")
    while path.exists():
        number += 1
        path = path.with_name(f"{database.stem}-before-mlflow-{version('mlflow')}-{number}{database.suffix}")
    return path


def _is_in_use(database: Path) -> bool:
    """Whether a process of this machine that still runs has an unfinished run in the database."""
    query = "SELECT tags.value FROM runs JOIN tags USING (run_uuid) WHERE runs.status = 'RUNNING' AND tags.key = ?"
    with closing(sqlite3.connect(database, timeout=60)) as connection:
        tags = [tag for (tag,) in connection.execute(query, [PROCESS])]
    return any(map(is_running, tags))


def _writer(database: Path) -> str:
    """The version of MLflow that the newest run names, in parentheses."""
    query = (
        "SELECT tags.value FROM runs JOIN tags USING (run_uuid) WHERE tags.key = 'version.mlflow' "
        "ORDER BY runs.start_time DESC LIMIT 1"
    )
    with closing(sqlite3.connect(database, timeout=60)) as connection, suppress(sqlite3.Error):
        row = connection.execute(query).fetchone()
        return f" ({row[0]})" if row and row[0] != version("mlflow") else ""
    return ""
