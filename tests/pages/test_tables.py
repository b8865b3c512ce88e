"""CSV and Parquet files, and the table of assigned images."""

import pandas as pd

from pipeline.pages.tables import AssignedTable, write_table


def test_csv_has_six_digits_and_parquet_is_exact(tmp_path):
    table = pd.DataFrame({"name": ["a"], "value": [1 / 3]})
    assert write_table(table, tmp_path, "scores") == ["scores.csv", "scores.parquet"]
    assert (tmp_path / "scores.csv").read_text() == "name,value\na,0.333333\n"
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), table)


def test_assigned_images_are_counted_per_cluster():
    clusters = [0, 0, -1, *range(1, 14)]
    table = pd.DataFrame({"image": "x", "cluster": clusters, "confidence": 0.5, "distance": 1.0, "far": False})
    table.loc[2, "far"] = True
    assigned = AssignedTable(table)
    first, second = assigned.summary_lines()
    assert first.startswith("assigned 16 images: c0 2, ")
    assert first.endswith(", and 3 more clusters")
    assert second.endswith("1 of them are far from all fitted images")
    assert assigned.metrics() == {
        "assign/images": 16.0, "assign/far": 1 / 16, "assign/coverage": 15 / 16, "assign/mean_confidence": 0.5,
    }  # fmt: skip


def test_assigned_images_are_counted_under_the_names_of_the_clusters():
    table = pd.DataFrame({"cluster": [0, 0, 1, -1], "name": ["sevens", "sevens", "", ""], "far": False})
    assert AssignedTable(table).summary_lines()[0] == "assigned 4 images: c0 sevens 2, c1 1, noise 1"
