"""The long part of the fault tests: `python -m tests.faults`, or some of its parts, as in `… kills soak`.

A part is a function that prints how far it is and returns one line, which says how much was lost. The lines go into
the record, and from there into the README.
"""

import sys

from pipeline.build import find
from tests.faults import lines

PARTS = {
    "kills": "tests.faults.kills.kills",
    "damages": "tests.faults.counted.damages",
    "inputs": "tests.faults.counted.inputs",
    "resources": "tests.faults.counted.resources",
    "crowd": "tests.faults.crowd.crowd",
    "soak": "tests.faults.soak.soak",
}


def main(names: list[str]) -> int:
    """Run the parts and print their lines; the exit status is 1 if one has lost anything."""
    unknown = set(names) - set(PARTS)
    if unknown:
        print(f"error: {', '.join(sorted(unknown))}: no part of the fault tests; choose from {', '.join(PARTS)}")
        return 2
    found = {}
    for name in names or PARTS:
        found[name] = find(PARTS[name], name)()
        lines.keep(name, found[name])
    print("\n".join(found.values()))
    return int(any(" 0 lost" not in line for line in found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
