"""The configuration of a pretrained encoder."""

from pipeline.config import Model


def pretrained(encoder, **keys) -> Model:
    """The model with this encoder."""
    target = {"_target_": "pipeline.models.pretrained.model.fit_pretrained"}
    return Model.model_validate({"name": "pretrained", "encoder": str(encoder)} | target | keys)
