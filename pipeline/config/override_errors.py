"""One line for an error of Hydra or OmegaConf about an override: what is wrong, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.config.error_messages import suggest, unknown_key

LAUNCHERS = {"joblib": "joblib", "ray": "ray", "submitit_slurm": "slurm", "submitit_local": "slurm"}
"""Choices of hydra/launcher that come with an extra of this package."""


def explain_override_error(chain: Sequence[BaseException]) -> str | None:
    """Return one line for an error and its causes, outermost first; None for errors of other libraries."""
    from hydra.errors import HydraException, MissingConfigException, OverrideParseException
    from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

    for error in chain:
        if isinstance(error, ConfigAttributeError | ConfigKeyError) and "not in struct" in str(error):
            return _no_such_key(error)
        if isinstance(error, MissingConfigException) and (extra := _launcher_extra(str(error.missing_cfg_file))):
            return f"{error.missing_cfg_file}: is not installed; pip install -e '.[{extra}]'"
        if isinstance(error, MissingConfigException) and error.options is not None:
            return _no_such_choice(str(error.missing_cfg_file), list(error.options))
        if isinstance(error, OverrideParseException):
            return (
                f"cannot parse override {error.override!r}; expected key=value, with special characters in quotes: "
                "'key=\"a b\"'"
            )
    if type(chain[0]) is ValueError and str(chain[0]).startswith("Config group override must be"):
        return "a group takes the name of one choice, such as cluster=gmm; python -m pipeline --help lists them"
    if isinstance(chain[0], HydraException | OmegaConfBaseException):
        errors = [error for error in chain if isinstance(error, HydraException | OmegaConfBaseException)]
        return " — ".join(dict.fromkeys(_single_line(error) for error in errors))
    return None


def _no_such_key(error: Any) -> str:
    """A key that the composed files do not have: mistyped, or declared in the schema alone."""
    parent = error.parent_node
    key = str(error.full_key or error.key)
    siblings = [str(name) for name in parent if name != "hydra"] if hasattr(parent, "keys") else []
    if not siblings:
        return f"{key}: no such key; {key.rpartition('.')[0]} is a single value"
    if key == "cluster.k":
        return f"{key}: {parent.name} finds the number of clusters itself; leave it out, or choose another clusterer"
    message = unknown_key(key, siblings)
    groups = [name for name in siblings if "." not in key and hasattr(parent[name], "keys") and key in parent[name]]
    if groups and "did you mean" not in message:
        return f"{key}: no such key; did you mean {' or '.join(f'{name}.{key}' for name in groups)}?"
    if "did you mean" in message or "." not in key:
        return message
    return f"{message}; to add another key, write +{key}=…"


def _launcher_extra(choice: str) -> str | None:
    """The extra that a launcher belongs to, if it does."""
    group, _, name = choice.rpartition("/")
    return LAUNCHERS.get(name) if group == "hydra/launcher" else None


def _no_such_choice(choice: str, options: list[str]) -> str:
    group, _, name = choice.rpartition("/")
    return f"{group} = {name!r}: no such choice{suggest(name, options) or '; choose from ' + ', '.join(options)}"


def _single_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines[0].startswith("Ambiguous value for argument"):
        override = lines[0].partition("'")[2].rstrip("'")
        return f"{override}: several values; add --multirun to sweep over them, or write key=[a,b] for a list"
    noise = ("full_key:", "object_type=", "To append to your", "See ")
    text = " ".join(line for line in lines if not line.startswith(noise))
    refused = text.partition("UserError raised while resolving interpolation: ")[2]
    if refused:
        return refused.partition(" reference_type=")[0]
    key = getattr(error, "full_key", None)
    return f"{key}: {text}" if key else text
