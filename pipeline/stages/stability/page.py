"""The page about the stability of a run's clusters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.artifacts.images import Images
from pipeline.pages.figures.images import to_rgb_images
from pipeline.pages.figures.style import group_colour
from pipeline.pages.formats import cluster_name, format_percent
from pipeline.pages.html import data_uri, render, thumbnail
from pipeline.stages.stability.wording import SOURCES, describe_variation, stability_headline, stability_verdict

FOLDER = Path(__file__).parent
TEMPLATE = "stability.html.j2"


def render_stability_page(
    name: str,
    images: Images,
    cluster_names: Sequence[str],
    sources: pd.DataFrame,
    clusters: pd.DataFrame,
    table: pd.DataFrame,
    figure: bytes,
    notes: Sequence[str],
    examples: int,
) -> str:
    """Return the page as self-contained HTML, from the tables of a `StabilityResult`, with at most `examples` images.

    `cluster_names` are those that a person gave to the clusters, empty if there are none.
    A cluster counts as stable if it is stable for every source of variation, the subsample included.
    """
    widest = str(sources["source"].iloc[-1])
    lowest = clusters[[f"jaccard_{source}" for source in sources["source"]]].min(axis=1)
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        n=len(table),
        headline=stability_headline(list(lowest)),
        words=describe_variation(dict(zip(sources["source"], sources["ari"], strict=True))),
        notes=notes,
        sources=[row | {"repeated": SOURCES[row["source"]], "k": _k_range(row)} for row in _records(sources)],
        names=list(sources["source"]),
        clusters=[
            row
            | {
                "name": cluster_name(row["cluster"], cluster_names),
                "colour": group_colour(row["cluster"]),
                "verdict": stability_verdict(jaccard),
            }
            for row, jaccard in zip(_records(clusters), lowest, strict=True)
        ],
        widest=widest,
        repeated=SOURCES[widest],
        figure=data_uri(figure),
        unanimous=float((table["agreement"] == 1).mean()),
        changed=int((table["consensus"] != table["cluster"]).sum()),
        least_agreed=_least_agreed(images, cluster_names, table, examples),
    )


def _k_range(row: dict[str, Any]) -> str:
    return f"{row['k_least']:,}" + (f" to {row['k_most']:,}" if row["k_most"] > row["k_least"] else "")


def _least_agreed(
    images: Images, cluster_names: Sequence[str], table: pd.DataFrame, examples: int
) -> list[dict[str, Any]]:
    """Return the pictures of the images on which the fewest repeats agree, each with a description."""
    agreement = table["agreement"].to_numpy()
    rows = np.argsort(agreement, kind="stable")[:examples]
    rows = rows[agreement[rows] < 1]
    pixels = images.fitted
    pictures = []
    for row, image in zip(rows.tolist(), _records(table.iloc[rows]), strict=True):
        own, consensus = (cluster_name(image[column], cluster_names) for column in ("cluster", "consensus"))
        agreement_text = format_percent(image["agreement"])
        words = f"{image['image']}: {own} in the run, consensus {consensus}, agreement {agreement_text}"
        pictures.append({"address": thumbnail(to_rgb_images(np.asarray(pixels[row : row + 1]))[0]), "words": words})
    return pictures


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]  # its keys are column names
