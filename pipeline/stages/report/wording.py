"""Sentences about the autoencoder and the map, depending on their scores."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.pages.formats import format_number, format_percent
from pipeline.stages.report.context import ReportContext


def describe_autoencoder(run: ReportContext) -> str:
    """Return the reconstruction errors as a sentence, with a note on a missing loss curve or an outdated decoder."""
    errors = {part: run.scores.values.get(f"reconstruction/{part}_mse") for part in ("train", "test")}
    numbers = [f"{format_number(value)} on {part} images" for part, value in errors.items() if value is not None]
    sentences = []
    if numbers:
        sentences.append(f"The mean squared error per pixel, with pixels in [0, 1], is {' and '.join(numbers)}.")
    if not run.autoencoder.has_decoder:
        origin = "features of an encoder that was trained" if run.images.has_images else "vectors that were computed"
        sentences.append(f"The latents are {origin} elsewhere; they are not decoded.")
    elif not run.autoencoder.history:
        sentences.append("This model was not trained in epochs, so there are no loss curves.")
    refinement = run.autoencoder.refinement
    if refinement and "reconstruction" not in refinement[-1]:
        sentences.append(
            "The refinement trained the encoder without the decoder, so reconstructions and decoded centres show less "
            "detail than the latents contain."
        )
    return " ".join(sentences)


def describe_map(values: Mapping[str, float]) -> str:
    """Return sentences on how well the map preserves neighbours, from its trustworthiness and `neighbors_kept`."""
    trustworthiness, neighbors_kept = values.get("map/trustworthiness"), values.get("map/neighbors_kept")
    if trustworthiness is None or neighbors_kept is None:
        return "The quality of the map was not measured."
    if trustworthiness >= 0.95:
        verdict = "Images that are close together on the map are also close in the latent space."
    elif trustworthiness >= 0.85:
        verdict = "Most images that are close together on the map are also close in the latent space."
    else:
        verdict = "Many images that are close together on the map are far apart in the latent space: do not rely on it."
    return (
        f"{verdict} Trustworthiness is {trustworthiness:.3f} (1 is best). On average, the map preserves "
        f"{format_percent(neighbors_kept)} of an image's nearest neighbours. Distances between groups and the sizes of "
        "groups on the map have little meaning."
    )
