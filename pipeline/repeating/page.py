"""The page that says how stable the clusters of a run are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.artifacts.images import Images
from pipeline.figures.pictures import displayable
from pipeline.figures.style import hue
from pipeline.reporting.html import data_uri, render, thumbnail
from pipeline.reporting.run import cluster_name
from pipeline.reporting.words import number, percent

FOLDER = Path(__file__).parent
TEMPLATE = "stability.html.j2"
REPEATED = {
    "clusterer": "the clusterer, with another seed",
    "bootstrap": "the clusterer, with another seed and fitted on a part of the images",
    "manifold": "the manifold and the clusterer",
    "autoencoder": "the autoencoder and everything after it",
}
NESTED = ("clusterer", "manifold", "autoencoder")
"""Sources of which each repeats what stands before it here too, so that what it adds can be said."""

VERDICTS = (
    (0.85, "highly stable"),
    (0.75, "stable"),
    (0.6, "there, but its border is vague"),
    (0.0, "not to be trusted"),
)
"""What a Jaccard of at least so much means. Source: Hennig, "Cluster-wise assessment of cluster stability", 2007."""


def page(
    name: str,
    images: Images,
    sources: pd.DataFrame,
    clusters: pd.DataFrame,
    table: pd.DataFrame,
    figure: bytes,
    notes: Sequence[str],
    examples: int,
) -> str:
    """Return the page as HTML that loads nothing, from the tables of `Stable`; at most `examples` images are shown."""
    widest = str(sources["source"].iloc[-1])
    # The widest source contains the other seeds, but not the bootstrap: what is stable must be so in all of them.
    lowest = clusters[[f"jaccard_{source}" for source in sources["source"]]].min(axis=1)
    return render(
        FOLDER,
        TEMPLATE,
        name=name,
        n=len(table),
        headline=headline(list(lowest)),
        words=variance_words(dict(zip(sources["source"], sources["ari"], strict=True))),
        notes=notes,
        sources=[row | {"repeated": REPEATED[row["source"]], "k": _span(row)} for row in _records(sources)],
        names=list(sources["source"]),
        clusters=[
            row | {"name": cluster_name(row["cluster"]), "colour": hue(row["cluster"])} | {"verdict": verdict(least)}
            for row, least in zip(_records(clusters), lowest, strict=True)
        ],
        widest=widest,
        repeated=REPEATED[widest],
        figure=data_uri(figure),
        unanimous=float((table["agreement"] == 1).mean()),
        changed=int((table["consensus"] != table["cluster"]).sum()),
        unsure=_unsure(images, table, examples),
    )


def headline(lowest: Sequence[float]) -> str:
    """Return how many clusters are at least stable whatever is repeated, from the lowest Jaccard of each."""
    k = len(lowest)
    stable = sum(jaccard >= VERDICTS[1][0] for jaccard in lowest)
    if not k:
        return "There is no cluster to be stable"
    if stable == k:
        return f"All {k:,} clusters are stable" if k > 1 else "The one cluster is stable"
    return f"{stable:,} of {k:,} clusters are stable"


def variance_words(ari: dict[str, float]) -> str:
    """Return from where the variation comes: what each source adds to the disagreement, 1 − ARI, of those before it."""
    nested = [source for source in NESTED if source in ari]
    if not nested:
        return ""
    total = 1 - ari[nested[-1]]
    words = f"Two repeats of {REPEATED[nested[-1]]} agree to an ARI of {number(ari[nested[-1]])}"
    part = ""
    if "bootstrap" in ari:
        part = f" Fitted on other parts of the images, two of the clusterer alone agree to {number(ari['bootstrap'])}."
    if total < 5e-4:
        return f"{words}: they find the same clusters.{part}"
    parts, before = [], 0.0
    for source in nested:
        added = 1 - ari[source] - before
        parts.append(f"the {source} adds {'nothing that shows' if added < 5e-4 else f'{added:.3f}'}")
        before = max(1 - ari[source], before)
    most = max(nested, key=lambda source: _added(ari, nested, source))
    cause = f" Most of it comes from the {most}." if len(nested) > 1 else ""
    return f"{words}, {total:.3f} short of 1. Of that, {', '.join(parts)}.{cause}{part}"


def _added(ari: dict[str, float], nested: Sequence[str], source: str) -> float:
    place = nested.index(source)
    return 1 - ari[source] - max([1 - ari[one] for one in nested[:place]], default=0.0)


def verdict(jaccard: float) -> str:
    """Return what a cluster's mean Jaccard means."""
    return next(words for least, words in VERDICTS if jaccard >= least)


def _span(row: dict[str, Any]) -> str:
    return f"{row['k_least']:,}" + (f" to {row['k_most']:,}" if row["k_most"] > row["k_least"] else "")


def _unsure(images: Images, table: pd.DataFrame, examples: int) -> list[dict[str, Any]]:
    """The images that the fewest repeats agree on, as pictures with what is known of them."""
    order = np.argsort(table["agreement"].to_numpy(), kind="stable")[:examples]
    rows = order[table["agreement"].to_numpy()[order] < 1]
    pixels = images.fitted
    found = []
    for row, one in zip(rows.tolist(), _records(table.iloc[rows]), strict=True):
        words = f"{one['image']}: {cluster_name(one['cluster'])}, consensus {cluster_name(one['consensus'])}"
        address = thumbnail(displayable(np.asarray(pixels[row : row + 1]))[0])
        found.append({"address": address, "words": f"{words}, {percent(one['agreement'])} agree"})
    return found


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table.to_dict("records")  # type: ignore[return-value]  # its keys are column names
