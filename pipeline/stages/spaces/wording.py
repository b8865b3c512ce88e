"""What the comparison of spaces means, in words."""

from __future__ import annotations

import pandas as pd


def spaces_headline(table: pd.DataFrame) -> str:
    """Return the main finding."""
    if len(table) == 1 or table["silhouette"].isna().all():
        return "There are no spaces to compare"
    return f"{table['space'][0]} has the best-separated clusters of {len(table)} spaces"


def describe_choice(table: pd.DataFrame, run_space: str) -> list[str]:
    """Return sentences on the best space, how to use it, and, where labels are known, whether it was the right one."""
    best = str(table["space"][0])
    if len(table) == 1 or table["silhouette"].isna().all():
        return [f"The run is in the space {run_space}; no other one could be measured."]
    if best == run_space:
        sentences = [f"The run is in the best space, {best}."]
    else:
        sentences = [f"The best space is {best}; to use it, repeat the run's command with model={best} refine=none."]
    if "accuracy" in table:
        ranks = table["accuracy"].rank(ascending=False, method="min").astype(int)
        winner = str(table["space"][table["accuracy"].argmax()])
        sentences.append(
            f"By the labels, {winner} is the most accurate, and the choice made without them is number {ranks[0]} of "
            f"{len(table)}."
        )
    return sentences
