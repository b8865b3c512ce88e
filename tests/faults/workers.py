"""A process that stores results beside others: `python -m tests.faults.workers OUTPUTS NAME N`, without TensorFlow.

It starts N runs of one stage each, and stores the result unless another process has. Processes with the same NAME want
the same results.
"""

import sys
import tempfile
from pathlib import Path

from pipeline.config import Tracking
from pipeline.runtime.observer import RunObserver
from pipeline.tracking import Store


def main(outputs: Path, name: str, count: int) -> None:
    """Print that the store is open; store `count` results, and print for each whether it was computed or reused."""
    store, observer = Store(Tracking(), outputs), RunObserver()
    print("open")
    for index in range(count):
        fingerprint = f"{name}-{index}"
        with store.run("execution", fingerprint) as execution, store.lock(fingerprint, observer):
            execution.log_dataset("images", name, count, "train")
            if store.find(fingerprint, observer) is not None:
                print("reused", fingerprint)
                continue
            with (
                store.stage_run(execution.id, "extract", fingerprint, {"index": index}) as run,
                tempfile.TemporaryDirectory() as folder,
            ):
                (Path(folder) / "numbers.txt").write_text(fingerprint * 100)
                store.store_result(run, Path(folder), {"index": index})
            print("computed", fingerprint)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
