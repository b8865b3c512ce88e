"""Facts of the machine that measured: processor, cores, memory and versions, nothing that identifies it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from pipeline.runtime.threads import usable_cores

PACKAGES = (
    "numpy", "scikit-learn", "tensorflow", "keras", "faiss-cpu", "umap-learn", "openTSNE", "numba", "mlflow",
    "torch", "jax", "clustpy", "pynndescent",
)  # fmt: skip


def describe_machine(packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Return the processor's model, the cores available to this process, memory, and the versions of the packages."""
    versions = {name: installed_version(name) for name in packages}
    return {
        "cpu": cpu_model(),
        "cores": usable_cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: number for name, number in versions.items() if number},
    }


def cpu_model() -> str:
    """Return the processor's model as the system names it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def installed_version(package: str) -> str | None:
    """Return the version of a package without its local build part, or None where it is not installed."""
    try:
        return version(package).partition("+")[0]
    except PackageNotFoundError:
        return None


def machine_sentence(machine: dict[str, Any]) -> str:
    """Return the machine and the versions as text."""
    count = machine["cores"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{machine['cpu']}, {count} core{'s' if count > 1 else ''}, {machine['memory_gib']:.0f} GiB, "
        f"{machine['system']}, Python {machine['python']}; {versions}."
    )
