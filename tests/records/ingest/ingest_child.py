"""Ingests the rows of a file in a process that may be killed: `python ingest_child.py URL ROOT FILE CHUNK_ROWS`.

It says `sending` as soon as a row has been taken, and prints the report as JSON.
"""

import json
import sys
from pathlib import Path

from ingest_world import World, target_of

from reconciler.records import ingest as ingesting


def main(url, root, file, chunk_rows, processes="1"):
    ingesting.CHUNK_ROWS = int(chunk_rows)
    world = World(Path(root), url)

    def tell(progress):
        if progress.stage == "sending" and progress.done:
            sys.stdout.write("sending\n")
            sys.stdout.flush()

    report = ingesting.ingest(world.runtime, target_of(world), file, tell=tell, processes=int(processes))
    sys.stdout.write(json.dumps(report.as_json()) + "\n")
    world.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
