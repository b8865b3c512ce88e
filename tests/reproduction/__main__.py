"""Write the tables of results, published figures and claims from the finished runs of a store.

Usage: python -m tests.reproduction [tracking.uri=URI] [output_dir=FOLDER]

Pages and CSV files go to FOLDER/reproduction, records to tests/records, and the tables to the README files that show
them. A row without a finished run keeps its recorded measurement.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Read the store that the overrides name, by default the one in `outputs`, and write all tables."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    from pipeline.runtime.environment import set_library_environment

    set_library_environment()
    from pipeline.config.compose import compose_config
    from pipeline.runtime.errors import UserError
    from pipeline.tracking import Store
    from tests.markdown_sections import ROOT
    from tests.reproduction.write import collect_records, update_documents, write_pages

    try:
        config = compose_config(*sys.argv[1:])
        records = collect_records(Store(config.tracking, Path(config.output_dir)))
        print(f"pages    {write_pages(records, Path(config.output_dir))}")
        for document in update_documents(records, ROOT):
            print(f"updated  {document}")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
