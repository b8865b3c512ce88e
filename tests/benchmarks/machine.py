"""What the numbers were measured on: facts of the machine and versions, and nothing that names it."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

PACKAGES = (
    "numpy", "scikit-learn", "tensorflow", "keras", "faiss-cpu", "umap-learn", "openTSNE", "numba", "mlflow",
    "torch", "jax", "clustpy", "pynndescent",
)  # fmt: skip


def facts(packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Return the processor's model, the cores that this process may use, memory, and versions of what is installed."""
    return {
        "cpu": cpu_model(),
        "cores": cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: found for name in packages if (found := installed(name))},
    }


def cores() -> int:
    """Return how many cores this process may use, which `taskset` and containers lower."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_model() -> str:
    """Return the processor's model as the system gives it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed(package: str) -> str | None:
    """Return the version of a package, without what is local to a build, or None where it is not installed."""
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return None


def words(machine: dict[str, Any]) -> str:
    """Return the machine in a sentence for people, with the versions."""
    count = machine["cores"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['cpu']}, {count} core{'s' if count > 1 else ''}, {machine['memory_gib']:.0f} GiB, "
        f"{machine['system']}, Python {machine['python']}; {versions}."
    )
