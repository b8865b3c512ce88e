"""Sentences about the stability of clusters."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.pages.formats import format_number

SOURCES = {
    "clusterer": "the clusterer",
    "subsample": "the clusterer, fitted on a subset of the images",
    "manifold": "the manifold and the clusterer",
    "autoencoder": "the autoencoder and all later stages",
}
"""What is repeated with other seeds for each source of variation."""

NESTED = ("clusterer", "manifold", "autoencoder")
"""Sources that each include the ones before them, so that their contributions can be told apart."""

NEGLIGIBLE = 5e-4
"""Differences of the ARI below this are not reported."""

STABLE = 0.75
VERDICTS = ((0.85, "highly stable"), (STABLE, "stable"), (0.6, "uncertain boundary"), (0.0, "unstable"))
"""The least mean Jaccard of each verdict. Source: Hennig, "Cluster-wise assessment of cluster stability", 2007."""


def stability_verdict(jaccard: float) -> str:
    """Return the verdict on a cluster with this mean Jaccard."""
    return next(verdict for least, verdict in VERDICTS if jaccard >= least)


def stability_headline(lowest: Sequence[float]) -> str:
    """Return how many clusters are stable, from the lowest mean Jaccard (k,) of each over the sources of variation."""
    k = len(lowest)
    stable = sum(jaccard >= STABLE for jaccard in lowest)
    if not k:
        return "The run has no clusters"
    if stable == k:
        return f"All {k:,} clusters are stable" if k > 1 else "The only cluster is stable"
    return f"{stable:,} of {k:,} clusters {'is' if stable == 1 else 'are'} stable"


def describe_variation(ari: dict[str, float]) -> str:
    """Return how much each source of variation contributes to the disagreement 1 − ARI of the repeats.

    `ari` is the mean ARI between two repeats by source. The contribution of a source is its disagreement less the
    largest disagreement of the sources that it includes.
    """
    nested = [source for source in NESTED if source in ari]
    if not nested:
        return ""
    widest = nested[-1]
    total = 1 - ari[widest]
    consequence = ", so they find the same clusters" if total < NEGLIGIBLE else f", {total:.3f} below 1"
    sentences = [
        f"Two repeats of {SOURCES[widest]} have an ARI of {format_number(ari[widest])} on average{consequence}."
    ]
    if total >= NEGLIGIBLE and len(nested) > 1:
        added = _contributions(ari, nested)
        parts = [f"the {name} {'nothing' if share < NEGLIGIBLE else f'{share:.3f}'}" for name, share in added.items()]
        sentences.append(f"Contributions to this difference: {', '.join(parts)}.")
    if "subsample" in ari:
        sentences.append(
            "Two repeats of the clusterer alone, fitted on random subsets of the images, have an ARI of "
            f"{format_number(ari['subsample'])}."
        )
    return " ".join(sentences)


def _contributions(ari: dict[str, float], nested: Sequence[str]) -> dict[str, float]:
    added, largest = {}, 0.0
    for source in nested:
        added[source] = 1 - ari[source] - largest
        largest = max(1 - ari[source], largest)
    return added
