"""The sources' claims, each as a sweep over seeds and what it measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline.paths import conf_dir
from pipeline.reproduction.records import Record, Records

Measure = Callable[[Record], float]


@dataclass(frozen=True)
class Claim:
    """A claim, the sweep in `conf/sweep` that checks it, its budget in words, and its measures by their titles."""

    sweep: str
    says: str
    budget: str
    measures: dict[str, Measure]
    needs: tuple[str, ...]


def metric(name: str) -> Measure:
    """Return the measure that reads a metric of the execution."""
    return lambda record: record.metrics[name]


TEST_ERROR = "reconstruction/test_mse"
PURITY = {"purity train": metric("train/purity_score"), "purity test": metric("test/purity_score")}
SCORED = ("train/purity_score", "test/purity_score")

CLAIMS = (
    Claim(
        "claim_cnn_dense",
        "With 64 latents a convolutional autoencoder reconstructs better than a dense one.",
        "As published: 20 epochs.",
        {"test mse": metric("reconstruction/val_loss")},
        ("reconstruction/val_loss",),
    ),
    Claim(
        "claim_transpose",
        "With 3,369 parameters the transposed decoder reconstructs better than upsampling.",
        "Not as published: Adam in place of Adadelta, 5 epochs in place of 50. A transposed convolution of step one is "
        "a convolution with its kernel turned round; what differs are the maps' sizes: codes of 3×3×4 in place of "
        "4×4×4, and one transposed convolution that grows its map where the other shrinks it.",
        {"test loss": metric("reconstruction/val_loss")},
        ("reconstruction/val_loss",),
    ),
    Claim(
        "claim_pixels",
        "k-means on 98 latents is faster than on 784 pixels, and what that does to purity.",
        "conv7x7x2 trained as published, 3 epochs; k = 10, ten starts, on one thread; seconds are those of the whole "
        "stage: fit, neighbours' vote and held-out images.",
        {"seconds": lambda record: record.seconds["cluster"], **PURITY},
        SCORED,
    ),
    Claim(
        "claim_latent_size",
        "Reconstruction and purity against the latent size.",
        "conv64 on a subset of 20,000 images, a third of them all, for 6 epochs; k-means, k = 10, on the latents.",
        {"test mse": metric(TEST_ERROR), **PURITY},
        (TEST_ERROR, *SCORED),
    ),
)


def arms(sweep: str) -> Iterator[dict[str, str]]:
    """Yield what each job of a sweep sets, less the seed, as `{"model.latent_dim": "2"}`; constants are in it too."""
    from omegaconf import OmegaConf

    params = OmegaConf.load(conf_dir() / "sweep" / f"{sweep}.yaml").hydra.sweeper.params
    keys = [str(key) for key in params if key != "seed"]
    for values in product(*(str(params[key]).split(",") for key in keys)):
        yield dict(zip(keys, (value.strip() for value in values), strict=True))


def check(claim: Claim, records: Records) -> dict[str, Any]:
    """Return a claim with, for each arm of its sweep, the seeds found and the measured values in their order."""
    rows = []
    jobs = list(arms(claim.sweep))
    for chosen in jobs:
        name = ", ".join(value for key, value in chosen.items() if len({job[key] for job in jobs}) > 1)
        words = [f"sweep={claim.sweep}", *(f"{key}={value}" for key, value in chosen.items())]
        found = records.of(words, claim.needs).values()
        values = {title: [round(measure(one), 6) for one in found] for title, measure in claim.measures.items()}
        rows.append({"arm": name, "seeds": [one.seed for one in found], "values": values})
    return {"sweep": claim.sweep, "says": claim.says, "budget": claim.budget, "arms": rows}
