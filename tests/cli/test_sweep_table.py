"""The table of a sweep, and the job that it recommends."""

import pytest

from pipeline.cli.console import format_score
from pipeline.cli.sweep import read_jobs
from pipeline.cli.sweep_table import HEADINGS, SILHOUETTE, describe_best, print_table
from tests.cli.test_console import console_on, output

ROWS = [
    {"job": "0", "seed": "0", SILHOUETTE: 0.61, "wall_seconds": 2.0},
    {"job": "1", "seed": "1", SILHOUETTE: 0.655, "wall_seconds": 2.0},
    {"job": "2", "seed": "2", "wall_seconds": 2.0},
]


def test_the_job_with_the_highest_silhouette_is_named():
    assert describe_best(ROWS, ["seed"], "umap") == "seed=1 has the highest silhouette of 2 jobs, 0.6550"
    swept = [row | {"model.latent_dim": str(2**index)} for index, row in enumerate(ROWS)]
    assert describe_best(swept, ["seed", "model.latent_dim"], "umap").startswith("seed=1 model.latent_dim=2 has")


@pytest.mark.parametrize(
    ("rows", "keys", "manifold"),
    [
        (ROWS, ["seed"], "none"),
        (ROWS, ["seed"], ""),
        (ROWS[:1] + ROWS[2:], ["seed"], "umap"),
        *(
            (ROWS, ["seed", key], "umap")
            for key in ("data", "data.train_size", "manifold.min_dist", "experiment", "stage")
        ),
    ],
)
def test_no_job_is_named_where_silhouettes_are_not_comparable(rows, keys, manifold):
    assert describe_best(rows, keys, manifold) == ""


def test_the_widest_table_fits_80_characters():
    console = console_on(terminal=False)
    row = {"model.latent_dim": "64", "wall_seconds": 1234.5} | dict.fromkeys(HEADINGS, 0.98765)
    print_table([row | {"k": 100.0, "latent_size": 98.0}], ["model.latent_dim"], [], console)
    lines = output(console).splitlines()
    assert max(map(len, lines)) <= 80
    assert "0.9877" in output(console)
    assert "…" not in output(console)


def test_jobs_without_scores_show_the_other_columns():
    console = console_on(terminal=False)
    print_table([{"job": "0", "assign/far": 3.0, "wall_seconds": 1.0}], [], ["assign/far"], console)
    assert "assign" in output(console)
    assert "job" in output(console)


def test_a_job_without_a_result_failed(tmp_path):
    for name in ("0", "1", "pages"):
        (tmp_path / name).mkdir()
    (tmp_path / "0" / "failure.txt").write_text("no disk")
    assert read_jobs(tmp_path) == ([], {"0": "no disk", "1": "it ended without a result"})


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5000"), (10.0, "10"), (float("nan"), "nan"), (float("inf"), "inf")]
)
def test_scores_are_formatted_also_if_they_are_not_finite(value, text):
    assert format_score(value) == text
