"""One run: its parameters, metrics, tags, files and models, written without any global state."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.tracking.collisions import write_shared_row
from pipeline.tracking.tags import NAME

MAX_PARAM_LENGTH = 6000
"""Characters of a parameter's value that MLflow stores."""


class Run:
    """One run of the store at `uri`."""

    def __init__(self, client: Any, uri: str, run_id: str) -> None:
        self._client, self.uri, self.id = client, uri, run_id

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0, tags: Mapping[str, str] | None = None) -> None:
        """Log metrics, and tags with them, in one request."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        rows = [Metric(key, float(value), now, step) for key, value in metrics.items()]
        self._client.log_batch(self.id, metrics=rows, tags=_tag_rows(tags or {}))

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters as text, a hundred in one request."""
        from mlflow.entities import Param

        rows = [Param(key, str(value)[:MAX_PARAM_LENGTH]) for key, value in params.items()]
        for start in range(0, len(rows), 100):
            self._client.log_batch(self.id, params=rows[start : start + 100])

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self._client.log_batch(self.id, tags=_tag_rows(tags))

    def rename(self, name: str) -> None:
        """Change the name of the run."""
        self.tag({NAME: name})

    def log_files(self, path: Path, artifact_folder: str | None = None) -> None:
        """Log a file, or all files of a folder, as artifacts."""
        log = self._client.log_artifacts if path.is_dir() else self._client.log_artifact
        log(self.id, str(path), artifact_folder)

    def log_text(self, text: str, name: str) -> None:
        """Log a text as an artifact file."""
        self._client.log_text(self.id, text, name)

    def log_table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Log a table as a CSV file."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        self.log_text(text.getvalue(), f"{title}.csv")

    def log_dataset(self, name: str, digest: str, rows: int, context: str) -> None:
        """Log which data set was used."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = json.dumps({"num_rows": rows})
        data = Dataset(name=name, digest=digest, source_type="local", source=json.dumps({"uri": name}), profile=profile)
        inputs = [DatasetInput(data, [InputTag("mlflow.data.context", context)])]
        write_shared_row(lambda: self._client.log_inputs(self.id, inputs))

    def log_keras_model(self, name: str, model: Any, example: Any, output: Any) -> None:
        """Log a Keras model with the signature of an example input and its output."""
        from pipeline.tracking.models import log_keras_model

        log_keras_model(self.uri, self.id, name, model, example, output)

    def log_pyfunc_model(self, name: str, loader_module: str, data: Path, example: Any, output: Any) -> None:
        """Log a folder as a model that `loader_module` loads, with an example input and the type of its output."""
        from pipeline.tracking.models import log_pyfunc_model

        log_pyfunc_model(self.uri, self.id, name, loader_module, data, example, output)

    def finish(self, status: str) -> None:
        """End the run with a status of MLflow: FINISHED, FAILED or KILLED."""
        self._client.set_terminated(self.id, status)


def _tag_rows(tags: Mapping[str, str]) -> list[Any]:
    from mlflow.entities import RunTag

    return [RunTag(key, str(value)) for key, value in tags.items()]


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested tables as one table with dotted keys; lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
