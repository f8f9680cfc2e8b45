"""Backfills rows in a process that may be killed: `python backfill_child.py URL ROOT GROUP`.

It says `checked` once the rows are, and prints the report as JSON.
"""

import json
import sys
from pathlib import Path

import backfill_help
from test_backfill import some

from reconciler.records.offline.backfill import backfill
from reconciler.records.target import Target


def main(url, root, name):
    place = backfill_help.a_place(Path(root), url)
    group = getattr(backfill_help, name)
    spec = group.__feature_group__
    target = Target(spec.contract(group), spec.name)

    def tell(progress):
        if progress.stage == "checking":
            sys.stdout.write("checked\n")
            sys.stdout.flush()

    report = backfill(place.environment, place.root, target, some(hours=40, per_hour=20), tell=tell)
    sys.stdout.write(json.dumps(report.as_json()) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
