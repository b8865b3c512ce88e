"""The expected accuracy: its constants are fitted to the record, and predict data sets that they were not fitted to."""

import json

import numpy as np
import pytest

from pipeline.clustering.expected_accuracy import FITTED, TYPICAL_ERROR, Coefficients, expected_accuracy
from tests.benchmarks.expected_accuracy import FILE, expect, expected_accuracy_figure, fit
from tests.benchmarks.records import read_record, replace_trials
from tests.markdown_sections import ROOT


@pytest.fixture(scope="module")
def record():
    return read_record(ROOT / FILE)


def test_the_constants_are_fitted_to_the_record(record):
    assert pytest.approx(fit(record["trials"]), abs=5e-5) == FITTED


def test_the_typical_error_is_that_of_data_sets_left_out(record):
    accuracy = [trial["accuracy"] for trial in record["trials"]]
    assert pytest.approx(np.abs(np.subtract(expect(record["trials"]), accuracy)).mean(), abs=5e-4) == TYPICAL_ERROR


def test_the_fit_finds_the_coefficients_of_accuracies_that_follow_them():
    true = Coefficients(-3.0, 7.0)
    trials = [
        {"silhouette": s, "agreement": t, "accuracy": expected_accuracy(s, t, true)}
        for s, t in np.random.default_rng(0).uniform(0.2, 0.8, size=(20, 2)).tolist()
    ]
    assert fit(trials) == pytest.approx(true)


def test_the_expected_accuracy_is_a_share_that_grows_with_both():
    values = [expected_accuracy(s, t) for s, t in ((-1, 0), (0.3, 0.5), (0.6, 0.5), (0.6, 1), (1, 1))]
    assert values == sorted(values)
    assert 0 < values[0] < values[-1] < 1


def test_the_figure_has_a_point_per_trial(record):
    axes = expected_accuracy_figure(record).axes[0]
    assert sum(len(points.get_offsets()) for points in axes.collections) == len(record["trials"])


def test_new_trials_replace_those_of_their_data_set_in_the_order_of_the_data_sets(tmp_path):
    file = tmp_path / "record.json"
    second = [{"data": "b", "seed": 0}, {"data": "b", "seed": 1}]
    assert replace_trials(file, second, ["a", "b"]) == second
    file.write_text(json.dumps({"trials": [*second, {"data": "a", "seed": 0}]}))
    assert replace_trials(file, [{"data": "a", "seed": 5}], ["a", "b"]) == [{"data": "a", "seed": 5}, *second]
