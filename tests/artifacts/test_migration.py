"""Files that an earlier version wrote are read under the current names."""

import importlib
import json
from io import BytesIO
from zipfile import ZipFile

import numpy as np
import pytest
from skops import io

from pipeline.artifacts import Scores
from pipeline.artifacts.estimators import (
    NearestCentreClassifier,
    UntrustedTypeError,
    dump_estimator,
    load_estimator,
)
from pipeline.artifacts.migration import RENAMED_CLASSES, current_class_path
from pipeline.models.autoencoder import Autoencoder


def test_scores_with_the_old_names_are_read(tmp_path):
    old = {
        "values": {"k": 3.0, "nulls/pixels_accuracy": 0.5},
        "clusters": [],
        "columns": [0],
        "notes": ["a note"],
        "nulls": [{"space": "pixels", "accuracy": 0.5}],
        "null_notes": ["2 starts"],
    }
    (tmp_path / "artifact.json").write_text(json.dumps(old))
    np.save(tmp_path / "contingency.npy", np.eye(1, dtype=np.int64))
    scores = Scores.load(tmp_path)
    assert scores.values == {"k": 3.0, "baselines/pixels_accuracy": 0.5}
    assert scores.baselines == old["nulls"]
    assert scores.baseline_notes == old["null_notes"]
    assert scores.notes == old["notes"]


@pytest.mark.parametrize("path", RENAMED_CLASSES.values())
def test_every_renamed_class_exists(path):
    module, _, name = path.partition(":")
    assert isinstance(getattr(importlib.import_module(module), name), type)


def test_a_class_that_was_not_renamed_keeps_its_path():
    assert current_class_path("sklearn.cluster:KMeans") == "sklearn.cluster:KMeans"


def test_a_model_with_the_old_class_name_is_read(images, tmp_path):
    from pipeline.models.baselines import PixelModel

    PixelModel(images.shape).save(tmp_path)
    path = tmp_path / "artifact.json"
    stored = json.loads(path.read_text()) | {"class": "pipeline.models.null:Pixels"}
    path.write_text(json.dumps(stored))
    assert type(Autoencoder.load(tmp_path)) is PixelModel


@pytest.fixture
def old_file():
    """Return a skops file that names a class as an earlier version did."""
    centres, labels = np.array([[0, 0], [9, 9]], np.float32), np.array([1, 0], np.int32)
    return replace_in_schema(io.dumps(NearestCentreClassifier(centres, labels)))


def test_an_estimator_with_the_old_class_name_is_read(old_file):
    assert "pipeline.estimators.Nearest" in io.get_untrusted_types(data=old_file)
    classifier = load_estimator(old_file)
    assert type(classifier) is NearestCentreClassifier
    assert classifier.predict(np.array([[8, 8], [1, 0]], np.float32)).tolist() == [0, 1]


class Untrusted:
    """A class that no list of trusted types names."""


def test_an_old_class_name_does_not_make_other_types_trusted(old_file):
    content = replace_in_schema(io.dumps([load_estimator(old_file), Untrusted()]))
    assert "pipeline.estimators.Nearest" in io.get_untrusted_types(data=content)
    with pytest.raises(UntrustedTypeError, match=r"holds tests\.artifacts\.test_migration\.Untrusted, which"):
        load_estimator(content)


def replace_in_schema(content):
    """Return the skops file with the old class name in place of the current one."""
    with ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = files["schema.json"].decode()
    schema = schema.replace("pipeline.artifacts.estimators", "pipeline.estimators")
    files["schema.json"] = schema.replace("NearestCentreClassifier", "Nearest").encode()
    changed = BytesIO()
    with ZipFile(changed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return changed.getvalue()


def test_a_current_estimator_file_is_read_unchanged(old_file):
    classifier = load_estimator(dump_estimator(load_estimator(old_file)))
    assert classifier.labels.tolist() == [1, 0]
