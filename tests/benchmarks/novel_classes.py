"""Do classes that a run has never seen become new clusters? `python -m tests.benchmarks.novel_classes [--folder F]`.

Each trial fits the default recipe on eight of ten digits, then extends the run by images of all ten, and by images of
the eight alone. With a folder, a trial that was interrupted continues where it stopped.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.digits import read_digits
from pipeline.data.mnist import read_mnist
from tests.benchmarks.command import run_python
from tests.benchmarks.machine import describe_machine, machine_sentence
from tests.benchmarks.records import NOT_MEASURED, README, Record, Section, read_record, save_record
from tests.benchmarks.trials import measure_named
from tests.helpers import summaries
from tests.markdown_sections import RECORDS, ROOT
from tests.tables import Table, to_markdown

FILE = RECORDS / "novel_classes.json"
EPOCHS = 3
"""Epochs of 60,000 images; 8,000 images get as many steps."""

Arrays = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True)
class Trial:
    """The data set, the two digits that are held back, and the seed of the run and of the choice of images."""

    data: str
    held_back: tuple[int, int]
    seed: int

    @property
    def name(self) -> str:
        """What files of the trial are called."""
        prefix = "" if self.data == "mnist" else f"{self.data}_"
        return f"{prefix}{self.held_back[0]}{self.held_back[1]}_s{self.seed}"


TRIALS = (
    *(Trial("mnist", (8, 9), seed) for seed in (0, 1, 2)),
    *(Trial("mnist", pair, 0) for pair in ((0, 1), (3, 5))),
    *(Trial("digits", (8, 9), seed) for seed in (0, 1, 2)),
    *(Trial("digits", pair, 0) for pair in ((0, 1), (3, 5))),
)


def draw_images(trial: Trial) -> tuple[Arrays, Arrays]:
    """Return images and labels to fit on, without the digits held back, and new ones of all digits."""
    rng = np.random.default_rng(trial.seed)
    if trial.data == "mnist":
        source = read_mnist()
        assert source.test is not None
        images, labels, new_images, new_labels = source.train, source.train_labels, source.test, source.test_labels
        counts = (8000, 2000)
    else:
        source = read_digits()
        assert source.train_labels is not None
        order, border = rng.permutation(len(source.train)), 1200
        images, labels = source.train[order[:border]], source.train_labels[order[:border]]
        new_images, new_labels = source.train[order[border:]], source.train_labels[order[border:]]
        counts = (border, len(order) - border)
    assert labels is not None
    assert new_labels is not None
    rows = rng.permutation(np.flatnonzero(~np.isin(labels, trial.held_back)))[: counts[0]]
    new_rows = rng.permutation(len(new_images))[: counts[1]]
    return (images[rows], labels[rows]), (new_images[new_rows], new_labels[new_rows])


def write_files(trial: Trial, folder: Path) -> dict[str, Path]:
    """Write the images to fit on, the new ones, and the new ones of known digits, unless the files exist."""
    files = {kind: folder / f"{kind}_{trial.name}.npz" for kind in ("fit", "new", "known")}
    if not all(file.exists() for file in files.values()):
        fitted, (images, labels) = draw_images(trial)
        is_known = ~np.isin(labels, trial.held_back)
        arrays = {"fit": fitted, "new": (images, labels), "known": (images[is_known], labels[is_known])}
        for kind, (pixels, classes) in arrays.items():
            if not files[kind].exists():
                np.savez(files[kind], x_train=pixels, y_train=classes)
    return files


def measure(trial: Trial, folder: Path) -> Record:
    """Return what became of the new images of a trial."""
    files, store = write_files(trial, folder), folder / "store"
    store.mkdir(exist_ok=True)
    words = ("data=npz", f"data.path={files['fit']}", "cluster.k=8", f"seed={trial.seed}", f"train.epochs={EPOCHS}")
    run_python("-m", "pipeline", "stage=cluster", *words, "tracking.models=false", outputs=store)
    run_id = summaries(store)[-1]["run_id"]
    tables = {kind: _extend(store, run_id, files[kind]) for kind in ("new", "known")}
    with np.load(files["new"]) as arrays:
        labels = arrays["y_train"]
    with np.load(files["fit"]) as arrays:
        n = len(arrays["y_train"])
    return asdict(trial) | {"n": n} | _score(tables["new"], labels, trial.held_back) | {
        "false_clusters": int(tables["known"].loc[tables["known"]["is_new_cluster"], "cluster"].nunique()),
        "known_images": len(tables["known"]),
    }  # fmt: skip


def _extend(store: Path, run_id: str, file: Path) -> pd.DataFrame:
    """The table of the new images in a file."""
    run_python(
        "-m", "pipeline", "stage=extend", f"input={file}", f"run={run_id}", "tracking.models=false", outputs=store
    )
    newest = max(store.rglob("extend.csv"), key=lambda path: path.stat().st_mtime)
    return pd.read_csv(newest)


def _score(table: pd.DataFrame, labels: NDArray[Any], held_back: tuple[int, int]) -> Record:
    """How many images of the digits held back are far, and in new clusters, and the purity of these clusters."""
    is_novel, is_placed = np.isin(labels, held_back), table["is_new_cluster"].to_numpy()
    counts = pd.crosstab(table["cluster"][is_placed], labels[is_placed])
    return {
        "images": len(table),
        "novel_images": int(is_novel.sum()),
        "far": int((table["far"] & is_novel).sum()),
        "clusters": [{str(label): int(count) for label, count in row.items() if count} for _, row in counts.iterrows()],
        "placed": [int((is_placed & (labels == digit)).sum()) for digit in held_back],
        "of": [int((labels == digit).sum()) for digit in held_back],
        "purity": float(counts.max(axis=1).sum() / max(is_placed.sum(), 1)),
    }


def novel_classes_table(record: Record) -> Table:
    """Return the table: a row per trial."""
    caption = (
        "The default recipe on images of eight digits (`cluster.k=8`, "
        f"`train.epochs={record['epochs']}`), then `stage=extend` with images of all ten. For each digit that was held "
        "back: its images in new clusters, of those that came. Purity is that of the new clusters. The last column has "
        "the new clusters that were proposed when the same images came without the two digits. "
        f"Measured on {machine_sentence(record['machine'])}"
    )
    columns = (
        "data", "held back", "seed", "fitted", "new", "far", "in new clusters", "new clusters", "purity",
        "without the two digits",
    )  # fmt: skip
    return Table("Classes that a run has never seen", caption, columns, [_row(trial) for trial in record["trials"]])


def _row(trial: Record) -> tuple[str, ...]:
    digits = [str(digit) for digit in trial["held_back"]]
    placed = ", ".join(
        f"{digit}: {placed} of {count}"
        for digit, placed, count in zip(digits, trial["placed"], trial["of"], strict=True)
    )
    clusters = "; ".join(" + ".join(f"{count} of {digit}" for digit, count in row.items()) for row in trial["clusters"])
    return (
        "scikit-learn's digits" if trial["data"] == "digits" else "MNIST", ", ".join(digits), str(trial["seed"]),
        f"{trial['n']:,}", f"{trial['images']:,}", f"{trial['far']:,} of {trial['novel_images']:,}", placed,
        clusters or "none", f"{trial['purity']:.3f}" if trial["clusters"] else "–", str(trial["false_clusters"]),
    )  # fmt: skip


def render_novel_classes(record: Record | None) -> str:
    """Return the section."""
    return NOT_MEASURED if record is None else to_markdown([novel_classes_table(record)])


SECTION = Section("novel_classes", render_novel_classes)


def measure_all(names: set[str], folder: Path) -> None:
    """Measure the trials and write the record and its section after each; trials of the record stay."""
    for trial in (trial for trial in TRIALS if trial.name in names):
        measured = measure(trial, folder)
        record = read_record(ROOT / FILE) or {"epochs": EPOCHS, "trials": []}
        others = {Trial(row["data"], tuple(row["held_back"]), row["seed"]).name: row for row in record["trials"]}
        rows = others | {trial.name: json.loads(json.dumps(measured))}
        ordered = [rows[each.name] for each in TRIALS if each.name in rows]
        save_record(ROOT, FILE, {"machine": describe_machine(), "epochs": EPOCHS, "trials": ordered}, SECTION)
        print(f"{trial.name}: {measured['placed']} of {measured['of']}, purity {measured['purity']:.3f}; see {README}")


def main() -> None:
    """Measure the trials that are named, or all."""
    measure_named("novel_classes", __doc__, "trial", [trial.name for trial in TRIALS], measure_all)


if __name__ == "__main__":
    main()
