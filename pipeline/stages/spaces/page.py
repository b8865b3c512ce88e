"""The page that compares spaces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.pages.html import data_uri, render
from pipeline.stages.spaces.wording import describe_choice, spaces_headline

FOLDER = Path(__file__).parent
TEMPLATE = "spaces.html.j2"


def render_spaces_page(
    name: str,
    run_space: str,
    table: pd.DataFrame,
    agreement: pd.DataFrame,
    figure: bytes,
    notes: Sequence[str],
    n: int,
    sample: int,
) -> str:
    """Return the page as self-contained HTML; `run_space` is the space of the run called `name`, of n images."""
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        run_space=run_space,
        headline=spaces_headline(table),
        sentences=describe_choice(table, run_space),
        rows=table.to_dict("records"),
        has_labels="accuracy" in table,
        agreement=[(space, list(values)) for space, values in zip(agreement.index, agreement.to_numpy(), strict=True)],
        notes=notes,
        n=n,
        sample=sample,
        figure=data_uri(figure),
    )
