"""A backfill on a cluster of two machines, each a process, of which one is lost on the way: what is found, as JSON."""

import json
import os
import sys
from pathlib import Path

import pyspark
from spark_groups import Weather
from spark_world import World, a_session, killed_on_the_way, machine, weather_of

HERE = Path(sys.argv[1])


def main():
    os.environ |= {"SPARK_HOME": str(Path(pyspark.__file__).parent), "SPARK_WORKER_DIR": str(HERE)}
    session = a_session("local-cluster[2,1,640]")
    session.conf.set("spark.sql.shuffle.partitions", "4")
    world = World(HERE, "cluster-")
    target = world.make(Weather)
    report, killed = killed_on_the_way(world, target, weather_of(session), machine)
    found = {
        "killed": len(killed),
        "written": report.written,
        "rows": len(world.rows(target)),
        "files": len(world.files(target)),
        "uploads": len(world.uploads(target)),
    }
    session.stop()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
