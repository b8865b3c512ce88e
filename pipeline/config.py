"""The typed schema of every configuration group: names, types and ranges, in one place.

The YAML files in `conf/` hold the values; the classes here say which values are allowed. Checking happens before
anything heavy is imported. Each group that draws random numbers has its own `seed`, by default the global one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipeline.errors import UserError
from pipeline.mistakes import lines, nearest
from pipeline.stage_names import ON_DEMAND, STAGES

Split = Literal["train", "test", "all"]
Spec = dict[str, Any]
"""A table with `_target_` (a dotted import path) and that target's arguments."""


class Group(BaseModel):
    """A configuration group: immutable, unknown keys refused, no silent conversion between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, allow_inf_nan=False)


class Component(Group):
    """A group whose file names the function that does the work; keys not declared here are its arguments."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, populate_by_name=True, allow_inf_nan=False)
    name: str
    target: str = Field(alias="_target_")
    seed: int = Field(0, ge=0, lt=2**32)

    def arguments(self) -> dict[str, Any]:
        """The keys that were set, without `name` and `_target_`: the target's keyword arguments."""
        return self.model_dump(exclude={"name", "target"}, exclude_unset=True)


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
    skip_at_most: int = Field(20, ge=0)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _a_path_is_read(self) -> Data:
        if self.path is not None and "path" not in self.source:
            raise ValueError(
                f"data.path = {self.path!r}: {self.name} reads no path; choose data=image_folder, npz, idx or parquet"
            )
        return self


class Model(Group):
    """An autoencoder as two layer tables, or a null model that needs no training.

    The words `activation`, `padding`, `pooling` and `upsampling` fill places of the tables that have such a choice.
    """

    name: str
    fit: str = "pipeline.models.training.fit"
    activation: Literal["relu", "elu", "selu"] | None = None
    padding: Literal["same", "valid"] | None = None
    pooling: Literal["max", "average"] | None = None
    upsampling: Literal["nearest", "bed_of_nails", "max_unpool"] | None = None
    encoder: list[Spec] = []
    decoder: list[Spec] = []
    latent_dim: int | None = Field(None, ge=1)
    latent_channels: int | None = Field(None, ge=1)


class Corruption(Group):
    """What is done to an image before it is encoded; the clean image stays the target. All zero: nothing."""

    noise: float = Field(0.0, ge=0, le=10)
    mask: float = Field(0.0, ge=0, lt=1)
    rotate: float = Field(0.0, ge=0, le=180)
    shift: float = Field(0.0, ge=0, lt=1)
    scale: float = Field(0.0, ge=0, lt=1)
    shear: float = Field(0.0, ge=0, lt=1)

    @property
    def affine(self) -> bool:
        """Whether any geometric distortion is on."""
        return any((self.rotate, self.shift, self.scale, self.shear))


class EarlyStopping(Group):
    """Stop when the validation loss has not improved by `min_delta` for `patience` epochs; null: never."""

    patience: int | None = Field(None, ge=1)
    min_delta: float = Field(0.0, ge=0)


class Train(Group):
    """How the autoencoder is trained. `min_steps` keeps a small data set from being trained too little."""

    name: str
    split: Split = "train"
    epochs: int = Field(8, ge=1)
    min_steps: int = Field(0, ge=0)
    batch_size: int = Field(256, ge=1)
    loss: str = "mse"
    metrics: list[str | Spec] = []
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.002, gt=0)
    schedule: Literal["constant", "cosine"] = "cosine"
    validate_on: Literal["held_out", "none"] = "held_out"
    validation_fraction: float = Field(0.0, ge=0, lt=1)
    corruption: Corruption = Corruption()
    consistency: float = Field(0.0, ge=0)
    early_stopping: EarlyStopping = EarlyStopping()
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _images_to_stop_by(self) -> Train:
        # The held-out images would choose the epoch, and be held out no more.
        if self.early_stopping.patience is not None and not self.validation_fraction:
            raise ValueError(
                "train.early_stopping.patience: needs images to stop by; set train.validation_fraction=0.1, which "
                "takes the last tenth of the training images"
            )
        return self


class Refine(Group):
    """How the encoder is trained on towards `k` clusters, and with which weights of both terms of the loss.

    `fit` names the function that does it. Up to `max_steps` steps, each `update_every` of them with new targets, until
    fewer than `tolerance` of the assignments change.
    """

    name: str
    fit: Literal["pipeline.refining.keep.keep", "pipeline.refining.training.fit"]
    k: int | None = Field(None, ge=2)
    gamma: float = Field(1.0, gt=0)
    reconstruction: float = Field(0.0, ge=0)
    alpha: float = Field(1.0, gt=0)
    starts: int = Field(20, ge=1)
    update_every: int = Field(140, ge=1)
    max_steps: int = Field(20000, ge=1)
    tolerance: float = Field(0.001, ge=0, lt=1)
    batch_size: int = Field(256, ge=1)
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.001, gt=0)
    corruption: Corruption = Corruption()
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)


class Extract(Group):
    """How images are turned into latents."""

    batch_size: int = Field(2048, ge=1)


class Neighbors(Component):
    """The nearest-neighbour graph."""

    k: int = Field(20, ge=1)


class Manifold(Component):
    """The features that are clustered: the latents themselves, or an embedding of them."""

    n_components: int | None = Field(None, ge=1)
    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)


class Project(Component):
    """The two-dimensional map."""

    min_dist: float | None = Field(None, ge=0)
    n_epochs: int | None = Field(None, ge=1)
    perplexity: float | None = Field(None, gt=0)
    first: int | None = Field(None, ge=2)

    @model_validator(mode="after")
    def _two_dimensions(self) -> Project:
        asked = (self.model_extra or {}).get("n_components", 2)
        if asked != 2:
            raise ValueError(f"project.n_components = {asked!r}: a map has two dimensions; set it to 2")
        return self


class Cluster(Group):
    """One clustering algorithm: any estimator of scikit-learn's interface.

    `graph` says whether the shared neighbour graph is what the estimator is fitted on (`affinity`), a constraint
    beside the features (`connectivity`), or unused. With `fit_size` the estimator is fitted on a random subset of
    that size and the other images take the cluster of their neighbours.
    """

    name: str
    k: int | None = Field(None, ge=1)
    estimator: Spec
    graph: Literal["none", "affinity", "connectivity"] = "none"
    fit_size: int | None = Field(None, ge=2)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)


class SelfTraining(Group):
    """A new network of the layers `encoder` and `decoder` that learns the clusters which the other groups find.

    `forgiveness` is q of the generalised cross-entropy. As in training, few images are seen for at least `min_steps`.
    """

    name: str
    fit: Literal["pipeline.refining.self_training.fit"]
    rounds: int = Field(1, ge=1)
    forgiveness: float = Field(0.7, gt=0, le=1)
    reconstruction: float = Field(1.0, ge=0)
    encoder: list[Spec]
    decoder: list[Spec]
    epochs: int = Field(6, ge=1)
    min_steps: int = Field(0, ge=0)
    batch_size: int = Field(256, ge=2)
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.002, gt=0)
    corruption: Corruption = Corruption()
    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def k(self) -> int | None:
        """The number of clusters to learn, where the clusterer is given one."""
        return self.cluster.k


class NullModels(Group):
    """How many images the null models cluster, with how many starts, in how many dimensions; no images: no models."""

    sample: int = Field(2500, ge=0)
    starts: int = Field(3, ge=1)
    most_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @field_validator("sample")
    @classmethod
    def _none_or_some(cls, value: int) -> int:
        if value == 1:
            raise ValueError(
                "nulls.sample = 1: one image cannot be clustered; give at least 2, or 0 for no null models"
            )
        return value


class Evaluate(Group):
    """Sizes of the samples that the quadratic scores use."""

    silhouette_sample: int = Field(10000, ge=2)
    trustworthiness_sample: int = Field(2000, ge=2)
    trustworthiness_k: int = Field(15, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Report(Group):
    """How the report and its figures look."""

    thumbnails: int = Field(200, ge=0)
    reconstructions: int = Field(10, ge=1)
    examples: int = Field(10, ge=1)
    colour_bar: bool = False
    dpi: int = Field(110, ge=30, le=600)
    seed: int = Field(0, ge=0, lt=2**32)


class Explorer(Group):
    """What the explorer shows, how large it may become, and whether the images are exported too."""

    neighbors: int = Field(12, ge=0)
    megabytes: float = Field(36.0, gt=0)
    parquet: bool = False


class Assign(Group):
    """What counts as far: beyond this quantile of the fitted images' distances to their nearest neighbours."""

    far_quantile: float = Field(0.995, gt=0, le=1)


class Label(Group):
    """How many images are picked for a person, the file with the answers, and the simulated person."""

    budget: int = Field(50, ge=1)
    answers: str | None = None
    simulate: bool = True
    budgets: list[Annotated[int, Field(ge=1)]] = Field([10, 20, 50, 100, 200], min_length=1)
    draws: int = Field(5, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)


class Compare(Group):
    """How many images that changed cluster are shown for each pair of clusters, and for how many pairs."""

    examples: int = Field(12, ge=1)
    pairs: int = Field(12, ge=0)


class Stability(Group):
    """What is repeated with other seeds and how often, on what share of the images besides, and what the page shows."""

    repeats: int = Field(5, ge=2)
    sources: list[Literal["clusterer", "manifold", "autoencoder"]] = Field(
        ["clusterer", "manifold", "autoencoder"], min_length=1
    )
    bootstrap: float = Field(0.5, ge=0, lt=1)
    examples: int = Field(24, ge=0)


class HowMany(Group):
    """The numbers of clusters that are tried, and the sizes of what the five indices are measured on."""

    smallest: int = Field(2, ge=2)
    largest: int = Field(20, ge=3)
    sample: int = Field(3000, ge=4)
    starts: int = Field(3, ge=1)
    references: int = Field(10, ge=2)
    bootstraps: int = Field(6, ge=2)
    most_dimensions: int = Field(64, ge=1)
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _a_range(self) -> HowMany:
        if self.largest <= self.smallest:
            raise ValueError(f"how_many.largest = {self.largest}: choose more than how_many.smallest = {self.smallest}")
        return self


class Tracking(Group):
    """Where runs are kept; `uri` null means SQLite in the outputs folder, unless MLFLOW_TRACKING_URI is set."""

    uri: str | None = None
    experiment: str = Field("latent-clustering", min_length=1)
    run_name: str | None = None
    models: bool = True
    register_model: bool = Field(True, alias="register")
    reuse: bool = True
    git_commit: bool = True


class Config(Group):
    """Everything a run is made of."""

    stage: str | list[str] = "all"
    input: str | None = None
    run: str = "last"
    runs: str | list[str] = "last two"
    seed: int = Field(42, ge=0, lt=2**32)
    deterministic: bool = True
    output_dir: str
    data: Data
    model: Model
    train: Train
    refine: Annotated[Refine | SelfTraining, Field(discriminator="fit")]
    extract: Extract
    neighbors: Neighbors
    manifold: Manifold
    cluster: Cluster
    nulls: NullModels = NullModels()
    project: Project
    evaluate: Evaluate
    report: Report
    explorer: Explorer
    assign: Assign = Assign()
    label: Label = Label()
    compare: Compare = Compare()
    stability: Stability = Stability()
    how_many: HowMany = HowMany()
    tracking: Tracking

    @field_validator("run", "runs", mode="before")
    @classmethod
    def _ids(cls, value: Any) -> Any:
        """The beginning of a run's id may look like a number; it is text all the same."""
        many = isinstance(value, list)
        texts = [str(one) if isinstance(one, int) else one for one in (value if many else [value])]
        return texts if many else texts[0]

    @model_validator(mode="after")
    def _known_stages(self) -> Config:
        known = (*STAGES, "all", *ON_DEMAND)
        if not self.stage_names:
            raise ValueError("stage = []: names no stage; give stage=all, or some of them")
        for name in self.stage_names:
            if name not in known:
                raise ValueError(
                    f"stage: {name!r} is unknown{nearest(name, known) or '; choose from ' + ', '.join(known)}"
                )
            if name in ON_DEMAND and len(self.stage_names) > 1:
                raise ValueError(f"stage: {name} uses a finished run and stands alone; give stage={name}")
        if self.on_demand == "assign" and self.input is None:
            raise ValueError("input: needs a value; give input=FOLDER_OR_FILE, the images to assign")
        return self

    @property
    def stage_names(self) -> list[str]:
        """The stages asked for, in the order of the recipe's names."""
        asked = [self.stage] if isinstance(self.stage, str) else self.stage
        return [*STAGES, *(name for name in asked if name in ON_DEMAND)] if "all" in asked else asked

    @property
    def on_demand(self) -> str | None:
        """The stage asked for that uses a finished run, if it is one."""
        return next((name for name in self.stage_names if name in ON_DEMAND), None)


def check(values: Mapping[str, Any]) -> Config:
    """Return the typed configuration, or raise one `UserError` that lists every mistake, a line each."""
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise UserError("\n".join(lines(error.errors(), Config))) from None
