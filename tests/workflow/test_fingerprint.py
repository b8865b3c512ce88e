import importlib
from importlib import metadata

import pytest

from pipeline.workflow import fingerprint as module
from pipeline.workflow import python_source
from pipeline.workflow.fingerprint import closure, code_digest, fingerprint
from pipeline.workflow.python_source import installed_version, package_versions
from pipeline.workflow.recipe import RECIPE
from tests.helpers import compose


@pytest.fixture(scope="module")
def prints(tmp_path_factory):
    """A function that gives every stage's fingerprint by the code as it is, or with other code in one module."""
    config, plain = compose(outputs=tmp_path_factory.mktemp("outputs")), module.code_digest
    slices = {
        step.name: {group: getattr(config, group).model_dump(by_alias=True) for group in step.groups} for step in RECIPE
    }

    def by_stage(changed=""):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "code_digest", lambda name: plain(name) + "changed" * (name == changed))
            return {stage: fingerprint(stage, values, {}) for stage, values in slices.items()}

    return by_stage


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
    trained = closure("pipeline.stages.train", "pipeline.models.training.train_autoencoder").modules
    null = closure("pipeline.stages.train", "pipeline.models.baselines.fit_pixels").modules
    assert "pipeline.models.corruption" in trained
    assert "pipeline.models.corruption" not in null


def test_versions_are_those_of_packages_that_the_code_or_the_configuration_names():
    kmeans = closure("pipeline.stages.cluster", "sklearn.cluster.KMeans").packages
    trained = closure("pipeline.stages.train", "pipeline.models.training.train_autoencoder").packages
    assert "sklearn" in kmeans
    assert "tensorflow" in trained
    assert "tensorflow" not in kmeans


def test_comments_and_texts_that_describe_do_not_count_but_code_does(monkeypatch):
    def digest(source):
        module._facts.cache_clear()
        monkeypatch.setattr(module, "_source", lambda _: source)
        return code_digest("pipeline.anything")

    plain = digest('"""One."""\nK = "k"\ndef f():\n    """A."""\n    return 1\n')
    assert digest('"""Two."""\nK = "k"\n"""A name."""\n# why\ndef f():\n\n    """B."""\n    return 1  # one\n') == plain
    assert digest('"""One."""\nK = "l"\ndef f():\n    """A."""\n    return 1\n') != plain
    assert digest('"""One."""\nK = "k"\ndef f():\n    """A."""\n    return 2\n') != plain
    module._facts.cache_clear()


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


@pytest.fixture
def user_code(tmp_path, monkeypatch):
    """A function that writes a file of the user's code in a folder that Python imports from."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        importlib.invalidate_caches()

    return write


def clusterer_fingerprint(target="user_clusterers.mine.Clusterer"):
    return fingerprint("cluster", {"cluster": {"estimator": {"_target_": target, "k": 3}}}, {})


FILES = {
    "user_clusterers/__init__.py": "",
    "user_clusterers/mine.py": "from . import helper\nfrom user_tools import distance\nclass Clusterer:\n    x = 1\n",
    "user_clusterers/helper.py": "from .deeper.core import y\n",
    "user_clusterers/deeper/core.py": "y = 1\n",
    "user_tools.py": "import numpy\ndef distance():\n    return 1\n",
}


@pytest.mark.parametrize("changed", FILES)
def test_a_change_of_the_users_own_code_changes_the_fingerprint(user_code, changed):
    for name, text in FILES.items():
        user_code(name, text)
    before = clusterer_fingerprint()
    assert clusterer_fingerprint() == before
    user_code(changed, f"# a comment\n{FILES[changed]}")
    assert clusterer_fingerprint() == before
    user_code(changed, f"{FILES[changed]}more = 1\n")
    assert clusterer_fingerprint() != before


def test_the_users_code_is_not_imported(user_code):
    user_code("user_bomb.py", "raise RuntimeError\n")
    assert clusterer_fingerprint("user_bomb.Clusterer") == clusterer_fingerprint("user_bomb.Clusterer")


def test_the_users_code_leads_to_modules_of_the_project_and_to_packages(user_code):
    user_code("user_reader.py", "def read():\n    from pipeline.data.glyphs import read_glyphs\n    import rich.text\n")
    reached = closure("user_reader.read")
    assert "pipeline.data.glyphs" in reached.modules
    assert list(reached.user_modules) == ["user_reader"]
    assert {"user_reader", "rich"} <= reached.user_packages


def test_a_package_installed_in_any_folder_counts_by_its_version(user_code, monkeypatch):
    """`pip install --target`, whose folder stands in PYTHONPATH: thousands of files would be read as the user's."""
    user_code("user_installed/__init__.py", "import user_module\n")
    user_code("user_installed/core.py", "")
    user_code("user_module.py", "")
    user_code("user_own.py", "import user_installed.core\n")
    assert {"user_installed", "user_module"} <= set(closure("user_own.f").user_modules)
    user_code("user_installed-1.0.dist-info/METADATA", "Name: user-installed\nVersion: 1.0\n")
    user_code("user_installed-1.0.dist-info/RECORD", "user_installed/__init__.py,,\nuser_module.py,,\n")
    for known in (python_source._installed_names, python_source._distributions):
        monkeypatch.setattr(python_source, known.__name__, known.__wrapped__)
    assert list(closure("user_own.f").user_modules) == ["user_own"]
    assert package_versions("user_installed") == {"user-installed": "1.0"}


def test_the_version_of_a_targets_package_counts(monkeypatch):
    def with_version(version):
        monkeypatch.setattr(module, "package_versions", lambda package: {package: version})
        return clusterer_fingerprint("rich.text.Text")

    assert with_version("1.0") == with_version("1.0") != with_version("1.1")
    assert closure("rich.text.Text").user_modules == {}


def test_a_package_has_the_versions_of_its_distributions():
    assert package_versions("yaml") == {"PyYAML": metadata.version("PyYAML")}
    assert package_versions("no_such_package") == {}


def test_a_package_may_come_from_another_distribution():
    assert installed_version("numpy", "numpy") == metadata.version("numpy")
    assert installed_version("yaml-of-another-name", "yaml") == f"PyYAML {metadata.version('PyYAML')}"
    assert installed_version("no-such-distribution", "no_such_package") == "absent"


@pytest.mark.parametrize("target", ["umap.UMAP", "pipeline.embedding.methods.umap"])
def test_the_version_of_numba_counts_where_umap_runs(monkeypatch, target):
    plain = module._version

    def with_numba(version):
        monkeypatch.setattr(module, "_version", lambda name: version if name == "numba" else plain(name))
        return fingerprint("manifold", {"manifold": {"_target_": target}}, {})

    assert with_numba("1") == with_numba("1") != with_numba("2")
