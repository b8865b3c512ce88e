"""The edits that a person made on the explorer's page, and the file that holds them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.clustering.edits_file import EDITS_VERSION
from pipeline.clustering.working_clusters import EditError, WorkingClusters
from pipeline.config.error_messages import describe_input
from pipeline.runtime.errors import UserError, first_line
from pipeline.runtime.paths import has_undecodable_bytes

KEY = "edits"
Number = Annotated[int, Field(ge=0)]
Mark = Literal["none", "not_sure", "remove"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rename(_Strict):
    """Give a cluster a name, or take it away with an empty one."""

    action: Literal["rename"]
    cluster: Number
    name: str

    def apply(self, clusters: WorkingClusters) -> None:
        """Change the name."""
        clusters.rename(self.cluster, self.name)


class Merge(_Strict):
    """Move the images of several clusters to the first of them, which keeps its number."""

    action: Literal["merge"]
    clusters: list[Number] = Field(min_length=2)

    def apply(self, clusters: WorkingClusters) -> None:
        """Merge the clusters."""
        clusters.merge(self.clusters)


class Split(_Strict):
    """Cluster the images of one cluster again; its largest part keeps the number, the others get the next ones."""

    action: Literal["split"]
    cluster: Number
    parts: Annotated[int, Field(ge=2)]

    def apply(self, clusters: WorkingClusters) -> None:
        """Split the cluster."""
        clusters.split(self.cluster, self.parts)


class Create(_Strict):
    """Add an empty cluster for images that are moved to it; its number is the next one."""

    action: Literal["create"]
    cluster: Number
    name: str = ""

    def apply(self, clusters: WorkingClusters) -> None:
        """Add the cluster."""
        clusters.create(self.cluster, self.name)


class Move(_Strict):
    """Move images to a cluster; −1 is noise."""

    action: Literal["move"]
    images: list[str] = Field(min_length=1)
    cluster: Annotated[int, Field(ge=-1)]

    def apply(self, clusters: WorkingClusters) -> None:
        """Move the images."""
        clusters.move(self.images, self.cluster)


class MarkImages(_Strict):
    """Mark images as not sure or to be removed, or take a mark away."""

    action: Literal["mark"]
    images: list[str] = Field(min_length=1)
    mark: Mark

    def apply(self, clusters: WorkingClusters) -> None:
        """Mark the images."""
        clusters.mark(self.images, self.mark)


Edit = Rename | Merge | Split | Create | Move | MarkImages


class Edits(_Strict):
    """The content of an edits file: the clustering that it belongs to, by its digest, and the edits in their order.

    `run_id` is the run whose page saved the file, where the page knew it.
    """

    version: Literal[1]
    clustering: str
    run_id: str | None = None
    edits: list[Annotated[Edit, Field(discriminator="action")]]

    def require_clustering(self, digest: str, run_id: str) -> None:
        """Refuse the edits if they belong to another clustering than that of `run_id`, which has `digest`."""
        if self.clustering == digest:
            return
        origin = f"run {self.run_id}" if self.run_id else "another run"
        raise UserError(f"{KEY}: the edits belong to the clusters of {origin}, not to those of {run_id}; set run=ID")

    def summary(self) -> str:
        """Return the number of edits of each kind: "2 merge, 1 split, 20 move"."""
        counts = Counter(edit.action for edit in self.edits)
        return ", ".join(f"{count:,} {action}" for action, count in counts.items()) or "no edits"


def read_edits(path: str) -> Edits:
    """Return the edits in a file.

    Raises:
        UserError: the file cannot be read, is not JSON, does not follow the schema, or has no edit; the message names
            the edit.
    """
    file = Path(path).expanduser()
    try:
        values = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{KEY}: cannot read {file}: {first_line(error)}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{KEY}: {file} is not JSON: {first_line(error)}; save it again on the page") from error
    if has_undecodable_bytes(json.dumps(values, ensure_ascii=False)):
        raise UserError(f"{KEY}: {file} has text that is not valid UTF-8; save it again on the page")
    if not isinstance(values, dict) or "edits" not in values:
        raise UserError(f"{KEY}: {file} holds no edits; save them on the page of the explorer")
    if values.get("version") != EDITS_VERSION:
        version = values.get("version")
        raise UserError(
            f"{KEY}: {file} has version {version!r} of the format; this program reads version {EDITS_VERSION}"
        )
    try:
        edits = TypeAdapter(Edits).validate_python(values)
    except ValidationError as error:
        raise UserError(f"{KEY}: {_explain(error)} in {file}") from error
    if not edits.edits:
        raise UserError(f"{KEY}: the list edits in {file} is empty; a file needs at least one edit")
    return edits


def _explain(error: ValidationError) -> str:
    """The first mistake of a file: which edit, which key, and what would be right."""
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    where = ".".join(location)
    if location[0] == "edits" and len(location) > 1:
        key = ".".join(location[3:])
        where = f"edit {int(location[1]) + 1}" + (f", key {key}" if key else "")
    if first["type"] == "union_tag_not_found":
        return f"{where}: has no action; an edit is an object with the key action"
    if first["type"] == "union_tag_invalid":
        return f"{where}: action {first['ctx']['tag']!r}: choose from {first['ctx']['expected_tags']}"
    if first["type"] == "extra_forbidden":
        return f"{where}: there is no such key"
    return f"{where}: {describe_input([first]).removeprefix('input ')}"


def apply_edits(edits: Edits, clusters: WorkingClusters) -> None:
    """Apply all edits in their order.

    Raises:
        UserError: an edit contradicts an earlier one or names a cluster or an image that does not exist.
    """
    for number, edit in enumerate(edits.edits, 1):
        try:
            edit.apply(clusters)
        except EditError as error:
            raise UserError(f"{KEY}: edit {number} ({edit.action}): {error}") from error
