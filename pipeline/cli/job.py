"""One job of Hydra: validate the configuration, run it, and record a failure for the exit status."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli import signals
from pipeline.cli.errors import SHOW_TRACEBACKS, explain_error
from pipeline.cli.streams import prepare_standard_streams
from pipeline.config import Config
from pipeline.config.compose import to_config
from pipeline.runtime.environment import set_library_environment
from pipeline.runtime.errors import UserError
from pipeline.runtime.garbage_collection import free_memory, limit_memory_pools
from pipeline.runtime.library_warnings import keep_library_warnings_harmless
from pipeline.runtime.temp_dirs import job_temp_dir
from pipeline.runtime.threads import set_threads
from pipeline.runtime.visible_text import make_visible

if TYPE_CHECKING:
    from pipeline.cli.console import Console

FAILURE = "failure.txt"
"""The file in a job's folder with the reason of its failure; a sweep continues with its other jobs."""

FULL_COLLECTION_EVERY = 10
"""Jobs of a sweep after which its process runs a full garbage collection."""

_exit_status = 0


def exit_status() -> int:
    """Return the exit status so far: 0, or 2 after a failed job of a sweep."""
    return _exit_status


def mark_failed() -> None:
    """Set the exit status to 2."""
    global _exit_status  # a process has one exit status
    _exit_status = 2


def run_job(values: Any) -> None:
    """Run one composed configuration; in a sweep a failure is printed and recorded in the job's folder."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    prepare_standard_streams()  # a parallel launcher runs this in a process without `main`
    keep_library_warnings_harmless()
    set_library_environment()
    limit_memory_pools(set_threads(values.threads if isinstance(values.get("threads"), int) else None))
    signals.ignore_interrupts()
    settings = HydraConfig.get()
    folder = Path(settings.runtime.output_dir)
    is_sweep = settings.mode == RunMode.MULTIRUN
    console = _announce(settings.job.num, list(settings.overrides.task)) if is_sweep else None
    try:
        _refuse_sweep_without_multirun(settings.runtime.choices.get("sweep"), is_sweep)
        config = to_config(values)
        with job_temp_dir():
            _run(config, folder, list(settings.overrides.task), console)
    except Exception as error:
        reason = explain_error(error, Path(str(values.output_dir)))
        if not is_sweep and (reason is None or SHOW_TRACEBACKS):
            raise
        reason = reason or make_visible(f"{type(error).__name__}: {error}")
        if is_sweep:
            with suppress(OSError):  # a full disk, for example, which is the reason printed
                folder.mkdir(parents=True, exist_ok=True)
                (folder / FAILURE).write_text(reason, encoding="utf-8", errors="backslashreplace")
        print(f"{_prefix(settings.job.num) if is_sweep else ''}error: {reason}", file=sys.stderr)
        mark_failed()
    finally:
        if is_sweep:  # the jobs share a process
            free_memory(thorough=settings.job.num % FULL_COLLECTION_EVERY == 0)


def _refuse_sweep_without_multirun(sweep: str | None, is_sweep: bool) -> None:
    """Hydra reads the file of a sweep in a single run, too, and ignores it."""
    if sweep is not None and not is_sweep:
        raise UserError(f"sweep = {sweep}: needs --multirun; write python -m pipeline --multirun sweep={sweep}")


def _announce(number: int, overrides: list[str]) -> Console:
    """Print which job of a sweep begins, with the keys that differ between jobs; return the console for its events."""
    from pipeline.cli.console import Console
    from pipeline.cli.job_console import JobConsole

    swept = os.environ.get("PIPELINE_SWEEP_KEYS", "").split(",")
    name = ", ".join(word for word in overrides if word.partition("=")[0].lstrip("+") in swept) or "defaults"
    if not _prefix(number):
        print(f"\n— job {number}: {name}", flush=True)
        return Console()
    console = JobConsole(_prefix(number))
    console.message(name)
    return console


def _prefix(number: int) -> str:
    """What begins each line of a job that runs beside others: in another process than that of the sweep."""
    process = str(os.getpid())
    return "" if os.environ.get("PIPELINE_SWEEP_PROCESS", process) == process else f"job {number:<3} "


def _run(config: Config, folder: Path, overrides: list[str], console: Console | None) -> None:
    """Run the action or the stages that the configuration asks for."""
    from pipeline.workflow.plan import plan

    _, action = plan(config)
    if console is None:
        from pipeline.cli.console import Console

        console = Console()
    sweep = os.environ.get("PIPELINE_SWEEP_RUN")
    if action is not None:
        from pipeline.workflow.run_action import run_action

        run_action(config, folder, overrides, console, sweep)
    else:
        from pipeline.workflow.execution import execute_run

        execute_run(config, folder, overrides, sweep, console)
