"""Records collected from finished runs, the tables of them, and the files that are written."""

import json
import shutil
from itertools import pairwise

import pytest

from pipeline.config.compose import compose_config
from pipeline.runtime.errors import UserError
from pipeline.tracking import Store, flatten
from tests.markdown_sections import RECORDS, ROOT, read_section
from tests.reproduction import chosen_k, write
from tests.reproduction.claims import CLAIMS, claim_tables, sweep_jobs
from tests.reproduction.comparison import comparison_tables
from tests.reproduction.published import PUBLISHED
from tests.reproduction.results import DATA_SETS, SCORES, result_tables
from tests.reproduction.stored_runs import current_keys
from tests.tables import Table, to_csv, to_html

SEEDS = (42, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    """A store with finished runs of one published set-up at two seeds, and a shortened run that must not match."""
    outputs = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, outputs / "mlflow.db")
    store = Store(compose_config(f"output_dir={outputs}").tracking, outputs)
    experiment = "experiment=conv3x3x4_transpose"
    for seed in SEEDS:
        add_run(store, outputs, experiment, f"seed={seed}", offset=seed / 1e4)
    add_run(store, outputs, experiment, "train.epochs=2", "seed=42", offset=9, artifact="autoencoder")
    return store


def add_run(store, outputs, *overrides, offset, artifact="pretrained"):
    """Write a finished execution whose losses are epoch / 100 + `offset`."""
    config = compose_config(f"output_dir={outputs}", *overrides)
    metrics = {"train/purity_score": 0.5, "test/purity_score": 0.25, "k": 10, "data/fitted_images": 60_000}
    history = [{"loss": epoch / 100 + offset, "val_loss": epoch / 100 + offset} for epoch in range(1, 51)]
    facts = {"history": history, "summary": [{"parameters": 3000}, {"parameters": 369}]}
    with store.run("execution", "run") as run:
        run.log_params(flatten(config.model_dump(by_alias=True)))
        run.log_metrics(metrics | {"reconstruction/val_loss": 0.5 + offset})
        with store.stage_run(run.id, "train", "1", {}) as stage:
            stage.log_metrics({"seconds": 90.0})
            stage.log_text(json.dumps(facts), f"result/{artifact}/artifact.json")
        run.tag({"stage.train": f"{stage.id} reused"})


@pytest.fixture(scope="module")
def records(store):
    return write.collect_records(store)


@pytest.mark.slow
def test_measurements_are_read_from_matching_runs_only(records):
    by_experiment = {row["experiment"]: row for row in records["reproduction"]}
    assert [name for name, row in by_experiment.items() if row["ours"]] == ["conv3x3x4_transpose"]
    row = by_experiment["conv3x3x4_transpose"]
    assert row["ours"] == {
        "seed": 42, "data": "mnist", "parameters": 3369, "k": 10, "n": 60_000, "purity_train": 0.5, "purity_test": 0.25,
        "seconds_train": 90.0, "seconds": 90.0,
    }  # fmt: skip
    last = row["figures"][-1]
    assert (last["measure"], last["epoch"], last["published"]) == ("val_loss", 50, 0.2871)
    assert last["values"] == {"1": 0.5001, "42": 0.5042}
    summary, figures = comparison_tables([row])
    cells = dict(zip(summary.header, summary.rows[0], strict=True))
    assert cells["published"] == "0.2871"
    assert cells["ours"] == "0.5042"
    assert cells["difference"] == "+0.2171 (+75.6 %)"
    assert (cells["parameters"], cells["k"], cells["training"]) == ("3,369", "10", "90 s")
    assert figures.rows[-1][-1] == "0.5021 ± 0.0029 (2)"


def test_parameters_of_older_runs_are_read_under_their_names_of_today():
    old = {"train.consistency": "0.0", "data.source.path": "None", "refine.forgiveness": "0.7", "seed": "1"}
    assert current_keys(old) == {
        "train.barlow_twins_weight": "0.0", "data.path": "None", "refine.gce_q": "0.7", "seed": "1",
    }  # fmt: skip


@pytest.mark.slow
def test_pages_records_and_sections_are_written(records, tmp_path):
    documents = {document for document, _, _ in write.SECTIONS.values()}
    for document in documents:
        names = [name for name, (target, _, _) in write.SECTIONS.items() if target == document]
        (tmp_path / document).parent.mkdir(parents=True, exist_ok=True)
        sections = "".join(f"<!-- {name}:begin -->\nprevious text\n<!-- {name}:end -->\n" for name in names)
        (tmp_path / document).write_text(f"# Title\n{sections}end\n")
    (tmp_path / RECORDS).mkdir(parents=True)
    for name in write.KEPT:
        shutil.copy(ROOT / RECORDS / f"{name}.json", tmp_path / RECORDS)
    folder = write.write_pages(records, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "reproduction.html", "claims.html", "results.html", "reproduction.csv", "figures.csv",
        "chosen_k.html", "chosen_k.csv",
        *(f"results_{name}.csv" for name in (*DATA_SETS, "confidence")),
        *(f"{claim.sweep}.csv" for claim in CLAIMS),
    }  # fmt: skip
    assert "no finished run" in (folder / "reproduction.csv").read_text()
    assert set(write.update_documents(records, tmp_path)) == {tmp_path / document for document in documents}
    for section, (document, name, _) in write.SECTIONS.items():
        text = (tmp_path / document).read_text()
        assert "previous text" not in text
        assert text.startswith("# Title\n")
        assert text.endswith("end\n")
        record = json.loads((tmp_path / RECORDS / f"{name}.json").read_text())
        assert record == records.get(name, record)
        assert read_section(text, section) == write.render_section(section, record)


def write_empty_documents(root):
    for name, (document, _, _) in write.SECTIONS.items():
        (root / document).parent.mkdir(parents=True, exist_ok=True)
        with (root / document).open("a") as file:
            file.write(f"<!-- {name}:begin -->\n<!-- {name}:end -->\n")


def results_row(seeds, values):
    """A row of the results in which every score has these values."""
    scores = {f"{part} {score}": values for part in ("train", "test") for score in SCORES}
    return {"data_set": "mnist", "overrides": "", "seeds": seeds, "k": 10, "n": 50, "seconds": [1.0], "scores": scores}


def test_a_row_without_finished_runs_keeps_its_record(tmp_path):
    write_empty_documents(tmp_path)
    row = results_row([0], [0.5])
    write.update_documents({"results": [row]}, tmp_path)
    write.update_documents({"results": [row | {"seeds": []}]}, tmp_path)
    assert json.loads((tmp_path / RECORDS / "results.json").read_text()) == [row]


def test_confidences_are_shown_of_the_runs_that_have_scores_of_them():
    row = results_row([0, 1], [0.9, 0.8])
    confidence = {"train calibration error": [0.01, 0.03], "train accuracy at 90 %": [0.95, 0.97]}
    table = result_tables([row, row | {"confidence": confidence}, row | {"seeds": [], "confidence": confidence}])[-1]
    (cells,) = [dict(zip(table.header, cells, strict=True)) for cells in table.rows]
    assert cells["train calibration error"] == "0.0200 ± 0.0141"
    assert cells["train accuracy at 90 %"] == "0.9600 ± 0.0141"
    assert cells["test accuracy at 90 %"] == "–"


def test_the_seed_with_the_highest_silhouette_is_shown():
    row = results_row([0, 1], [0.9, 0.8])
    rows = [row | {"silhouette": [0.1, 0.3]}, row, row | {"seeds": []}]
    table = result_tables(rows)[0]
    chosen = [dict(zip(table.header, cells, strict=True))["by silhouette"] for cells in table.rows]
    assert chosen == ["0.8000", "–", "–"]


def test_nothing_is_written_if_a_document_lacks_a_section(tmp_path):
    write_empty_documents(tmp_path)
    (tmp_path / "tests/reproduction/README.md").write_text("nothing")
    with pytest.raises(UserError, match=r"tests/reproduction/README\.md: has no <!-- claims:begin -->"):
        write.update_documents({"claims": [ARMS]}, tmp_path)
    assert not (tmp_path / RECORDS).exists()


ARMS = {
    "sweep": "claim_pixels",
    "arms": [
        {"arm": "one", "seeds": [0, 1], "values": {"seconds": [1.0, 2.0], "purity": [0.5, 0.7]}},
        {"arm": "other", "seeds": [0, 1, 2], "values": {"seconds": [3.0, 6.0, 9.0], "purity": [0.4, 0.8, 0.9]}},
    ],
}


def test_two_arms_are_compared_seed_by_seed():
    (table,) = claim_tables([ARMS])
    assert table.header == ("pixels", "seconds", "purity", "seeds")
    assert table.rows[0] == ("one", "1.50 ± 0.7071", "0.6000 ± 0.1414", "0, 1")
    assert table.rows[2] == (
        "other against one", "× 3.00 ± 0.0000, higher in 2 of 2", "+0.0000 ± 0.1414, higher in 1 of 2", "0, 1",
    )  # fmt: skip
    assert "sweep=claim_pixels" in table.caption


def test_pages_escape_their_text_and_load_nothing():
    page = to_html("A <b>", [Table("x < y", "", ("a",), [("<i>",)])])
    assert "A &lt;b&gt;" in page
    assert "x &lt; y" in page
    assert "<td>&lt;i&gt;</td>" in page
    assert "http" not in page
    assert to_csv(Table("", "", ("a", "b"), [("1,5", "2")])) == 'a,b\n"1,5",2\n'


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.sweep)
def test_every_claim_has_a_sweep_over_three_seeds_whose_jobs_compose(claim):
    jobs = list(sweep_jobs(claim.sweep))
    assert len(jobs) >= 2
    configs = [
        compose_config(f"sweep={claim.sweep}", *(f"{key}={value}" for key, value in job.items()))
        for job in (jobs[0], jobs[-1])
    ]
    assert all(first.model != second.model for first, second in pairwise(configs))
    from omegaconf import OmegaConf

    params = OmegaConf.load(ROOT / "conf" / "sweep" / f"{claim.sweep}.yaml").hydra.sweeper.params
    assert len(str(params.seed).split(",")) >= 3
    assert str(params.stage) in ("train", "evaluate")


def test_the_command_for_another_copy_of_the_published_images_trains_as_published():
    (note,) = (published.note for published in PUBLISHED if published.experiment == "selu_transpose")
    command = note.split("`python -m pipeline ")[1].split("`")[0]
    config = compose_config(*command.split())
    assert (config.data.name, config.data.path) == ("idx", "FOLDER")
    assert config.train == compose_config("experiment=selu_transpose").train
    assert round(60_000 * config.train.validation_fraction) == 5_000
    assert config.train.validation_part == "tail"


def test_chosen_numbers_are_compared_with_the_number_of_classes():
    scores = {title: [0.9, 0.8, 0.7] for title in chosen_k.SCORES}
    rows = [{"overrides": "data=digits", "seeds": [0, 1, 2], "k": [10, 11, 8], "scores": scores}]
    (table,) = chosen_k.chosen_k_tables([*rows, {"overrides": "", "seeds": [], "k": [], "scores": {}}])
    cells = dict(zip(table.header, table.rows[0], strict=True))
    assert (cells["chosen k, by seed"], cells["right"], cells["within 1"]) == ("10, 11, 8", "1 of 3", "2 of 3")
    assert cells["purity"] == "0.8000 ± 0.1000"
    assert set(table.rows[1][2:]) == {"–"}
