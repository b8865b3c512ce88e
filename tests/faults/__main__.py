"""The long part of the fault tests: `python -m tests.faults`, or some of its parts, as in `… kills`.

A part is a file with a function of its name, which prints how far it is, leaves a record, and returns one line.
"""

import importlib
import sys

PARTS = ("kills",)


def main(names: list[str]) -> int:
    """Run the parts and print their lines; the exit status is 1 if one has lost anything."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"error: {', '.join(sorted(unknown))}: no part of the fault tests; choose from {', '.join(PARTS)}")
        return 2
    lines = [getattr(importlib.import_module(f"tests.faults.{name}"), name)() for name in names or PARTS]
    print("\n".join(lines))
    return int(any(" 0 lost" not in line for line in lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
