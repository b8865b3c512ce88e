"""The command line. Heavy imports happen after the arguments are read, so that help and mistakes answer at once."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run `python -m pipeline`: exit status 0 when all went well, 2 after a mistake that a person can mend."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        from pipeline.help import help_text

        print(help_text())
        return
    from pipeline import interruption

    interruption.watch()
    try:
        status = _hydra()
    except KeyboardInterrupt:
        print(interruption.message(sys.argv[1:]), file=sys.stderr)
        status = 130
    except Exception as error:
        from pipeline.job import WANTS_TRACEBACK, explain

        message = explain(error)
        if message is None or WANTS_TRACEBACK:
            raise
        print(f"error: {message}", file=sys.stderr)
        status = 2
    finally:
        interruption.hold()
    sys.exit(status)


def _hydra() -> int:
    """Compose the configuration and run the job, or the jobs of a sweep; return the exit status."""
    import hydra

    from pipeline import job
    from pipeline.paths import conf_dir, register_resolvers

    # With full errors Hydra hands exceptions on in place of printing them and exiting with 1.
    os.environ["HYDRA_FULL_ERROR"] = "1"
    register_resolvers()
    hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name="config")(job.run)()
    return job.status()


if __name__ == "__main__":
    main()
