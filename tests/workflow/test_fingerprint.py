import pytest

from pipeline.workflow import fingerprint as module
from pipeline.workflow.fingerprint import closure, code_digest, fingerprint
from pipeline.workflow.recipe import RECIPE
from tests.helpers import compose


@pytest.fixture(scope="module")
def prints(tmp_path_factory):
    """A function that gives every stage's fingerprint by the code as it is, or with a line more in one module."""
    config, plain = compose(outputs=tmp_path_factory.mktemp("outputs")), module._source
    slices = {
        step.name: {group: getattr(config, group).model_dump(by_alias=True) for group in step.groups} for step in RECIPE
    }

    def by_stage(changed=""):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_source", lambda name: plain(name) + "\nmore = 1\n" * (name == changed))
            forget()
            found = {stage: fingerprint(stage, values, {}) for stage, values in slices.items()}
        forget()
        return found

    return by_stage


def forget():
    for cached in (module._tree, module._imports, code_digest):
        cached.cache_clear()


def test_same_facts_same_fingerprint():
    assert fingerprint("data", {"seed": 1}, {}) == fingerprint("data", {"seed": 1}, {})


@pytest.mark.parametrize(
    "other",
    [
        ("data", {"seed": 2}, {}, ""),
        ("extract", {"seed": 1}, {}, ""),
        ("data", {"seed": 1}, {"a": "b"}, ""),
        ("data", {"seed": 1}, {}, "x"),
    ],
    ids=["config", "stage", "inputs", "source"],
)
def test_any_fact_changes_it(other):
    assert fingerprint(*other) != fingerprint("data", {"seed": 1}, {}, "")


def test_code_that_runs_counts_and_other_code_does_not():
    trained, _ = closure("pipeline.stages.train", "pipeline.models.training.train_autoencoder")
    null, _ = closure("pipeline.stages.train", "pipeline.models.baselines.fit_pixels")
    assert "pipeline.models.corruption" in trained
    assert "pipeline.models.corruption" not in null


def test_versions_are_those_of_packages_that_the_code_or_the_configuration_names():
    _, kmeans = closure("pipeline.stages.cluster", "sklearn.cluster.KMeans")
    _, trained = closure("pipeline.stages.train", "pipeline.models.training.train_autoencoder")
    assert "sklearn" in kmeans
    assert "tensorflow" in trained
    assert "tensorflow" not in kmeans


def test_docstrings_and_comments_do_not_count_but_code_does(monkeypatch):
    def digest(source):
        code_digest.cache_clear()
        monkeypatch.setattr(module, "_source", lambda _: source)
        return code_digest("pipeline.anything")

    plain = digest('"""One."""\ndef f():\n    """A."""\n    return 1\n')
    assert digest('"""Two."""\n# why\ndef f():\n\n    """B."""\n    return 1  # one\n') == plain
    assert digest('"""One."""\ndef f():\n    """A."""\n    return 2\n') != plain
    code_digest.cache_clear()


@pytest.mark.parametrize("name", ["pipeline.config.model", "pipeline.config.clustering", "pipeline.config.base"])
def test_a_change_of_the_schema_touches_no_result(prints, name):
    """Only the values count: another group's keys, or a wider range of one's own, leave a stage as it is."""
    assert prints(name) == prints()


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        ("pipeline.artifacts.pages", {"report", "explorer"}),
        ("pipeline.artifacts.scores", {"evaluate", "report"}),
        ("pipeline.artifacts.labels", {"data", "evaluate", "report", "explorer"}),
        ("pipeline.artifacts.baselines", {"baselines", "evaluate"}),
        ("pipeline.artifacts", set()),
        ("pipeline.artifacts.base", {step.name for step in RECIPE}),
    ],
)
def test_a_change_of_an_artifact_touches_the_stages_that_know_it(prints, name, stages):
    before, after = prints(), prints(name)
    assert {stage for stage in before if before[stage] != after[stage]} == stages
