"""What the hierarchy of the clusters means, in words."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.artifacts.clustering import Clustering
from pipeline.pages.formats import cluster_name

AXES = {
    "graph": "height: log2(1 + expected / actual edges between the groups)",
    "ward": "height: square root of the share of variance that the merge takes away",
}

EXPLANATIONS = {
    "graph": (
        "The two groups with the most edges of the neighbour graph between them, relative to chance, are merged first. "
        "Height 1 means as many edges as by chance; each further unit means about half as many."
    ),
    "ward": (
        "The two groups whose merge takes away the least variance between groups, in the clustered features, are "
        "merged first. The height is the square root of this share: 0.1 means 1 % of the variance."
    ),
}
"""What is merged first, and what the height means, by the linkage."""


def display_names(clustering: Clustering) -> list[str]:
    """Return the number of each cluster, with its name if it has one: "c3 seven"."""
    return [cluster_name(cluster, clustering.names) for cluster in range(clustering.k)]


def describe_group(clusters: Sequence[int], names: Sequence[str], most: int = 4) -> str:
    """Return the names of a group's clusters, joined by plus signs, and how many more there are."""
    shortened = [names[cluster] for cluster in clusters[: most if len(clusters) > most + 1 else None]]
    others = len(clusters) - len(shortened)
    return " + ".join(shortened) + (f" + {others} more" if others else "")


def tree_headline(first: str, second: str, k: int) -> str:
    """Return the main finding: which two of k clusters are the most similar."""
    if k == 2:
        return f"{first} and {second} are the only clusters"
    return f"{first} and {second} are the most similar of {k:,} clusters"


def figure_title(name: str, k: int, n_groups: int) -> str:
    """Return the heading of the figure."""
    cut = f", cut at {n_groups} groups" if n_groups < k else ""
    return f"Hierarchy of {k} clusters{cut}\n{name}"


def describe_axis(linkage: str) -> str:
    """Return the title of the axis of heights."""
    return AXES[linkage]


def explain_linkage(linkage: str) -> str:
    """Return what is merged first and what the height means."""
    return EXPLANATIONS[linkage]


def describe_unlinked(count: int) -> str:
    """Return a sentence on merges of groups without an edge of the neighbour graph between them, if there are any."""
    if not count:
        return ""
    merges = "1 merge joins" if count == 1 else f"{count:,} merges join"
    return f" {merges} groups that no edge of the neighbour graph connects."
