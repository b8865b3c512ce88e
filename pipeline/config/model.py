"""Settings of the autoencoder: its layers, its training, its encoding of images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Group, Spec, Split

Side = Annotated[int, Field(ge=1, le=4096)]
"""Pixels of a side of an image."""

TRAINED = "pipeline.models.training.train_autoencoder"
"""The function that trains an autoencoder of two layer tables."""


class Model(Group):
    """An autoencoder given by two layer tables, a baseline without training, or a pretrained encoder.

    `_target_` is the function that fits the model. `encoder` is a layer table, or the name or file of a pretrained
    encoder, to which the keys from `layer` to `std` apply. Layer tables refer to `activation`, `padding`, `pooling` and
    `upsampling` by interpolation where a model offers the choice.
    """

    name: str
    target: str = Field(TRAINED, alias="_target_")
    activation: Literal["relu", "elu", "selu"] | None = None
    padding: Literal["same", "valid"] | None = None
    pooling: Literal["max", "average"] | None = None
    upsampling: Literal["nearest", "bed_of_nails", "max_unpool"] | None = None
    encoder: list[Spec] | str = []
    decoder: list[Spec] = []
    latent_dim: int | None = Field(None, ge=1)
    latent_channels: int | None = Field(None, ge=1)
    normalize: Literal["none", "l2", "standard", "whiten"] = "none"
    layer: str | None = None
    pool: Literal["avg", "first", "flatten"] = "avg"
    weights: str | None = None
    views: list[Literal["image", "negative", "grey", "grey_negative"]] = Field(["image"], min_length=1)
    image_size: Side | tuple[Side, Side] | None = None
    layout: Literal["auto", "channels_last", "channels_first"] = "auto"
    mean: list[float] | None = Field(None, min_length=1)
    std: list[float] | None = Field(None, min_length=1)

    @model_validator(mode="after")
    def _check_encoder(self) -> Model:
        if isinstance(self.encoder, str) and self.target == TRAINED:
            raise ValueError(
                f"model.encoder = {self.encoder!r}: needs a list of layers; model=pretrained takes the name or the "
                "file of an encoder"
            )
        if self.std is not None and self.mean is None:
            raise ValueError(f"model.std = {self.std}: needs model.mean; the input is (pixels − mean) / std")
        return self

    @property
    def ignores_colour(self) -> bool:
        """Whether the encoder sees grey copies of the images alone."""
        return all(view.startswith("grey") for view in self.views)

    @property
    def layers(self) -> list[Spec]:
        """The layer table of the encoder; empty if the encoder is pretrained."""
        return [] if isinstance(self.encoder, str) else self.encoder

    @property
    def files(self) -> list[Path]:
        """The files that the model reads: those of a pretrained encoder."""
        paths = [Path(value).expanduser() for value in (self.encoder, self.weights) if isinstance(value, str)]
        return [path for path in paths if path.is_file()]

    @property
    def input_size(self) -> tuple[int, int] | None:
        """The (height, width) that `image_size` gives; None if it is not set."""
        size = self.image_size
        return (size, size) if isinstance(size, int) else size


class Corruption(Group):
    """Random distortions of an image before it is encoded; the target stays the clean image. 0 turns one off."""

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
    """Stop after `patience` epochs in which the validation loss did not improve by `min_delta`; null: never stop."""

    patience: int | None = Field(None, ge=1)
    min_delta: float = Field(0.0, ge=0)


class Train(Group):
    """Settings of the training.

    A small data set is in an epoch several times, until `epochs` epochs have `min_steps` steps; null: as many as of
    60,000 images. For a large data set, `epoch_size` ends an epoch after that many images; the next epoch continues
    with the following images. `validation_part` says which images `validation_fraction` takes: a random sample, or the
    last ones, which may be of one class.
    """

    name: str
    split: Split = "train"
    epochs: int = Field(7, ge=1)
    epoch_size: int | None = Field(None, ge=1)
    min_steps: int | None = Field(0, ge=0)
    batch_size: int = Field(256, ge=1)
    loss: str = "mse"
    metrics: list[str | Spec] = []
    optimizer: Spec = {"_target_": "keras.optimizers.Adam"}
    learning_rate: float = Field(0.002, gt=0)
    schedule: Literal["constant", "cosine"] = "cosine"
    validate_on: Literal["held_out", "none"] = "held_out"
    validation_fraction: float = Field(0.0, ge=0, lt=1)
    validation_part: Literal["random", "tail"] = "random"
    corruption: Corruption = Corruption()
    barlow_twins_weight: float = Field(0.0, ge=0)
    early_stopping: EarlyStopping = EarlyStopping()
    steps_per_execution: int = Field(50, ge=1)
    deterministic: bool = True
    seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _check_early_stopping(self) -> Train:
        # Early stopping on the held-out images would let them choose the weights.
        if self.early_stopping.patience is not None and not self.validation_fraction:
            raise ValueError(
                "train.early_stopping.patience: needs validation images; set train.validation_fraction=0.1 to use a "
                "random tenth of the training images"
            )
        return self


class Extract(Group):
    """Settings of the encoding of images into latents."""

    batch_size: int = Field(2048, ge=1)


class ModelGroups(Group):
    """The configuration groups of this module."""

    model: Model
    train: Train
    extract: Extract
