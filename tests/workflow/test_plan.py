"""Which stages or action a configuration asks for."""

import pytest

from pipeline.runtime.errors import UserError
from pipeline.workflow.plan import plan
from pipeline.workflow.recipe import RECIPE
from tests.helpers import compose

ALL = [step.name for step in RECIPE]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return compose(outputs=tmp_path_factory.mktemp("outputs"))


@pytest.mark.parametrize(
    ("stage", "names"),
    [("all", ALL), ("train", ["train"]), (["cluster", "train"], ["train", "cluster"]), (["cluster", "all"], ALL)],
)
def test_steps_come_in_the_order_of_the_recipe(config, stage, names):
    steps, action = plan(config.model_copy(update={"stage": stage}))
    assert [step.name for step in steps] == names
    assert action is None


@pytest.mark.parametrize(
    ("stage", "key", "value", "message"),
    [
        (
            "all",
            "input",
            "new",
            r"^input: stage=all does not read it, but assign, extend, search and shards do",
        ),
        (
            "all",
            "run",
            "1a2b",
            r"^run: stage=all does not read it, but assign, .* or give stage=assign",
        ),
        (
            "label",
            "edits",
            "edits.json",
            r"^edits: stage=label does not read it, but edit does; .* stage=edit$",
        ),
        ("compare", "run", "1a2b", r"^run: stage=compare does not read it"),
        ("tree", "runs", ["1a", "2b"], r"^runs: stage=tree does not read it, but compare does"),
        ("clean", "run", "1a2b", r"^run: stage=clean does not read it"),
    ],
)
def test_what_the_stage_would_not_read_is_refused(config, stage, key, value, message):
    with pytest.raises(UserError, match=message):
        plan(config.model_copy(update={"stage": stage, key: value}))


def test_an_action_stands_alone(config):
    steps, action = plan(config.model_copy(update={"stage": "label"}))
    assert (steps, action.name) == ([], "label")


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("trian", r"^stage: 'trian' is unknown; did you mean train\?$"),
        (["train", "draw"], r"^stage: 'draw' is unknown; choose from data, train"),
        ([], r"^stage = \[\]: names no stage"),
        (["train", "label"], r"^stage: label uses a finished run and stands alone; give stage=label$"),
        ("assign", r"^input: needs a value; give input=FOLDER_OR_FILE"),
        ("shards", r"^input: needs a value"),
    ],
)
def test_a_wrong_request_says_what_would_be_right(config, stage, message):
    with pytest.raises(UserError, match=message):
        plan(config.model_copy(update={"stage": stage}))
