"""One run: its parameters, metrics, tags and files, written without any global state."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.tracking.results import CHECKSUMS, RESULT, Result, digest, digests
from pipeline.tracking.tags import FINGERPRINT, LISTED, STAGE

if TYPE_CHECKING:
    from pipeline.tracking.store import Store


class Run:
    """One run of the store, written to without any global state."""

    def __init__(self, store: Store, run_id: str) -> None:
        self.store, self.id, self._client = store, run_id, store.client

    def log_metrics(self, metrics: Mapping[str, float], step: int = 0) -> None:
        """Write metrics in one request."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(self.id, metrics=[Metric(key, float(v), now, step) for key, v in metrics.items()])

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Write parameters, a hundred a request, each as text of at most 6,000 characters."""
        from mlflow.entities import Param

        rows = [Param(key, str(value)[:6000]) for key, value in params.items()]
        for start in range(0, len(rows), 100):
            self._client.log_batch(self.id, params=rows[start : start + 100])

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        from mlflow.entities import RunTag

        self._client.log_batch(self.id, tags=[RunTag(key, str(value)) for key, value in tags.items()])

    def log_files(self, folder: Path, below: str | None = None) -> None:
        """Keep a file, or a folder's files."""
        if folder.is_dir():
            self._client.log_artifacts(self.id, str(folder), below)
        else:
            self._client.log_artifact(self.id, str(folder), below)

    def log_table(self, title: str, rows: Sequence[Mapping[str, object]]) -> None:
        """Keep a table as CSV."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        self._client.log_text(self.id, text.getvalue(), f"{title}.csv")

    def log_dataset(self, name: str, digest: str, rows: int, context: str) -> None:
        """Say which data set was used."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        profile = json.dumps({"num_rows": rows})
        data = Dataset(name=name, digest=digest, source_type="local", source=json.dumps({"uri": name}), profile=profile)
        self._client.log_inputs(self.id, [DatasetInput(data, [InputTag("mlflow.data.context", context)])])

    @contextmanager
    def stage(self, name: str, fingerprint: str, config: Mapping[str, Any]) -> Iterator[Run]:
        """Start the child run that computes a stage."""
        tags = {STAGE: name, FINGERPRINT: fingerprint}
        with self.store.run("stage", name, self.id, tags) as run:
            run.log_params(flatten(config))
            yield run

    def store_result(self, folder: Path, metrics: Mapping[str, float]) -> Result:
        """Keep a result's metrics, its files and, last of all, their checksums; return it as found from now on."""
        self.log_metrics(metrics)
        text = json.dumps(digests(folder), indent=1)
        self.log_files(folder, RESULT)
        self._client.log_text(self.id, text, CHECKSUMS)
        self.tag({LISTED: digest(text)})
        return Result(self.id, self.store.kept(self.id, folder), dict(metrics))

    def log_models(self, stage: str, load: Any) -> None:
        """Log the MLflow models that belong to a stage's result."""
        from pipeline.tracking.models import LOGGERS

        if stage in LOGGERS:
            LOGGERS[stage](self, load)

    def finish(self, status: str) -> None:
        """End the run."""
        self._client.set_terminated(self.id, status)


def flatten(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn nested tables into dotted keys; lists stay whole."""
    flat: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat
