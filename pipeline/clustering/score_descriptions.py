"""One sentence about each score, for pages and tables."""

from __future__ import annotations

import inspect

from pipeline.clustering import metrics
from pipeline.embedding import quality

DESCRIPTIONS = {
    "purity_score": "Share of images that belong to the majority class of their cluster; it grows with k.",
    "accuracy_score": "Share of images that are correct under the best one-to-one matching of clusters to classes.",
    "expected_accuracy": "Accuracy that clusterings as separated and as stable had in trials; it uses no labels.",
    "nmi_score": "Mutual information of clusters and classes over the arithmetic mean of both entropies.",
    "ari_score": "Agreement over pairs of images, adjusted for chance: 0 is random, 1 is perfect.",
    "expected_calibration_error": "Mean gap between confidence and accuracy, without noise; 0 is best.",
    "accuracy_at_90_coverage": "Accuracy of the 90 % with the highest confidence, without noise.",
    "trustworthiness": "Whether images that are close on the map are close in the latent space; 1 is best.",
    "neighbors_kept": "Share of an image's nearest neighbours in the latent space that are nearest on the map too.",
    "k": "Number of clusters, noise not counted; images without a label count, too.",
    "coverage": "Share of images, with and without a label, that belong to a cluster, that is, are not noise.",
    "latent_size": "Number of latent dimensions.",
    "silhouette_score": "From −1 to 1: how much closer images are to their own cluster than to the next one.",
    "davies_bouldin_index": "Spread within the clusters over the distances between them; lower is better.",
    "calinski_harabasz_score": "Variance between clusters over variance within; higher is better.",
    "mse": "Mean squared error per pixel, images in [0, 1].",
    "loss": "Training loss of the last epoch.",
    "val_loss": "Validation loss of the last epoch.",
    "kl": "Divergence of the soft assignment from its sharpened target at the end of the refinement.",
    "reconstruction": "Mean squared error per pixel at the end of the refinement.",
    "changed": "Share of the assignments that the last target of the refinement changed.",
    "agreement": "Share of the distorted images that the network assigns to their pseudo-label, at the end.",
    "step": "Steps of the refinement.",
    "inertia": "Sum of squared distances to the cluster centres; lower is better.",
    "mean_log_likelihood": "Mean log-likelihood of an image under the mixture; higher is better.",
    "evidence_lower_bound": "Lower bound of the log evidence of a variational mixture; higher is better.",
    "bic": "Bayesian information criterion of the mixture; lower is better.",
    "neighbors/k": "Nearest neighbours per image in the graph.",
    "neighbors/median_distance": "Median distance from an image to its farthest neighbour in the graph.",
}
"""Descriptions by the whole name of a score, or by its last part; they take precedence over the docstrings."""


def describe_score(name: str) -> str:
    """Return one sentence about the score: from `DESCRIPTIONS`, else the first paragraph of its function's docstring.

    Functions are looked up by the last part of the name in `clustering.metrics` and `embedding.quality`. Empty for
    a score that has neither.
    """
    group, _, base = name.rpartition("/")
    if group == "baselines":
        return "Baseline: the same clusterer on a sample of the images, in the space that the name begins with."
    sentence = DESCRIPTIONS.get(name) or DESCRIPTIONS.get(base) or _docstring_summary(base)
    if group == "reconstruction" and not sentence:
        return "As measured in the last epoch of training."
    return f"The same without noise: {sentence[:1].lower()}{sentence[1:]}" if group == "clustered" else sentence


def _docstring_summary(name: str) -> str:
    """The first paragraph of the docstring of the score's function, in one line; empty if there is none."""
    for module in (metrics, quality):
        function = getattr(module, name, None)
        if inspect.isfunction(function):
            return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    return ""
