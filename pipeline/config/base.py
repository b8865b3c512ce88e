"""What every group of the configuration is, and the groups that name the function that does their work."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Split = Literal["train", "test", "all"]
Depth = Literal["8-bit", "16-bit", "32-bit", "float"]
"""What a pixel value is stored as, which follows from the mode of an image and never from its values."""
Resize = Literal["stretch", "crop", "pad"]
"""How image files of another aspect ratio get the common size."""
Spec = dict[str, Any]
"""A table with `_target_` (a dotted import path) and that target's arguments."""


class Group(BaseModel):
    """A configuration group: immutable, unknown keys refused, no silent conversion between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, allow_inf_nan=False)


class Component(Group):
    """A group whose file names the function that does the work; keys not declared here are its arguments."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, populate_by_name=True, allow_inf_nan=False)
    stage_keys: ClassVar[frozenset[str]] = frozenset(("name", "target"))
    """Declared keys that the stage uses itself; the target does not get them."""
    name: str
    target: str = Field(alias="_target_")
    seed: int = Field(0, ge=0, lt=2**32)

    def arguments(self) -> dict[str, Any]:
        """Return the target's keyword arguments: the keys that were set, except `stage_keys`."""
        return self.model_dump(exclude=set(self.stage_keys), exclude_unset=True)
