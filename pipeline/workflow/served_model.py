"""The clustering model as MLflow loads and serves it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.models.assigner import Assigner
from pipeline.runtime.errors import UserError
from pipeline.tracking import as_invalid_request


@dataclass(frozen=True)
class ServedModel:
    """An assigner whose errors a client of MLflow's server gets as a message with status 400."""

    assigner: Assigner

    def predict(self, images: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return the table of `Assigner.predict`.

        Raises:
            MlflowException: the images are not of the range, the type or the shape of the model.
        """
        try:
            return self.assigner.predict(images, params)
        except UserError as error:
            raise as_invalid_request(error) from error


def _load_pyfunc(path: str) -> ServedModel:
    """Load the model; MLflow finds this function by its name."""
    return ServedModel(Assigner.load(Path(path)))
