import pytest

from pipeline import fingerprint as module
from pipeline.fingerprint import closure, code_digest, fingerprint


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
    trained, _ = closure("pipeline.stages.train", "pipeline.models.training.fit")
    null, _ = closure("pipeline.stages.train", "pipeline.models.null.fit_pixels")
    assert "pipeline.models.corruption" in trained
    assert "pipeline.models.corruption" not in null


def test_versions_are_those_of_packages_that_the_code_or_the_configuration_names():
    _, kmeans = closure("pipeline.stages.cluster", "sklearn.cluster.KMeans")
    _, trained = closure("pipeline.stages.train", "pipeline.models.training.fit")
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
