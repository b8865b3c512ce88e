"""Databases of other versions of MLflow: earlier ones are upgraded after a backup, later ones refused."""

import sqlite3
from contextlib import closing
from importlib.metadata import version

import pytest

from pipeline.cli.console import Console
from pipeline.config import Tracking
from pipeline.runtime import processes
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store, schema
from pipeline.tracking.schema import upgrade_schema
from tests.tracking.stores import unpack_store

BACKUP = f"mlflow-before-mlflow-{version('mlflow')}.db"


@pytest.fixture
def former(tmp_path):
    """The results folder of a run of version 0.1 with MLflow 3.10."""
    return unpack_store("0.1", tmp_path)


def execute_sql(database, command, *values):
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(command, values).fetchall()
        connection.commit()
    return rows


def revision(database):
    return execute_sql(database, "SELECT version_num FROM alembic_version")[0][0]


def dump(database):
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def test_a_database_of_an_earlier_mlflow_is_upgraded_after_a_backup(former, empty_store, capsys):
    database = former / "mlflow.db"
    before, names = dump(database), execute_sql(database, "SELECT name, status FROM runs ORDER BY start_time")
    store = Store(Tracking(), former, Console())
    note = " ".join(capsys.readouterr().out.split())
    assert f"was written by an earlier MLflow and was upgraded; {BACKUP} beside it is as it was before" in note
    assert revision(database) == revision(empty_store)
    assert dump(former / BACKUP) == before
    assert execute_sql(database, "SELECT name, status FROM runs ORDER BY start_time") == names
    assert len(store.executions()) == 1
    assert not list(former.glob(".*.part"))
    Store(Tracking(), former, Console())
    assert "earlier MLflow" not in capsys.readouterr().out, "only once"
    assert sorted(path.name for path in former.glob("*.db")) == sorted(["mlflow.db", BACKUP])


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(former, monkeypatch):
    content = (former / "mlflow.db").read_bytes()

    def fail(database):
        execute_sql(database, "DROP TABLE runs")
        raise RuntimeError("the machine stopped")

    monkeypatch.setattr(schema, "_run_migrations", fail)
    with pytest.raises(UserError, match=r"cannot be upgraded: the machine stopped; it is unchanged$"):
        upgrade_schema(former / "mlflow.db")
    assert (former / "mlflow.db").read_bytes() == content


def test_a_database_that_a_run_writes_to_is_not_upgraded(former):
    database = former / "mlflow.db"
    run_id = execute_sql(database, "SELECT run_uuid FROM runs")[0][0]
    execute_sql(database, "UPDATE runs SET status = 'RUNNING' WHERE run_uuid = ?", run_id)
    change = "UPDATE tags SET value = ? WHERE key = 'pipeline.process' AND run_uuid = ?"
    execute_sql(database, change, processes.process_tag(), run_id)
    before = revision(database)
    with pytest.raises(UserError, match=r"and a run still writes to it; wait for its end$"):
        upgrade_schema(database)
    assert revision(database) == before


def test_a_database_that_others_may_use_is_left_to_its_owner(former, tmp_path):
    before = (former / "mlflow.db").read_bytes()
    with pytest.raises(UserError, match=r"make a copy of it, and then run: mlflow db upgrade sqlite:///"):
        Store(Tracking(uri=f"sqlite:///{former / 'mlflow.db'}"), tmp_path / "other")
    assert (former / "mlflow.db").read_bytes() == before


def test_a_database_of_a_later_mlflow_is_refused_in_one_line(outputs):
    database = outputs / "mlflow.db"
    execute_sql(database, "UPDATE alembic_version SET version_num = 'abcdef123456'")
    before = database.read_bytes()
    with pytest.raises(UserError) as caught:
        Store(Tracking(), outputs)
    assert str(caught.value) == (
        f"tracking.uri: {database} was written by a later MLflow: its schema abcdef123456 is unknown to MLflow "
        f"{version('mlflow')}; install that version, or give another output_dir; nothing was changed"
    )
    assert database.read_bytes() == before


def test_the_version_of_a_later_mlflow_is_named(outputs):
    with Store(Tracking(), outputs).run("execution", "later", tags={"version.mlflow": "9.9.9"}):
        pass
    execute_sql(outputs / "mlflow.db", "UPDATE alembic_version SET version_num = 'abcdef123456'")
    with pytest.raises(UserError, match=r"was written by a later MLflow \(9\.9\.9\): its schema"):
        Store(Tracking(), outputs)
