"""Write the reproduction table and the claims: `python -m pipeline.reproduction [tracking.uri=…] [output_dir=…]`."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Read the store that the command-line words name, by default that of the outputs, and write all tables."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    from pipeline.errors import UserError
    from pipeline.job import quiet
    from pipeline.reproduction import write
    from pipeline.reproduction.records import compose
    from pipeline.tracking import Store

    quiet()
    try:
        config = compose(sys.argv[1:])
        found = write.gather(Store(config.tracking, Path(config.output_dir)))
        print(f"tables  {write.write_outputs(found, Path(config.output_dir))}")
        if (write.ROOT / "README.md").exists():
            write.write_checkout(found)
            print(f"README  {write.ROOT / 'README.md'}")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
