"""Numbers and scores in words."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

import numpy as np

from pipeline import metrics
from pipeline.reporting.run import Run

MEANINGS = {
    "purity_score": "Share of images that are of their cluster's majority class. It grows with k.",
    "accuracy_score": "Share of images that are right when each cluster may stand for one class only.",
    "nmi_score": "How much the clusters tell of the classes, over the arithmetic mean of both entropies.",
    "ari_score": "Agreement over pairs of images, adjusted for chance: 0 is random, 1 is perfect.",
    "trustworthiness": "Whether what lies close together on the map is close in the latent space; 1 is best.",
    "neighbors_kept": "Share of an image's nearest neighbours in the latent space that are nearest on the map too.",
    "k": "Clusters found, noise not counted.",
    "coverage": "Share of images that belong to a cluster, that is, are not noise.",
    "latent_size": "Numbers in one image's code.",
    "silhouette_score": "From −1 to 1: how much nearer images are to their own cluster than to the next one.",
    "davies_bouldin_index": "Spread of the clusters over their distances; lower is better.",
    "calinski_harabasz_score": "Variance between clusters over variance within; higher is better.",
    "mse": "Mean squared error a pixel, images in [0, 1].",
    "loss": "Training loss of the last epoch.",
    "val_loss": "Validation loss of the last epoch.",
    "kl": "How far the soft assignment was from its sharpened target at the refinement's end.",
    "reconstruction": "Mean squared error a pixel at the refinement's end.",
    "changed": "Share of the assignments that the refinement's last target changed.",
    "agreement": "Share of the distorted images that the network put into the cluster it was taught, at the end.",
    "step": "Steps of the refinement.",
    "inertia": "Sum of squared distances to the cluster centres; lower is better.",
    "mean_log_likelihood": "Mean log likelihood of an image under the mixture; higher is better.",
    "bic": "Bayesian information criterion of the mixture; lower is better.",
    "neighbors/k": "Nearest neighbours of an image in the graph.",
    "neighbors/median_distance": "Median distance between an image and its neighbours in the latent space.",
}
"""What a score says, where it can be said more plainly than by the function of `metrics` of that name.

Keys are whole names, or their last part.
"""


def meaning(name: str) -> str:
    """Return what a score says: in plain words, or as its function's first sentence, so that a new one does."""
    group, _, base = name.rpartition("/")
    if group == "null":
        return "Of the null models: the same clusterer on a sample, in the space that is named first."
    function = getattr(metrics, base, None)
    documented = (inspect.getdoc(function) or "") if inspect.isfunction(function) else ""
    words = MEANINGS.get(name) or MEANINGS.get(base, " ".join(documented.partition("\n\n")[0].split()))
    if group == "reconstruction" and not words:
        return "As measured in the last epoch of training."
    return f"The same without noise: {words[:1].lower()}{words[1:]}" if group == "clustered" else words


def model_words(run: Run) -> str:
    """Say how well the autoencoder gives images back, whether there is a training to show, and if a decoder lags."""
    errors = {part: run.scores.values.get(f"reconstruction/{part}_mse") for part in ("train", "test")}
    known = [f"{number(value)} on {part} images" for part, value in errors.items() if value is not None]
    words = f"Mean squared error a pixel, images in [0, 1]: {', '.join(known)}." if known else ""
    untrained = "This model was not trained by steps, so there is no loss curve."
    left_behind = (
        "The refinement moved the encoder and left the decoder as it was, so reconstructions and decoded centres show "
        "less than the codes hold."
    )
    history, refinement = run.autoencoder.history, run.autoencoder.refinement
    lags = bool(refinement) and "reconstruction" not in refinement[-1]
    return " ".join(text for text in (words, "" if history else untrained, left_behind if lags else "") if text)


def map_words(values: Mapping[str, float]) -> str:
    """Say how far the map can be believed."""
    trust, kept = values.get("map/trustworthiness"), values.get("map/neighbors_kept")
    if trust is None or kept is None:
        return "How faithful the map is was not measured."
    verdict = (
        "What lies close together here is close in the latent space too."
        if trust >= 0.95
        else "Most of what lies close together here is close in the latent space too, but not all."
        if trust >= 0.85
        else "Much of what lies close together here is far apart in the latent space; conclude nothing."
    )
    return (
        f"{verdict} Trustworthiness is {trust:.3f}; at 1 no stranger would be drawn next to an image. "
        f"On average the map keeps {percent(kept)} of an image's nearest neighbours among its nearest. "
        "Distances between groups, and their sizes, mean little."
    )


def number(value: float | None) -> str:
    """Write a number with as many digits as are of use; a dash where there is none."""
    if value is None:
        return "–"
    if not np.isfinite(value):
        return str(value)
    if abs(value) >= 2 and float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) >= 1000:
        return f"{value:,.1f}"
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"


def percent(value: float) -> str:
    """Write a share in percent, never rounding up to all or down to none."""
    rounded = f"{100 * value:.1f}"
    if value < 1 and rounded == "100.0":
        return "over 99.9 %"
    if value > 0 and rounded == "0.0":
        return "under 0.1 %"
    return f"{rounded if 0 < value < 1 else rounded.removesuffix('.0')} %"
