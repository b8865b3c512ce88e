"""One of several processes that use a store at once: `python -m tests.faults.workers OUTPUTS HOW N`, no TensorFlow.

It starts N runs, each with one stage whose result it stores unless another process has it. HOW is `same` where all
processes want the same results, or a name of its own.
"""

import sys
import tempfile
from pathlib import Path

from pipeline.config import Tracking
from pipeline.console import Console
from pipeline.tracking import Store


def main(outputs, how, count):
    store, console = Store(Tracking(), outputs), Console()
    for place in range(count):
        identity = f"{how}-{place}"
        with store.run("execution", identity) as execution, store.lock(identity, console):
            if store.find(identity, console) is not None:
                print("reused", identity)
                continue
            with (
                execution.stage("extract", identity, {"place": place}) as run,
                tempfile.TemporaryDirectory() as made,
            ):
                (Path(made) / "numbers.txt").write_text(identity * 100)
                run.store_result(Path(made), {"place": place})
            print("computed", identity)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
