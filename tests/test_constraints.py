"""The constraints file agrees with the dependencies that pyproject.toml declares."""

import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.constraints import FILE


def constraints():
    return dict(line.split("==") for line in FILE.read_text(encoding="utf-8").splitlines())


def test_every_dependency_has_a_version_within_its_bounds():
    project = tomllib.loads((FILE.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["test"], *extras["dev"], *extras["joblib"]]
    versions = constraints()
    for requirement in map(Requirement, lines):
        name = canonicalize_name(requirement.name)
        if name != canonicalize_name(project["name"]):
            assert requirement.specifier.contains(versions[name]), requirement


def test_the_file_has_only_names_and_versions():
    for name, number in constraints().items():
        assert canonicalize_name(name) == name
        assert number[0].isdigit()
        assert "/" not in number
