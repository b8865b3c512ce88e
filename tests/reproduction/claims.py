"""Claims of the published sources, each with the sweep over seeds that checks it and what the sweep measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pipeline.runtime.paths import conf_dir
from tests.reproduction.stored_runs import StoredRun, StoredRuns
from tests.tables import MISSING, Table, format_spread

Measure = Callable[[StoredRun], float]


@dataclass(frozen=True)
class Claim:
    """A claim, the sweep in `conf/sweep` that checks it, how the sweep was set up, and its measures by title."""

    sweep: str
    statement: str
    setup: str
    measures: dict[str, Measure]
    required_metrics: tuple[str, ...]


def read_metric(name: str) -> Measure:
    """Return the measure that reads a metric of the execution."""
    return lambda run: run.metrics[name]


def cluster_seconds(run: StoredRun) -> float:
    """Return the seconds of the stage cluster."""
    return run.seconds["cluster"]


TEST_ERROR = "reconstruction/test_mse"
PURITY = {"purity train": read_metric("train/purity_score"), "purity test": read_metric("test/purity_score")}
SCORED = ("train/purity_score", "test/purity_score")

CLAIMS = (
    Claim(
        "claim_cnn_dense",
        "With 64 latent dimensions a convolutional autoencoder reconstructs better than a dense one.",
        "As published: 20 epochs.",
        {"test mse": read_metric("reconstruction/val_loss")},
        ("reconstruction/val_loss",),
    ),
    Claim(
        "claim_transpose",
        "With 3,369 parameters the transposed decoder reconstructs better than upsampling.",
        "Not as published: Adam instead of Adadelta, 5 epochs instead of 50. A transposed convolution of stride one is "
        "a convolution with its kernel flipped. The two models differ in the sizes of their maps: codes of 3×3×4 "
        "instead of 4×4×4, and one transposed convolution that enlarges its map where the other shrinks it.",
        {"test loss": read_metric("reconstruction/val_loss")},
        ("reconstruction/val_loss",),
    ),
    Claim(
        "claim_pixels",
        "k-means is faster on 98 latent dimensions than on 784 pixels, at some cost in purity.",
        "conv7x7x2 trained as published, 3 epochs; k-means with k = 10, ten starts, one thread. Seconds are those of "
        "the whole stage: fit, vote of the neighbours, and assignment of the held-out images.",
        {"seconds": cluster_seconds, **PURITY},
        SCORED,
    ),
    Claim(
        "claim_latent_size",
        "Reconstruction error and purity depend on the latent size.",
        "conv64 on a subset of 20,000 images for 6 epochs; k-means, k = 10, on the latents.",
        {"test mse": read_metric(TEST_ERROR), **PURITY},
        (TEST_ERROR, *SCORED),
    ),
)


def sweep_jobs(sweep: str) -> Iterator[dict[str, str]]:
    """Yield the overrides of each job of a sweep except the seed, such as `{"model.latent_dim": "2"}`."""
    from omegaconf import OmegaConf

    params = OmegaConf.load(conf_dir() / "sweep" / f"{sweep}.yaml").hydra.sweeper.params
    keys = [str(key) for key in params if key != "seed"]
    for values in product(*(str(params[key]).split(",") for key in keys)):
        yield dict(zip(keys, (value.strip() for value in values), strict=True))


def measure_claim(claim: Claim, runs: StoredRuns) -> dict[str, Any]:
    """Return, for each arm of the claim's sweep, the seeds that have finished and their values in the seeds' order."""
    arms = []
    jobs = list(sweep_jobs(claim.sweep))
    for job in jobs:
        name = ", ".join(value for key, value in job.items() if len({other[key] for other in jobs}) > 1)
        overrides = [f"sweep={claim.sweep}", *(f"{key}={value}" for key, value in job.items())]
        by_seed = runs.find(overrides, claim.required_metrics)
        values = {
            title: [round(measure(run), 6) for run in by_seed.values()] for title, measure in claim.measures.items()
        }
        arms.append({"arm": name, "seeds": list(by_seed), "values": values})
    return {"sweep": claim.sweep, "arms": arms}


def claim_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return a table per claim: a row per arm and, where there are two arms, their difference seed by seed."""
    by_sweep = {row["sweep"]: row["arms"] for row in rows}
    return [_table(claim, by_sweep[claim.sweep]) for claim in CLAIMS if claim.sweep in by_sweep]


def _table(claim: Claim, arms: list[dict[str, Any]]) -> Table:
    titles = list(arms[0]["values"])
    rows = [
        (
            arm["arm"],
            *(format_spread(arm["values"][title]) for title in titles),
            ", ".join(map(str, arm["seeds"])) or MISSING,
        )
        for arm in arms
    ]
    if len(arms) == 2:
        first, second = arms
        rows.append(_difference(first, second, titles))
    caption = f"{claim.setup} `python -m pipeline --multirun sweep={claim.sweep}`"
    return Table(claim.statement, caption, (claim.sweep.removeprefix("claim_"), *titles, "seeds"), rows)


def _difference(first: dict[str, Any], second: dict[str, Any], titles: Sequence[str]) -> tuple[str, ...]:
    """Return second − first, or second ÷ first for seconds, over the seeds that both arms have."""
    seeds = [seed for seed in first["seeds"] if seed in second["seeds"]]
    cells = []
    for title in titles:
        left, right = (dict(zip(arm["seeds"], arm["values"][title], strict=True)) for arm in (first, second))
        higher = sum(right[seed] > left[seed] for seed in seeds)
        if title == "seconds":
            change = f"× {format_spread([right[seed] / left[seed] for seed in seeds])}"
        else:
            change = format_spread([right[seed] - left[seed] for seed in seeds], signed=True)
        cells.append(f"{change}, higher in {higher} of {len(seeds)}" if seeds else MISSING)
    return f"{second['arm']} against {first['arm']}", *cells, ", ".join(map(str, seeds)) or MISSING
