"""Trials of settings: what was changed, and the accuracy by seed, also of changes that were not kept."""

from __future__ import annotations

from typing import Any

from tests.tables import MISSING, Table, format_spread

PARTS = {
    "training": (
        "Trials of the training",
        "Each seed trains, embeds and clusters anew. “none” is the recipe before these trials: 8 epochs, 200 epochs of "
        "UMAP before clustering, 16 starts of the mixture, 200 swaps. The labels were looked at between the trials.",
        "seeds",
    ),
    "layers": (
        "Trials of the layers",
        "The recipe with 7 epochs, and 100 epochs of UMAP for more than 10,000 images, with other layers. The decoder "
        "mirrors the encoder; all end in 64 dimensions with batch normalisation. × is the time of three "
        "epochs on MNIST relative to conv64, the mean of two alternating repeats.",
        "seeds",
    ),
    "distortions": (
        "Trials of further distortions",
        "The default recipe with `model=patch64`; the distortions come in training, before the others. None was kept.",
        "seeds",
    ),
    "batches": (
        "Trials of smaller batches",
        "The default recipe with steps of fewer images, as many of them (1,645) unless the table says otherwise. With "
        "128 images, the training on 2,000 images of 28×28 takes two thirds of the time. Not kept, because more seeds "
        "of the digits fail.",
        "seeds",
    ),
    "codes": (
        "Trials of the codes",
        "The default recipe, and the clusters of the codes of three of its autoencoders, joined and then embedded: "
        "other threes of five to eight, up to three seeds of UMAP for each. Three trainings remove the worst seeds and "
        "take three times as long. Not kept.",
        "codes",
    ),
    "islands": (
        "Trials of sizes and islands",
        "The default recipe, the digits enlarged, and clusters whose islands are assigned anew. An island is any but "
        "the largest part of a cluster in the graph of the 10 nearest neighbours on the manifold, without edges "
        "between clusters. A classifier of the latents is taught the largest parts only, and assigns each island by "
        "majority. In most islands of wrong images it agrees with the mixture. Not kept: the group of ones among the "
        "twos of MNIST, for one, has a few edges to them (see the next table).",
        "seeds",
    ),
    "apart": (
        "Trials of islands that are apart",
        "The same manifolds and clusters; an island is now a small part of a cluster by a mixture, ten times as far "
        "from the rest of the cluster as its images are from each other (`pipeline/clustering/islands.py`). It moves "
        "to another cluster by one classifier of the latents, or if two agree. Without that distance, parts of a "
        "cluster in one piece moved as well: up to 0.045 of accuracy were lost on the digits. The rows but the last "
        "one of each data set fit the mixture to all images of a cluster. Rule and sizes were chosen with these "
        "labels in view; those of the letters a to j only led to the clear vote, with which no data set loses more "
        "than 0.0007.",
        "seeds",
    ),
    "self_training": (
        "Trials of self-training",
        "Networks that are trained on the clusters of one default run (train accuracy 0.9815), and the clusters of "
        "their codes. × is the time of the training relative to that of `refine=self_training`, one run each, "
        "beside other work. Rows with true labels in place of the clusters show how much the network itself limits "
        "the accuracy: more filters hardly help, finer maps and another layer do. `refine=deep_self_training` was "
        "kept, here without the biases of its first layer. Two networks are no better on average than one, and take "
        "twice as long. A third of the wrong images are ones with a foot among the twos: a group of their own, which a "
        "network that is not trained on them also takes for twos. All rows are of before islands moved, which corrects "
        "this group.",
        "seeds",
    ),
    "clustering": (
        "Trials of manifold and mixture",
        "The same stored latents are embedded and clustered with each of the settings; a column of numbers has one "
        "accuracy for each of the named latents.",
        "latents",
    ),
    "components": (
        "Trials of the mixture on principal components",
        "`model=pca` with the former mixture (four starts, 100 random swaps) and with the settings before the trials "
        "above. The better partition has the higher silhouette among the latents (0.059 against 0.050) and the higher "
        "likelihood, but four starts seldom find it. Sixteen starts with 200 swaps take 34 s in place of 9 s.",
        "seeds",
    ),
    "swaps": (
        "Trials of swaps",
        "The same manifolds, clustered with random swaps and with those that are ranked cluster by cluster, which take "
        "about as long for 10 clusters and up to twice as long for 26. In the pixels of the digits both searches find "
        "the better partition, which has the higher likelihood, but others have a higher silhouette among the pixels, "
        "and the silhouette decides.",
        "seeds",
    ),
    "idec": (
        "Trials of IDEC",
        "`experiment=idec` with pixels from 0 to 1, and from 0 to 5.1 as in its published code, with which squared "
        "errors of the reconstruction weigh 26 times as much. With pixels from 0 to 1, seeds 1 and 2 ran by Keras on "
        "JAX with an NVIDIA H200, the others by TensorFlow on two cores.",
        "seeds",
    ),
    "selection": (
        "Trials of the selection between fits",
        "The four fits of a mixture (from its own starts and from k-means of the latents, with and without swaps) on "
        "the same manifolds, and the one that a rule selects. The manifolds are of the latents of 18 runs of the "
        "digits, 15 of the letters A to J, and five each of the letters A to Z, of MNIST and of the printed digits, "
        "with up to six seeds of UMAP for each.",
        "manifolds",
    ),
    "starts": (
        "Trials of the start from k-means of the latents",
        "The accuracy of the groups that a mixture starts from, three seeds for each of several stored latents. "
        "The other start of the mixture is its own, so a poor group matters only where that is poor too.",
        "starts",
    ),
}
"""Title and caption of the table of each part, and what its accuracies are numbered by."""

MOST_VALUES = 10
"""Accuracies that a cell lists one by one."""


def trial_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return a table per part; a line per data set and change, sorted by data set."""
    return [
        Table(title, caption, ("data", "change", numbers, "train accuracy", "test accuracy"), _lines(part, rows))
        for part, (title, caption, numbers) in PARTS.items()
    ]


def _lines(part: str, rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    of_part = sorted((row for row in rows if row["part"] == part), key=lambda row: str(row["data_set"]))
    return [
        (
            row["data_set"],
            row["change"],
            _numbers(row[PARTS[part][2]]),
            _accuracies(row["train_accuracy"], row.get("digits", 4)),
            _accuracies(row.get("test_accuracy", []), row.get("digits", 4)),
        )
        for row in of_part
    ]


def _numbers(values: list[int]) -> str:
    """`0, 1, 2`; `1 to 20` for many that follow each other."""
    first, last = values[0], values[-1]
    if len(values) > 5 and values == list(range(first, last + 1)):
        return f"{first} to {last}"
    return ", ".join(map(str, values))


def _accuracies(values: list[float], digits: int) -> str:
    """All values; of many their mean ± sd and the lowest."""
    if len(values) > MOST_VALUES:
        return f"{format_spread(values)}, worst {min(values):.{digits}f}"
    return ", ".join(f"{value:.{digits}f}" for value in values) or MISSING
