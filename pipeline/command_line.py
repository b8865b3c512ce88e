"""What Hydra and OmegaConf say of a word on the command line, as one line that names it and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.mistakes import nearest, unknown_key

LAUNCHERS = {"joblib": "joblib", "ray": "ray", "submitit_slurm": "slurm", "submitit_local": "slurm"}
"""Choices of hydra/launcher that come with an extra of this package."""


def told(chain: Sequence[BaseException]) -> str | None:
    """Return that line for an error of theirs and its causes, outermost first; None if it is none of theirs."""
    from hydra.errors import HydraException, MissingConfigException, OverrideParseException
    from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

    for error in chain:
        if isinstance(error, ConfigAttributeError | ConfigKeyError) and "not in struct" in str(error):
            return _no_such_key(error)
        if isinstance(error, MissingConfigException) and (extra := _extra(str(error.missing_cfg_file))):
            return f"{error.missing_cfg_file}: is not installed; pip install -e '.[{extra}]'"
        if isinstance(error, MissingConfigException) and error.options is not None:
            return _no_such_choice(str(error.missing_cfg_file), list(error.options))
        if isinstance(error, OverrideParseException):
            return f"{error.override}: is no key=value that can be read; quote special characters, 'key=\"a b\"'"
    if type(chain[0]) is ValueError and str(chain[0]).startswith("Config group override must be"):
        return "a group takes the name of one of its choices, such as cluster=gmm; python -m pipeline --help lists them"
    if isinstance(chain[0], HydraException | OmegaConfBaseException):
        ours = [one for one in chain if isinstance(one, HydraException | OmegaConfBaseException)]
        return " — ".join(dict.fromkeys(_one_line(one) for one in ours))
    return None


def _no_such_key(error: Any) -> str:
    """A key that the chosen files do not have: mistyped, or one that only the schema knows."""
    parent = error.parent_node
    key = str(error.full_key or error.key)
    known = [str(name) for name in parent if name != "hydra"] if hasattr(parent, "keys") else []
    if not known:
        return f"{key}: no such key; {key.rpartition('.')[0]} is a single value"
    said = unknown_key(key, known)
    return said if "did you mean" in said or "." not in key else f"{said}; to add another one, write +{key}=…"


def _extra(asked: str) -> str | None:
    """The extra that a launcher is part of, where it is one."""
    group, _, name = asked.rpartition("/")
    return LAUNCHERS.get(name) if group == "hydra/launcher" else None


def _no_such_choice(asked: str, options: list[str]) -> str:
    group, _, name = asked.rpartition("/")
    return f"{group} = {name!r}: no such choice{nearest(name, options) or '; choose from ' + ', '.join(options)}"


def _one_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines[0].startswith("Ambiguous value for argument"):
        word = lines[0].partition("'")[2].rstrip("'")
        return f"{word}: several values; add --multirun to sweep over them, or write key=[a,b] for a list"
    kept = [line for line in lines if not line.startswith(("full_key:", "object_type=", "To append to your", "See "))]
    key = getattr(error, "full_key", None)
    return f"{key}: {' '.join(kept)}" if key else " ".join(kept)
