"""The autoencoder: its layers, how it is trained, how it encodes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config.base import Group, Spec, Split


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
    """How the autoencoder is trained. `min_steps` keeps a small data set from being trained too little.

    `epoch_size` is for a large one: an epoch ends after so many images, and the next goes on where it stopped.
    """

    name: str
    split: Split = "train"
    epochs: int = Field(8, ge=1)
    epoch_size: int | None = Field(None, ge=1)
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


class Extract(Group):
    """How images are turned into latents."""

    batch_size: int = Field(2048, ge=1)
