"""Keys that a reader declares in its signature: accepted, suggested, and checked before anything is read."""

from typing import Annotated

import pytest
from pydantic import Field

from pipeline.config import Config, Data, validate_config
from pipeline.config.compose import compose_config
from pipeline.config.signatures import check_arguments
from pipeline.data.source import Source
from pipeline.runtime.errors import UserError
from pipeline.workflow.finished_runs import restore_config

FOLDER = "pipeline.data.image_folder.read_image_folder"


def read_own_format(path: str, pair: tuple[int, int] = (1, 2), share: float = 0.5, seed: int = 0) -> Source:
    raise NotImplementedError


def message(**keys):
    """What is printed for these keys beside a valid configuration's other groups."""
    values = {name: {} for name in Config.model_fields} | {"data": {"name": "own", **keys}}
    with pytest.raises(UserError) as error:
        validate_config(values)
    return [line for line in str(error.value).splitlines() if line.startswith("data.")]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"channels": 2}, "data.channels = 2: input should be 1 or 3"),
        ({"labels_from": "x"}, "data.labels_from = 'x': input should be 'auto', 'none' or 'folder'"),
        ({"skip_at_most": -1}, "data.skip_at_most = -1: input should be greater than or equal to 0"),
        ({"skip_at_most": "3"}, "data.skip_at_most = '3': input should be a valid integer"),
        ({"value_range": [4, 4]}, "data.value_range = [4, 4]: give black and white, two ascending numbers such as …"),
        ({"value_range": [4]}, "data.value_range = [4]: give black and white, two ascending numbers such as …"),
        ({"value_range": "x"}, "data.value_range = 'x': input should be 'auto' or 'dtype' or a valid list or …"),
        ({"chanels": 1}, "data.chanels: no such key; did you mean data.channels?"),
        ({"trainsize": 1}, "data.trainsize: no such key; did you mean data.train_size?"),
        (
            {"observer": None},
            "data.observer: no such key; choose from background, channels, image_size, label_depth, …",
        ),
    ],
)
def test_unknown_keys_and_wrong_types_are_refused_by_key(keys, expected):
    (line,) = message(_target_=FOLDER, path="x", **keys)
    assert line == expected or (expected.endswith("…") and line.startswith(expected[:-1]))


def test_every_wrong_key_has_a_line():
    assert len(message(_target_=FOLDER, path="x", channels=2, labels_from=3, other=1)) == 3


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"_target_": FOLDER}, "data.path: needs a value; give data.path=…"),
        ({"_target_": FOLDER, "path": 5}, "data.path = 5: input should be a valid string"),
        (
            {"_target_": "pipeline.data.digits.read_digits", "path": "x"},
            "data.path = 'x': own reads no path; "
            "choose data=image_folder, image_list, npz, parquet, idx, csv or vectors",
        ),
        (
            {"_target_": "nothing.at.all"},
            "data._target_: nothing.at.all cannot be imported (No module named 'nothing'); give a dotted import path",
        ),
    ],
)
def test_missing_superfluous_and_wrong_paths_and_targets_are_refused(keys, expected):
    assert message(**keys) == [expected]


def test_reader_of_another_module_needs_no_schema():
    settings = Data(name="own", target=f"{__name__}.read_own_format", path="x", pair=[3, 4], share=1, seed=3)
    assert settings.arguments() == {"path": "x", "pair": [3, 4], "share": 1}
    with pytest.raises(
        ValueError, match=r"data\.pair = \[3, 'a'\]|data\.pair\.1 = 'a': input should be a valid integer"
    ):
        Data(name="own", target=f"{__name__}.read_own_format", path="x", pair=[3, "a"])


def test_annotations_that_cannot_be_checked_allow_every_value():
    def read_anything(path, other: "Unknown", number: Annotated[int, Field(ge=0)] = 0, **more):  # type: ignore[name-defined]  # noqa: F821
        raise NotImplementedError

    check_arguments(read_anything, {"path": 5, "other": "x", "number": 1, "extra": 2}, "data", {"seed"})


def test_choices_of_the_folder_have_only_keys_that_their_readers_take():
    for choice in ("image_folder", "idx", "npz", "csv", "parquet"):
        settings = compose_config(f"data={choice}", "data.path=x").data
        assert settings.arguments()["path"] == "x"
    for choice in ("mnist", "digits", "coloured_glyphs"):
        assert compose_config(f"data={choice}").data.arguments() == {}
    assert compose_config("data=glyphs", "data.letters=XYZ").data.arguments() == {"letters": "XYZ"}
    assert compose_config("data=mnist_augmented", "data.copies=3").data.arguments() == {"copies": 3}


def test_saved_configuration_is_restored_with_the_readers_keys():
    words = ["data=image_folder", "data.path=x", "data.split=all", "data.train_size=5", "data.labels_from=folder"]
    config = compose_config(*words)
    saved = config.model_dump(by_alias=True)
    assert restore_config(saved).data.model_dump(by_alias=True) == saved["data"]
