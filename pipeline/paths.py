"""Where the configuration lies and where outputs go, in a checkout and in an installation; how Python is called."""

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def conf_dir() -> Path:
    """The configuration: inside the package when installed from a wheel, beside it in a checkout."""
    inside = PACKAGE / "conf"
    return inside if inside.is_dir() else PACKAGE.parent / "conf"


def outputs_dir() -> str:
    """The default outputs folder, absolute: PIPELINE_OUTPUTS, else the checkout's, else ./outputs."""
    chosen = os.environ.get("PIPELINE_OUTPUTS")
    if chosen:
        return str(Path(chosen).expanduser().resolve())
    checkout = PACKAGE.parent / "pyproject.toml"
    return str((PACKAGE.parent if checkout.exists() else Path.cwd()) / "outputs")


def python() -> str:
    """The running Python as a person would type it: by its relative path where it lies below the working folder."""
    path = Path(sys.executable)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def register_resolvers() -> None:
    """Let the YAML files say `${outputs:}` for the default outputs folder, the same one in all jobs of a sweep."""
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("outputs", outputs_dir, replace=True, use_cache=True)
