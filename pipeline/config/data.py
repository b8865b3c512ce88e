"""Which images there are, and which part of them is fitted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config.base import Group, Spec, Split


class Data(Group):
    """Which images, how many of them, and which part is fitted."""

    name: str
    source: Spec
    path: str | None = None
    split: Split = "train"
    train_size: int | None = Field(None, ge=1)
    test_size: int | None = Field(None, ge=0)
    image_size: int | None = Field(None, ge=1, le=4096)
    labels_from: Literal["none", "folder"] = "none"
    image_column: str = "image"
    label_column: str = "label"
    channels: Literal[1, 3] | None = None
    copies: int | None = Field(None, ge=0, le=1000)
    skip_at_most: int = Field(20, ge=0)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _a_path_is_read(self) -> Data:
        if self.path is not None and "path" not in self.source:
            raise ValueError(
                f"data.path = {self.path!r}: {self.name} reads no path; choose data=image_folder, npz, idx or parquet"
            )
        return self
