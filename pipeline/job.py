"""One job of Hydra's: check the configuration, execute it, and remember a failure for the exit status."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline import interruption
from pipeline.config import Config, check
from pipeline.errors import UserError
from pipeline.memory import release
from pipeline.temporary import own_folder

FAILURE = "failure.txt"
"""The file in a job's folder that says why it failed; a sweep goes on with its other jobs."""

THOROUGH = 10
"""After every so many jobs of a sweep its process looks for garbage everywhere."""

_status = 0
WANTS_TRACEBACK = os.environ.get("HYDRA_FULL_ERROR") == "1"


def status() -> int:
    """The exit status so far: 0, or 2 after a failed job of a sweep."""
    return _status


def fail() -> None:
    """Make the exit status 2."""
    global _status  # a process has one exit status
    _status = 2


def typed(values: Any) -> Config:
    """Return the checked configuration of a composed DictConfig; a `UserError` says what does not fit."""
    from omegaconf import OmegaConf
    from omegaconf.errors import InterpolationToMissingValueError, MissingMandatoryValue

    try:
        plain: Any = OmegaConf.to_container(values, resolve=True, throw_on_missing=True)
    except (MissingMandatoryValue, InterpolationToMissingValueError) as error:
        missing = str(error).splitlines()[0].rpartition("Missing mandatory value: ")[2]
        raise UserError(f"{missing}: needs a value; give {missing}=…") from error
    plain.pop("hydra", None)
    return check(plain)


def run(values: Any) -> None:
    """Execute one composed configuration; in a sweep a failure is said, noted in the job's folder, and survived."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    quiet()
    interruption.leave_to_parent()
    settings = HydraConfig.get()
    folder = Path(settings.runtime.output_dir)
    sweeping = settings.mode == RunMode.MULTIRUN
    if sweeping:
        print(f"\n— job {settings.job.num}: {settings.job.override_dirname or 'defaults'}", flush=True)
    try:
        config = typed(values)
        words = list(settings.overrides.task)
        with own_folder():
            _execute(config, folder, words)
    except Exception as error:
        reason = explain(error, Path(values.output_dir))
        if not sweeping and (reason is None or WANTS_TRACEBACK):
            raise
        reason = reason or f"{type(error).__name__}: {error}"
        if sweeping:
            with suppress(OSError):  # of a full disk, which is what is said
                folder.mkdir(parents=True, exist_ok=True)
                (folder / FAILURE).write_text(reason)
        print(f"error: {reason}", file=sys.stderr)
        fail()
    finally:
        if sweeping:  # the jobs share a process
            release(thorough=settings.job.num % THOROUGH == 0)


def _execute(config: Config, folder: Path, words: list[str]) -> None:
    if config.on_demand:
        from pipeline import on_demand

        on_demand.execute(config, folder, words)
    else:
        from pipeline.run import execute

        execute(config, folder, words, os.environ.get("PIPELINE_SWEEP_RUN"))


def say(error: Exception, outputs: Path) -> None:
    """Print an error of a sweep's own, not of one of its jobs; with its trace where no line explains it."""
    reason = explain(error, outputs)
    if reason is None or WANTS_TRACEBACK:
        traceback.print_exception(error)
    print(f"error: {reason or error}", file=sys.stderr)


def explain(error: BaseException, outputs: Path | None = None) -> str | None:
    """Return one clear message if what was asked for is mistaken, or more than the machine can give; else None."""
    from pipeline import command_line, resources

    chain = resources.causes(error)
    ours = next((one for one in chain if isinstance(one, UserError)), None)
    if ours and not resources.starved(chain):  # a library that finds no memory may look like a wrong import path
        return str(ours)
    return resources.told(chain, outputs) or command_line.told(chain)


def quiet() -> None:
    """Set what TensorFlow, MLflow and Ray read from the environment when they are imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # A parallel launcher shares the cores out by this variable; TensorFlow reads another.
    if "OMP_NUM_THREADS" in os.environ:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", os.environ["OMP_NUM_THREADS"])
