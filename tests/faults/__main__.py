"""The command of the long fault tests: `python -m tests.faults` runs all parts, `… kills soak` some of them.

Each part is a function that prints its progress and returns one line, which ends with the number of losses. The lines
are written to a record and to the README beside this file.
"""

import sys

from pipeline.config.instantiate import import_target
from tests.faults import lines

PARTS = {
    "kills": "tests.faults.kills.kills",
    "damages": "tests.faults.counted.damages",
    "inputs": "tests.faults.counted.inputs",
    "fuzz": "tests.faults.fuzz.fuzz",
    "resources": "tests.faults.counted.resources",
    "crowd": "tests.faults.crowd.crowd",
    "soak": "tests.faults.soak.soak",
    "team": "tests.faults.team.team",
    "team_soak": "tests.faults.soak.team_soak",
}
"""The parts, and the function of each."""


def main(names: list[str]) -> int:
    """Run the parts and print their lines; return 1 if one of them lost anything, 2 if there is no such part."""
    if {"-h", "--help"} & set(names):
        print(f"{__doc__}\nParts: {', '.join(PARTS)}")
        return 0
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        print(f"error: unknown part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
        return 2
    results = {}
    for name in names or PARTS:
        results[name] = import_target(PARTS[name], name)()
        lines.record_line(name, results[name])
    print("\n".join(results.values()))
    return int(any(" 0 lost" not in line for line in results.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
