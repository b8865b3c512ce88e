"""Formats of numbers, shares and cluster names."""

import pytest

from pipeline.pages.formats import cluster_name, format_number, format_percent, format_spread


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"), (10.0, "10"), (1.0, "1.0000"), (0.12345, "0.1235"), (2e-5, "2.00e-05"), (68178.36, "68,178.4"),
        (60000.0, "60,000"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_numbers_have_few_digits(value, text):
    assert format_number(value) == text


def test_one_value_has_no_spread():
    assert format_spread(0.5, 0.25) == "0.5000 ± 0.2500"
    assert format_spread(0.5, float("nan")) == "0.5000"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "100 %"), (0, "0 %"), (0.9999, "over 99.9 %"), (0.0001, "under 0.1 %"), (0.5, "50.0 %")],
)
def test_percentages_are_never_rounded_to_all_or_none(value, text):
    assert format_percent(value) == text


def test_negative_clusters_are_noise():
    assert [cluster_name(cluster) for cluster in (-1, 0, 12)] == ["noise", "c0", "c12"]


def test_names_that_a_person_gave_follow_the_number():
    assert [cluster_name(cluster, ["", "sevens"]) for cluster in (-1, 0, 1, 2)] == ["noise", "c0", "c1 sevens", "c2"]
