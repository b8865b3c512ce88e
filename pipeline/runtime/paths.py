"""The configuration folder, the outputs folder, and the Python command, in a checkout and in an installation."""

import os
import sys
from pathlib import Path
from typing import Any

from pipeline.runtime.errors import UserError

PACKAGE = Path(__file__).resolve().parent.parent


def conf_dir() -> Path:
    """Return the configuration folder: inside the package when installed from a wheel, beside it in a checkout."""
    packaged = PACKAGE / "conf"
    return packaged if packaged.is_dir() else PACKAGE.parent / "conf"


def outputs_dir() -> str:
    """Return the default outputs folder: PIPELINE_OUTPUTS, else that of the checkout, else ./outputs; absolute."""
    chosen = os.environ.get("PIPELINE_OUTPUTS")
    if chosen:
        return str(Path(chosen).expanduser().resolve())
    checkout = PACKAGE.parent / "pyproject.toml"
    return str((PACKAGE.parent if checkout.exists() else Path.cwd()) / "outputs")


def output_folder(value: Any) -> str:
    """Return the value of `output_dir` as a path, with `~` expanded.

    Raises:
        UserError: the value is not a text, is empty, or has undecodable bytes.
    """
    if not isinstance(value, str) or not value.strip():
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
        example = f"output_dir=./{text}" if isinstance(value, int | float) else "output_dir=./outputs"
        raise UserError(f"output_dir = {text}: needs the path of a folder, such as {example}")
    folder = str(Path(value).expanduser().absolute())
    if has_undecodable_bytes(folder):  # MLflow cannot store the address of the database in it
        raise UserError(f"output_dir = {folder!r}: is not valid UTF-8; give the path of another folder")
    return str(Path(value).expanduser())


def has_undecodable_bytes(text: str) -> bool:
    """Return whether a path has bytes that are not valid UTF-8, which Python reads as surrogates."""
    return not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text)


def python_command() -> str:
    """Return the running Python as a user would type it: relative if it lies below the working folder."""
    path = Path(sys.executable)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def register_resolvers() -> None:
    """Register the functions of the YAML files.

    `${outputs:}` is the default outputs folder, the same in all jobs of a sweep. `${output_folder:…}` is a folder below
    which Hydra creates the folder of a run; it is checked there, because Hydra creates it before it starts the job.
    """
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver("outputs", outputs_dir, replace=True, use_cache=True)
    OmegaConf.register_new_resolver("output_folder", output_folder, replace=True)
