"""The image set: its reader with the keys that the reader declares, the part that is fitted, subsets and size."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from pipeline.config.base import Component, Depth, Group, Split
from pipeline.config.instantiate import import_target
from pipeline.config.signatures import check_arguments, signature_parameters
from pipeline.runtime.errors import UserError

ValueRange = Literal["auto", "dtype"] | list[float] | dict[str, list[float]]
"""A rule for the values to read as black and white, the two values, or two for each depth of image files."""


class Data(Component):
    """An image set. `_target_` names its reader, and keys that are not declared here are arguments of the reader.

    `path` is the file or folder to read; readers of bundled or generated images take none. `value_range` is the rule
    for the values to read as black and white, or the two values. Subsets of `train_size` and `test_size` images are
    drawn with `seed` and stratified by the labels. Without a test part, `test_fraction` of the images become one.
    `image_size` is the height and width in pixels to resize to. The reader gets those of the declared keys that its
    signature names, too.
    """

    stage_keys: ClassVar[frozenset[str]] = frozenset((
        "name", "target", "path", "value_range", "split", "train_size", "test_size", "test_fraction", "image_size",
        "seed",
    ))  # fmt: skip
    path: str | None = None
    value_range: ValueRange = "auto"
    split: Split = "train"
    train_size: int | None = Field(None, ge=1)
    test_size: int | None = Field(None, ge=0)
    test_fraction: float | None = Field(None, gt=0, lt=1)
    image_size: int | None = Field(None, ge=1, le=4096)

    def arguments(self) -> dict[str, Any]:
        """Return the reader's keyword arguments: its own keys, and `path` where there is one."""
        path = {} if self.path is None else {"path": self.path}
        return path | (self.model_extra or {})

    def common_keys(self) -> dict[str, Any]:
        """Return the values of the declared keys, which any reader may take, except `path`."""
        return {key: getattr(self, key) for key in self.stage_keys - {"path", "target"}}

    @model_validator(mode="after")
    def _check_value_range(self) -> Data:
        rule = self.value_range
        for depth in rule if isinstance(rule, dict) else ():
            if depth not in get_args(Depth):
                raise ValueError(f"data.value_range.{depth}: no such depth; choose from {', '.join(get_args(Depth))}")
        ranges = list(rule.values()) if isinstance(rule, dict) else [rule] if isinstance(rule, list) else []
        for limits in ranges:
            if len(limits) != 2 or limits[0] >= limits[1]:
                values = ", ".join(f"{value:g}" for value in limits)
                raise ValueError(
                    f"data.value_range = [{values}]: give black and white, two ascending numbers such as [0,4095]"
                )
        return self

    @model_validator(mode="after")
    def _check_test_fraction(self) -> Data:
        if self.test_fraction is not None and self.split != "train":
            raise ValueError(
                f"data.test_fraction = {self.test_fraction:g}: images are held out with data.split=train alone; "
                f"data.split is {self.split}"
            )
        return self

    @model_validator(mode="after")
    def _check_reader_keys(self) -> Data:
        try:
            reader = import_target(self.target, "data._target_")
        except UserError as error:
            raise ValueError(str(error)) from error
        if self.path is not None and "path" not in signature_parameters(reader):
            raise ValueError(
                f"data.path = {self.path!r}: {self.name} reads no path; choose data=image_folder, image_list, npz, "
                "parquet, idx, csv or vectors"
            )
        check_arguments(reader, self.arguments(), "data", set(self.common_keys()))
        return self


class DataGroups(Group):
    """The configuration groups of this module."""

    data: Data
