"""The command line. Heavy modules are imported after the arguments are parsed: help and errors appear at once."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run `python -m pipeline`; the exit status is 0 after success and 2 after a mistake of the user."""
    from pipeline.cli.streams import OutputError, prepare_standard_streams
    from pipeline.runtime.garbage_collection import collect_garbage_rarely
    from pipeline.runtime.library_warnings import keep_library_warnings_harmless

    collect_garbage_rarely()
    prepare_standard_streams()
    keep_library_warnings_harmless()
    try:
        status = _run_command(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output, such as head, has ended
        status = 1
    except OutputError as error:
        status = 2
        print(f"error: {error}", file=sys.stderr)
    if status:
        sys.exit(status)


def _run_command(words: list[str]) -> int:
    """Print the help, or run the stages; return the exit status."""
    if "--version" in words:
        from importlib.metadata import version

        print(f"latent-clustering {version('latent-clustering')}")
        return 0
    if {"-h", "--help"} & set(words):
        return _print_help([word for word in words if word not in ("-h", "--help")])
    from pipeline.cli import signals

    signals.handle_interrupts()
    try:
        return _run_hydra()
    except KeyboardInterrupt:
        print(signals.resume_message(words), file=sys.stderr)
        return 130
    except Exception as error:
        from pipeline.cli.errors import SHOW_TRACEBACKS, explain_error
        from pipeline.cli.started_sweeps import fail_started_sweeps

        is_sweep = fail_started_sweeps()
        message = explain_error(error)
        if message is None or SHOW_TRACEBACKS:
            raise
        print(f"error: {message}{'; no job of the sweep was run' if is_sweep else ''}", file=sys.stderr)
        return 2
    finally:
        signals.wait_for_exit()


def _print_help(topics: list[str]) -> int:
    """Print the help, or the settings of the topics; return the exit status."""
    from pipeline.cli.help import help_text
    from pipeline.cli.help_topics import describe_topics
    from pipeline.runtime.errors import UserError
    from pipeline.runtime.paths import conf_dir

    try:
        print(describe_topics(topics, conf_dir()) if topics else help_text())
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _run_hydra() -> int:
    """Compose the configuration and run the job, or the jobs of a sweep; return the exit status."""
    import hydra

    from pipeline.cli import errors, job  # noqa: F401  # errors reads HYDRA_FULL_ERROR before it is set below
    from pipeline.config.overrides import options_first, prepare_overrides
    from pipeline.runtime.paths import conf_dir, register_resolvers

    # With full errors Hydra re-raises exceptions instead of printing them and exiting with 1.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    register_resolvers()
    sys.argv[1:] = prepare_overrides(options_first(sys.argv[1:]))
    hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job.run_job)()
    return job.exit_status()


if __name__ == "__main__":
    main()
