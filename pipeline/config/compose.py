"""Compose the configuration in `conf/` with command-line overrides, without the command line."""

from __future__ import annotations

from typing import Any

from pipeline.config.overrides import prepare_overrides, quote_path
from pipeline.config.root import Config
from pipeline.config.validation import validate_config
from pipeline.runtime.errors import UserError
from pipeline.runtime.paths import conf_dir, register_resolvers
from pipeline.runtime.resource_errors import exception_chain


def compose_config(*overrides: str) -> Config:
    """Return the validated configuration for overrides such as "cluster=kmeans" or "model.latent_dim=16".

    It composes what `python -m pipeline` would compose, and may be called while Hydra runs a job.

    Raises:
        UserError: an override cannot be parsed or applied, or a value is not allowed.
    """
    from pipeline.config.override_errors import explain_override_error

    try:
        return to_config(compose_values(*overrides))
    except UserError:
        raise
    except Exception as error:
        message = explain_override_error(exception_chain(error))
        if message is None:
            raise
        raise UserError(message) from error


def compose_values(*overrides: str) -> Any:
    """Return the composed DictConfig, not yet resolved or validated."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    register_resolvers()
    # Hydra keeps its state in a singleton; a running job's state is restored afterwards.
    singleton = GlobalHydra.instance()
    running, singleton.hydra = singleton.hydra, None
    folders = _user_folders(running)
    words = [*prepare_overrides(overrides), *([f"hydra.searchpath=[{','.join(folders)}]"] if folders else [])]
    try:
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            return compose("config", words)
    finally:
        GlobalHydra.instance().hydra = running


def _user_folders(running: Any) -> list[str]:
    """The folders that the command line of a running job gives with --config-dir, quoted as values of Hydra."""
    if running is None:
        return []
    search_path = running.config_loader.get_search_path().get_path()
    return [quote_path(item.path) for item in search_path if item.provider == "command-line"]


def to_config(values: Any) -> Config:
    """Return the validated configuration of a composed DictConfig.

    Raises:
        UserError: a mandatory value is missing, or a value is not allowed; one line for each mistake.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import InterpolationToMissingValueError, MissingMandatoryValue

    try:
        plain: Any = OmegaConf.to_container(values, resolve=True, throw_on_missing=True)
    except (MissingMandatoryValue, InterpolationToMissingValueError) as error:
        named = str(error).splitlines()[0].rpartition("Missing mandatory value: ")[2]
        key = error.full_key if isinstance(error, MissingMandatoryValue) and error.full_key else named
        raise UserError(f"{key}: needs a value; give {key}=…") from error
    plain.pop("hydra", None)
    return validate_config(plain)
