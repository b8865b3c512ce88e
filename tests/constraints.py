"""Write `.github/constraints.txt`: the installed versions of all packages that this one needs.

The file has names and versions only. `pip install -c .github/constraints.txt -e '.[dev]'` installs these versions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = "latent-clustering"
EXTRAS = ("dev", "test", "joblib", "ray", "slurm", "jax", "pretrained", "onnx", "evoc", "server")
FILE = Path(__file__).parent.parent / ".github" / "constraints.txt"


def installed_versions(package: str = PACKAGE, extras: Iterable[str] = EXTRAS) -> dict[str, str]:
    """Return the versions of the packages that `package` needs with its extras, directly or indirectly.

    Packages of extras that are not installed are left out.
    """
    versions: dict[str, str] = {}
    pending = [(package, frozenset(extras))]
    visited = set()
    while pending:
        name, wanted = pending.pop()
        if (name, wanted) in visited:
            continue
        visited.add((name, wanted))
        try:
            lines = requires(name) or []
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
        for requirement in map(Requirement, lines):
            environments = [{"extra": extra} for extra in ("", *wanted)]
            if requirement.marker is None or any(requirement.marker.evaluate(env) for env in environments):
                pending.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    versions.pop(package)
    return dict(sorted(versions.items()))


def main() -> None:
    """Write the file."""
    lines = [f"{name}=={number.partition('+')[0]}" for name, number in installed_versions().items()]
    FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} versions written to {FILE}", file=sys.stderr)


if __name__ == "__main__":
    main()
