"""Retention: which runs stay and which go, and that nothing goes that somebody needs."""

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Clean
from pipeline.stages.clean import clean
from pipeline.stages.clean.retention import DAY, DELETED, INCOMPLETE, UNUSED, decide
from pipeline.stages.clean.stored_run import StoredRun

NOW = 1000 * DAY


def execution(run_id, *stages, age=0.0, **changes):
    run = StoredRun(
        run_id, "execution", f"run {run_id}", "FINISHED", NOW - age * DAY, 10, None, frozenset(stages), stages[-1]
    )
    return replace(run, **changes)


def stage(run_id, parent, age=0.0, size=100, **changes):
    return replace(StoredRun(run_id, "stage", "train", "FINISHED", NOW - age * DAY, size, parent), **changes)


def going(runs, **settings):
    """The runs that go, with their reasons."""
    decisions = decide(runs, Clean(**settings), NOW)
    assert [decision.run for decision in decisions] == list(runs)
    return {decision.run.run_id: decision.reason for decision in decisions if decision.is_deletable}


def test_without_limits_only_unused_results_go():
    runs = [execution("a", "t", "c"), stage("t", "a"), stage("c", "a"), stage("u", "gone")]
    assert going(runs) == {"u": UNUSED}


def test_results_of_a_run_deleted_in_mlflow_go_unless_another_run_reused_them():
    runs = [
        execution("a", "t", "c1", is_deleted=True), execution("b", "t", "c2"),
        stage("t", "a"), stage("c1", "a"), stage("c2", "b"),
    ]  # fmt: skip
    assert going(runs) == {"a": DELETED, "c1": UNUSED}


def test_a_stage_deleted_in_mlflow_stays_while_a_run_needs_it():
    runs = [execution("a", "t", "c"), stage("t", "a", is_deleted=True), stage("c", "a")]
    assert going(runs) == {}


def test_interrupted_runs_keep_their_finished_results_for_a_week():
    def runs(age):
        failed = replace(execution("a", "t", age=age), uses=frozenset(), clustering=None, status="KILLED", size=0)
        return [failed, stage("t", "a", age), stage("c", "a", age, status="KILLED")]

    assert going(runs(age=6)) == {"c": INCOMPLETE}
    assert going(runs(age=8)) == {"t": UNUSED, "c": INCOMPLETE}
    assert going(runs(age=8), resume_days=9) == {"c": INCOMPLETE}


def test_a_run_in_progress_keeps_everything_it_has():
    run = replace(execution("a", "t", age=99), status="RUNNING", uses=frozenset())
    assert going([run, stage("t", "a", 99), stage("c", "a", 99, status="RUNNING")], days=1, gigabytes=0) == {}


def old_and_new():
    return [
        execution("old", "t", "c1", age=40), execution("middle", "t", "c2", age=20), execution("new", "t", "c3"),
        stage("t", "old", 40), stage("c1", "old", 40), stage("c2", "middle", 20), stage("c3", "new"),
    ]  # fmt: skip


def test_old_runs_go_with_the_results_that_only_they_need():
    assert going(old_and_new(), days=30) == {"old": "ended more than 30 days ago", "c1": UNUSED}
    assert set(going(old_and_new(), days=10)) == {"old", "middle", "c1", "c2"}


def test_the_oldest_runs_go_until_the_rest_fits():
    assert sum(run.size for run in old_and_new()) == 430
    assert going(old_and_new(), gigabytes=430e-9) == {}
    assert going(old_and_new(), gigabytes=429e-9) == {"old": "beyond 4.29e-07 GB", "c1": UNUSED}
    assert set(going(old_and_new(), gigabytes=210e-9)) == {"old", "middle", "c1", "c2"}


def test_the_newest_run_with_clusters_stays_whatever_the_limits():
    runs = [*old_and_new(), execution("export", "x", kind="export", uses=frozenset(), clustering=None, size=0)]
    assert set(going(runs, gigabytes=0)) == {"old", "middle", "c1", "c2", "export"}


def test_what_a_registered_model_needs_stays():
    runs = [replace(run, is_registered=run.run_id == "c1") for run in old_and_new()]
    assert set(going(runs, days=1)) == {"middle", "c2"}
    without_run = [run for run in runs if run.run_id != "old"]
    assert set(going(without_run, days=1)) == {"middle", "c2"}, "also if its run is gone"


def test_what_a_derived_run_needs_stays_with_the_run_it_is_derived_from():
    edited = execution("edited", "old", "t", "c4", age=5)
    runs = [*old_and_new(), edited, stage("c4", "edited", 5)]
    assert set(going(runs, days=10)) == {"middle", "c2"}


def test_a_run_that_a_recent_action_used_stays():
    compare = StoredRun("compare", "compare", "compare", "FINISHED", NOW, 0, None, frozenset({"old"}))
    assert set(going([*old_and_new(), compare], days=10)) == {"middle", "c2"}
    assert set(going([replace(old_and_new()[0], is_deleted=True), *old_and_new()[1:], compare], days=30)) == {
        "old", "c1",
    }  # fmt: skip


def test_repeats_of_a_finished_action_stay_as_long_as_the_action():
    action = StoredRun("action", "stability", "stability", "FINISHED", NOW - 5 * DAY, 10, None, frozenset({"new"}))
    runs = [*old_and_new(), action, stage("repeat", "action", 5)]
    assert "repeat" not in going(runs, days=10)
    assert going(runs, days=3)["repeat"] == UNUSED


def test_a_sweep_stays_with_its_jobs():
    sweep = StoredRun("sweep", "sweep", "sweep", "FAILED", NOW - 50 * DAY, 10)
    runs = [sweep, execution("job", "t", "c", age=5, parent="sweep"), stage("t", "job", 5), stage("c", "job", 5)]
    assert going(runs, days=10) == {}


def test_runs_of_other_programs_stay():
    foreign = StoredRun("x", "", "notebook", "FAILED", 0.0, 0)
    assert going([foreign, *old_and_new()], days=30).keys() == {"old", "c1"}


RUN_IDS = [f"e{index}" for index in range(4)]
STAGE_IDS = [f"s{index}" for index in range(8)]


@st.composite
def stores(draw):
    """A store with runs that use each other's results at random."""
    statuses = st.sampled_from(["FINISHED", "FINISHED", "RUNNING", "KILLED"])
    runs = [
        StoredRun(
            run_id, "execution", "", draw(statuses), NOW - draw(st.integers(0, 50)) * DAY, 10, None,
            frozenset(draw(st.lists(st.sampled_from([*STAGE_IDS, *RUN_IDS]), max_size=5))),
            draw(st.sampled_from([None, *STAGE_IDS])), draw(st.booleans()),
        )
        for run_id in RUN_IDS
    ]  # fmt: skip
    return runs + [
        stage(run_id, draw(st.sampled_from(RUN_IDS)), is_registered=draw(st.booleans())) for run_id in STAGE_IDS
    ]


@given(stores(), st.none() | st.integers(0, 50), st.none() | st.floats(0, 1e-6))
def test_nothing_goes_that_a_run_that_stays_needs(runs, days, gigabytes):
    decisions = {decision.run.run_id: decision for decision in decide(runs, Clean(days=days, gigabytes=gigabytes), NOW)}
    for decision in decisions.values():
        run = decision.run
        if run.is_registered or (run.is_open and not run.is_deleted):
            assert decision.stays
        if decision.stays:
            for other in (decisions[run_id] for run_id in run.uses):
                assert other.stays or other.run.is_deleted
            if run.kind == "execution":
                assert all(other.stays for other in decisions.values() if other.run.parent == run.run_id)


def test_nothing_is_deleted_unless_it_is_asked_for(tmp_path):
    runs, deleted = [*old_and_new(), stage("u", "gone", size=2_500_000)], []
    listed = clean(Clean(), runs, NOW, deleted.extend)
    assert deleted == []
    assert listed.summary_lines() == [
        "clean    2.5 of 2.5 MB can be deleted",
        "         1 run: no run that stays needs it",
        "         nothing was deleted; give clean.delete=true",
    ]
    assert listed.metrics()["clean/megabytes"] == 2.5
    assert listed.save(tmp_path) == ["clean.csv"]
    table = pd.read_csv(tmp_path / "clean.csv")
    assert table["decision"].tolist() == ["can be deleted", *["stays"] * 7]
    assert table.iloc[0][["run_id", "megabytes", "reason"]].tolist() == ["u", 2.5, UNUSED]
    done = clean(Clean(delete=True), runs, NOW, deleted.extend)
    assert deleted == ["u"]
    assert done.summary_lines()[0] == "clean    deleted 2.5 of 2.5 MB"
    assert clean(Clean(delete=True), runs[:-1], NOW, deleted.extend).summary_lines() == [
        "clean    nothing can be deleted; all 0.0 MB are needed"
    ]


@pytest.mark.parametrize("settings", [{"days": -1}, {"gigabytes": -1}, {"resume_days": -1}])
def test_limits_are_not_negative(settings):
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Clean(**settings)
