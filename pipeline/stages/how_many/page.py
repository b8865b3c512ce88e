"""The page with the numbers of clusters that the indices recommend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.pages.html import data_uri, render
from pipeline.stages.how_many.validity_indices import INDICES
from pipeline.stages.how_many.wording import Recommendations, describe_recommendations, how_many_headline

FOLDER = Path(__file__).parent
TEMPLATE = "how_many.html.j2"


def render_how_many_page(
    name: str,
    table: pd.DataFrame,
    recommendations: Recommendations,
    run_k: int,
    n: int,
    figure: bytes,
    notes: Sequence[str],
) -> str:
    """Return the page as self-contained HTML.

    `table` has the values of the indices by k, first for one cluster fewer than the smallest number in the range;
    `run_k` is the number of clusters of the run called `name`.
    """
    smallest, largest = int(table["k"].iloc[1]), int(table["k"].iloc[-1])
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        n=n,
        run_k=run_k,
        smallest=smallest,
        largest=largest,
        headline=how_many_headline(recommendations),
        words=describe_recommendations(recommendations, run_k, smallest, largest),
        notes=notes,
        cards=[(INDICES[index], k) for index, k in recommendations.items()],
        columns=[(key, index.title, index.column, index.error) for key, index in INDICES.items()],
        rows=[
            {key: value if np.isfinite(value) else None for key, value in row.items()}
            for row in table.to_dict("records")
        ],
        recommendations=recommendations,
        figure=data_uri(figure),
    )
