"""The recommended recipes, the baselines and the published deep clusterings, measured over several seeds."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.reproduction.stored_runs import StoredRuns
from tests.tables import MISSING, Table, format_duration, format_spread, format_value

SCORES = ("accuracy", "purity", "nmi", "ari")
SILHOUETTE = "train/silhouette_score"
CONFIDENCE_SCORES = {"calibration error": "expected_calibration_error", "accuracy at 90 %": "accuracy_at_90_coverage"}
"""Scores of the confidences, by their title; earlier runs do not have them."""
DEFAULT = "autoencoder, UMAP, mixture (the default)"
SELF_TRAINED = "the same with self-training"
DEEP_SELF_TRAINED = "the same with deep self-training"
GREY_COPIES = "model=pretrained_grey"
CAPTION = (
    "Mean ± sd over the seeds; each seed repeats the whole pipeline. `train` scores are of the fitted images, `test` "
    "scores of held-out images. “By silhouette” is the train accuracy of the seed with the highest silhouette, a "
    "choice without labels. Time is that of the median run with all stages computed."
)


@dataclass(frozen=True)
class DataSet:
    """Images that recipes are compared on, whether some of them are held out, and each recipe by its overrides."""

    title: str
    short_title: str
    has_test: bool
    recipes: dict[str, str]


DATA_SETS = {
    "mnist": DataSet(
        "MNIST, 60,000 training images fitted, 10,000 test images held out",
        "MNIST",
        True,
        {
            "": DEFAULT,
            "refine=self_training": SELF_TRAINED,
            "experiment=best": DEEP_SELF_TRAINED,
            "model=pca": "PCA, UMAP, mixture",
            "model=pixels": "pixels, UMAP, mixture",
            "manifold=none cluster=kmeans": "autoencoder, k-means",
            "model=pca manifold=none cluster=kmeans": "PCA, k-means",
            "model=pixels manifold=none cluster=kmeans": "pixels, k-means",
        },
    ),
    "digits": DataSet(
        "scikit-learn's digits, all 1,797 images of 8×8 fitted",
        "scikit-learn's digits",
        False,
        {
            "data=digits": DEFAULT,
            "data=digits refine=self_training": SELF_TRAINED,
            "data=digits experiment=best": DEEP_SELF_TRAINED,
            "data=digits model=pixels": "pixels, UMAP, mixture",
            "data=digits model=pixels manifold=none cluster=kmeans": "pixels, k-means",
        },
    ),
    "glyphs": DataSet(
        "Letters A to J rendered in 21 fonts, 10,000 images fitted, 2,000 held out",
        "letters A to J",
        True,
        {
            "data=glyphs": DEFAULT,
            "data=glyphs refine=self_training": SELF_TRAINED,
            "data=glyphs model=pixels": "pixels, UMAP, mixture",
            "data=glyphs model=pixels manifold=none cluster=kmeans": "pixels, k-means",
        },
    ),
    "alphabet": DataSet(
        "Letters A to Z rendered in 21 fonts, 10,000 images fitted, 2,000 held out (timed beside another run)",
        "letters A to Z",
        True,
        {"data=glyphs data.letters=ABCDEFGHIJKLMNOPQRSTUVWXYZ cluster.k=26": DEFAULT},
    ),
    "numerals": DataSet(
        "Digits 0 to 9 rendered in 21 fonts, 10,000 images fitted, 2,000 held out",
        "printed digits",
        True,
        {"data=glyphs data.letters=0123456789": DEFAULT},
    ),
    "coloured_glyphs": DataSet(
        "Letters A to J in random colours on textured grounds of 64×64, 10,000 images fitted, 2,000 held out "
        "(rows with one seed on a busy machine)",
        "letters in colour",
        True,
        {
            "data=coloured_glyphs": DEFAULT,
            "data=coloured_glyphs model=pretrained": "EfficientNet-Lite0, UMAP, mixture",
            f"data=coloured_glyphs {GREY_COPIES}": "EfficientNet-Lite0 of grey copies",
            "data=coloured_glyphs model=pixels manifold=none cluster=kmeans": "pixels, k-means",
        },
    ),
    "mnist_all": DataSet(
        "MNIST, all 70,000 images fitted together, as in the publications (rows with five seeds timed beside other "
        "work; seeds 1 and 2 of DEC by Keras on JAX with an NVIDIA H200, its time is that of seed 0 on two cores; "
        "IDEC's time is that of seed 0 with pixels from 0 to 1)",
        "MNIST",
        False,
        {
            "data.split=all": DEFAULT,
            "data.split=all experiment=best": DEEP_SELF_TRAINED,
            "experiment=dec": "DEC, published accuracy 0.843",
            "experiment=idec": "IDEC, published accuracy 0.881",
            "experiment=dcec": "DCEC, published accuracy 0.890",
        },
    ),
}
"""One table each: the same images and the same k in every row."""

SUMMARY = (
    ("mnist", ""),
    ("mnist", "experiment=best"),
    ("mnist", "model=pixels"),
    ("mnist", "model=pixels manifold=none cluster=kmeans"),
    ("digits", "data=digits"),
    ("glyphs", "data=glyphs"),
    ("coloured_glyphs", f"data=coloured_glyphs {GREY_COPIES}"),
)
"""The rows of the README's table: data set and overrides."""


def collect_results(runs: StoredRuns) -> list[dict[str, Any]]:
    """Return a row per recipe: data set, overrides, seeds, k, n, seconds, and lists of scores in the seeds' order."""
    return [
        _measure(name, data_set, overrides, runs)
        for name, data_set in DATA_SETS.items()
        for overrides in data_set.recipes
    ]


def _measure(name: str, data_set: DataSet, overrides: str, runs: StoredRuns) -> dict[str, Any]:
    parts = ("train", "test") if data_set.has_test else ("train",)
    by_seed = runs.find(overrides.split(), [f"{part}/accuracy_score" for part in parts])
    first = next(iter(by_seed.values()), None)
    return {
        "data_set": name,
        "overrides": overrides,
        "seeds": list(by_seed),
        "k": int(first.metrics["k"]) if first else None,
        "n": int(first.metrics["data/fitted_images"]) if first else None,
        "seconds": [round(sum(run.seconds.values()), 1) for run in by_seed.values()],
        "scores": {
            f"{part} {score}": [round(run.metrics[f"{part}/{score}_score"], 4) for run in by_seed.values()]
            for part in parts
            for score in SCORES
        },
        "silhouette": [round(run.metrics[SILHOUETTE], 4) for run in by_seed.values() if SILHOUETTE in run.metrics],
        "confidence": {
            f"{part} {title}": [round(run.metrics[f"{part}/{name}"], 4) for run in by_seed.values()]
            for part in parts
            for title, name in CONFIDENCE_SCORES.items()
            if all(f"{part}/{name}" in run.metrics for run in by_seed.values())
        },
    }


def result_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return a table per data set: mean ± sd over the seeds, and the worst seed's accuracy."""
    by_data_set = {name: [row for row in rows if row["data_set"] == name] for name in DATA_SETS}
    tables = [_table(DATA_SETS[name], group) for name, group in by_data_set.items() if group]
    return [*tables, _confidence_table([row for row in rows if row["seeds"] and row.get("confidence")])]


def _confidence_table(rows: list[dict[str, Any]]) -> Table:
    """How well the confidences of images tell right from wrong ones, in the rows that have such scores."""
    caption = (
        "Whether confidences say how often images are right, mean ± sd over the seeds. The expected calibration error "
        "is the mean gap between confidence and accuracy; the accuracy at 90 % is that of the images with the highest "
        "confidence. Confidences are computed without labels. They say how well an image fits its cluster, so they are "
        "too high where two classes share one, as on the letters."
    )
    columns = [f"{part} {title}" for part in ("train", "test") for title in CONFIDENCE_SCORES]
    cells = [
        (
            DATA_SETS[row["data_set"]].short_title,
            _recipe(DATA_SETS[row["data_set"]], row["overrides"]),
            format_spread(row["scores"]["train accuracy"]),
            *(format_spread(row["confidence"].get(column, [])) for column in columns),
            ", ".join(map(str, row["seeds"])),
        )
        for row in rows
    ]
    return Table("Confidence", caption, ("images", "recipe", "train accuracy", *columns, "seeds"), cells)


def _table(data_set: DataSet, rows: list[dict[str, Any]]) -> Table:
    columns = ["train accuracy", "train purity", "train nmi", "train ari"]
    columns += ["test accuracy", "test purity"] if data_set.has_test else []
    titles = [column.replace("nmi", "NMI").replace("ari", "ARI") for column in columns]
    header = ("recipe", titles[0], "worst", "by silhouette", *titles[1:], "k", "n", "seeds", "time")
    return Table(data_set.title, CAPTION, header, [_cells(data_set, row, columns) for row in rows])


def _cells(data_set: DataSet, row: dict[str, Any], columns: list[str]) -> tuple[str, ...]:
    recipe = _recipe(data_set, row["overrides"])
    if not row["seeds"]:
        return (recipe, "no finished run", *[MISSING] * (len(columns) + 5))
    scores = row["scores"]
    return (
        recipe,
        format_spread(scores[columns[0]]),
        format_value(min(scores[columns[0]])),
        _choose_by_silhouette(scores[columns[0]], row.get("silhouette", [])),
        *(format_spread(scores[column]) for column in columns[1:]),
        str(row["k"]),
        f"{row['n']:,}",
        ", ".join(map(str, row["seeds"])),
        format_duration(median(row["seconds"])),
    )


def _choose_by_silhouette(accuracies: list[float], silhouettes: list[float]) -> str:
    """The accuracy of the seed with the highest silhouette; a dash where there is nothing to choose."""
    if len(accuracies) < 2 or len(silhouettes) != len(accuracies):
        return MISSING
    return format_value(accuracies[silhouettes.index(max(silhouettes))])


def _recipe(data_set: DataSet, overrides: str) -> str:
    return data_set.recipes[overrides] + (f" `{overrides}`" if overrides else "")


def summary_tables(rows: list[dict[str, Any]]) -> list[Table]:
    """Return the README's table: accuracy and NMI of a few recipes."""
    by_recipe = {(row["data_set"], row["overrides"]): row for row in rows}
    header = ("images", "recipe", "train accuracy", "train NMI", "test accuracy", "k", "n fitted", "seeds", "time")
    return [Table("", "", header, [_summary(*key, by_recipe[key]) for key in SUMMARY if key in by_recipe])]


def _summary(name: str, overrides: str, row: dict[str, Any]) -> tuple[str, ...]:
    data_set = DATA_SETS[name]
    recipe = _recipe(data_set, overrides)
    if not row["seeds"]:
        return (data_set.short_title, recipe, "no finished run", *[MISSING] * 6)
    scores = row["scores"]
    return (
        data_set.short_title,
        recipe,
        format_spread(scores["train accuracy"]),
        format_spread(scores["train nmi"]),
        format_spread(scores.get("test accuracy", [])),
        str(row["k"]),
        f"{row['n']:,}",
        ", ".join(map(str, row["seeds"])),
        format_duration(median(row["seconds"])),
    )
