"""What is gathered from finished runs into records, tables and the README."""

import json
import shutil
from itertools import pairwise

import pytest

from pipeline.errors import UserError
from pipeline.reproduction import claims, tables, write
from pipeline.reproduction.records import compose as compose_words
from pipeline.tracking import Store, flatten
from tests.helpers import compose

SEEDS = (42, 1)


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    """A store with finished runs of one published set-up at two seeds, and shortened ones that must not count."""
    outputs = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, outputs / "mlflow.db")
    kept = Store(compose(outputs=outputs).tracking, outputs)
    for seed in SEEDS:
        finish(kept, outputs, "experiment=conv3x3x4_transpose", f"seed={seed}", offset=seed / 1e4)
    finish(
        kept, outputs, "experiment=conv3x3x4_transpose", "train.epochs=2", "seed=42", offset=9, kept_as="autoencoder"
    )
    return kept


def finish(store, outputs, *words, offset, kept_as="pretrained"):
    """Leave what an execution of these words would leave, of which every figure is its epoch's share plus `offset`."""
    config = compose(*words, outputs=outputs)
    measured = {"train/purity_score": 0.5, "test/purity_score": 0.25, "k": 10, "data/fitted_images": 60_000}
    history = [{"loss": epoch / 100 + offset, "val_loss": epoch / 100 + offset} for epoch in range(1, 51)]
    facts = {"history": history, "summary": [{"parameters": 3000}, {"parameters": 369}]}
    with store.run("execution", "run") as run:
        run.log_params(flatten(config.model_dump(by_alias=True)))
        run.log_metrics(measured | {"reconstruction/val_loss": 0.5 + offset})
        with run.stage("train", "1", {}) as stage:
            stage.log_metrics({"seconds": 90.0})
            stage._client.log_text(stage.id, json.dumps(facts), f"result/{kept_as}/artifact.json")
        run.tag({"stage.train": f"{stage.id} reused"})


@pytest.fixture(scope="module")
def gathered(store):
    return write.gather(store)


def test_a_row_is_read_from_the_runs_own_records(gathered):
    found = {one["experiment"]: one for one in gathered["reproduction"]}
    assert [name for name, one in found.items() if one["ours"]] == ["conv3x3x4_transpose"]
    ours = found["conv3x3x4_transpose"]
    assert ours["ours"] == {
        "seed": 42, "data": "mnist", "parameters": 3369, "k": 10, "n": 60_000, "purity_train": 0.5, "purity_test": 0.25,
        "seconds_train": 90.0, "seconds": 90.0,
    }  # fmt: skip
    last = ours["figures"][-1]
    assert (last["measure"], last["epoch"], last["published"]) == ("val_loss", 50, 0.2871)
    assert last["values"] == {"1": 0.5001, "42": 0.5042}
    shown = dict(zip(tables.reproduction([ours])[0].header, tables.reproduction([ours])[0].rows[0], strict=True))
    assert shown["published"] == "0.2871"
    assert shown["ours"] == "0.5042"
    assert shown["difference"] == "+0.2171 (+75.6 %)"
    assert (shown["parameters"], shown["k"], shown["training"]) == ("3,369", "10", "90 s")
    assert tables.reproduction([ours])[1].rows[-1][-1] == "0.5021 ± 0.0029 (2)"


def test_everything_is_written_and_found_again(gathered, tmp_path):
    found = gathered
    readme = tmp_path / "README.md"
    marked = "".join(f"<!-- {name}:begin -->\nold\n<!-- {name}:end -->\n" for name in write.BUILDERS)
    readme.write_text(f"# Title\n{marked}end\n")
    folder = write.write_outputs(found, tmp_path)
    assert {path.name for path in folder.iterdir()} == {
        "reproduction.html", "claims.html", "results.html", "reproduction.csv", "figures.csv", "results.csv",
        "results_digits.csv", "results_glyphs.csv", "results_whole.csv",
        *(f"{claim.sweep}.csv" for claim in claims.CLAIMS),
    }  # fmt: skip
    assert "no finished run" in (folder / "reproduction.csv").read_text()
    write.write_checkout(found, tmp_path)
    text = readme.read_text()
    assert "old" not in text
    assert text.startswith("# Title\n")
    assert text.endswith("end\n")
    for section in write.BUILDERS:
        record = json.loads((tmp_path / write.RECORDS / f"{section}.json").read_text())
        assert record == found[section]
        assert write.shown(text, section) == write.render(section, record)


def test_a_store_without_runs_of_a_row_leaves_what_was_recorded_of_it(tmp_path):
    recorded = {
        "table": "some",
        "recipe": "one",
        "words": "",
        "seeds": [0],
        "k": 10,
        "n": 50,
        "seconds": [1.0],
        "scores": {},
    }
    names = [f"{part} {score}" for part in ("train", "test") for score in ("accuracy", "purity", "nmi", "ari")]
    recorded["scores"] = {name: [0.5] for name in names}
    (tmp_path / "README.md").write_text("<!-- results:begin -->\n<!-- results:end -->\n")
    write.write_checkout({"results": [recorded]}, tmp_path)
    write.write_checkout({"results": [recorded | {"seeds": []}]}, tmp_path)
    assert json.loads((tmp_path / write.RECORDS / "results.json").read_text()) == [recorded]


def test_a_readme_without_markers_is_refused_before_anything_is_written(tmp_path):
    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(UserError, match=r"README\.md: has no <!-- claims:begin -->"):
        write.write_checkout({"claims": [ARMS]}, tmp_path)
    assert not (tmp_path / write.RECORDS).exists()


ARMS = {
    "sweep": "claim_pixels",
    "says": "One is faster.",
    "budget": "Little.",
    "arms": [
        {"arm": "one", "seeds": [0, 1], "values": {"seconds": [1.0, 2.0], "purity": [0.5, 0.7]}},
        {"arm": "other", "seeds": [0, 1, 2], "values": {"seconds": [3.0, 6.0, 9.0], "purity": [0.4, 0.8, 0.9]}},
    ],
}


def test_two_arms_are_compared_seed_by_seed():
    table = tables.claims([ARMS])[0]
    assert table.header == ("pixels", "seconds", "purity", "seeds")
    assert table.rows[0] == ("one", "1.50 ± 0.7071", "0.6000 ± 0.1414", "0, 1")
    assert table.rows[2] == (
        "other against one", "× 3.00 ± 0.0000, higher in 2 of 2", "+0.0000 ± 0.1414, higher in 1 of 2", "0, 1",
    )  # fmt: skip
    assert "sweep=claim_pixels" in table.words


def test_pages_escape_what_they_show_and_load_nothing():
    page = tables.to_html("A <b>", [tables.Table("x < y", "", ("a",), [("<i>",)])])
    assert "A &lt;b&gt;" in page
    assert "x &lt; y" in page
    assert "<td>&lt;i&gt;</td>" in page
    assert "http" not in page
    assert tables.to_csv(tables.Table("", "", ("a", "b"), [("1,5", "2")])) == 'a,b\n"1,5",2\n'


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.sweep)
def test_every_claim_has_a_sweep_over_three_seeds_whose_jobs_compose(claim):
    jobs = list(claims.arms(claim.sweep))
    assert len(jobs) >= 2
    configs = [
        compose_words([f"sweep={claim.sweep}", *(f"{k}={v}" for k, v in job.items())]) for job in (jobs[0], jobs[-1])
    ]
    assert all(one.model != other.model for one, other in pairwise(configs))
    from omegaconf import OmegaConf

    params = OmegaConf.load(write.ROOT / "conf" / "sweep" / f"{claim.sweep}.yaml").hydra.sweeper.params
    assert len(str(params.seed).split(",")) >= 3
    assert str(params.stage) in ("train", "evaluate")


# The README


@pytest.mark.parametrize("section", write.BUILDERS)
def test_the_readme_shows_what_the_records_say(section):
    path = write.ROOT / write.RECORDS / f"{section}.json"
    assert path.exists(), "no record: run python -m pipeline.reproduction"
    text = (write.ROOT / "README.md").read_text(encoding="utf-8")
    assert write.shown(text, section) == write.render(section, json.loads(path.read_text(encoding="utf-8")))
