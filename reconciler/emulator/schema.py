"""The tables of the emulator's SQLite file, area by area."""

from __future__ import annotations

VERSION = 2

# `doc` is what Search serves of a group, ready as JSON; Describe adds `throughput` and the online store's size.
# The other columns repeat what is filtered, sorted or due; they come first, for reading past a long `doc` costs.
_CONTROL = """
CREATE TABLE control (one INTEGER PRIMARY KEY CHECK (one = 1), clock_offset REAL NOT NULL, clock_frozen REAL);
INSERT INTO control VALUES (1, 0.0, NULL);
CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL,
    status TEXT NOT NULL, offline_status TEXT, created REAL NOT NULL, modified REAL NOT NULL,
    due REAL, pending TEXT, throughput TEXT NOT NULL, online_bytes INTEGER, on_demand_since REAL, doc TEXT NOT NULL,
    UNIQUE (scope, folded)
);
CREATE INDEX groups_by_name ON groups (scope, name);
CREATE INDEX groups_by_status ON groups (scope, status, id);
CREATE INDEX groups_by_created ON groups (scope, created, id);
CREATE INDEX groups_by_modified ON groups (scope, modified, id);
CREATE INDEX groups_due ON groups (due) WHERE due IS NOT NULL;
CREATE TABLE epochs (scope TEXT, folded TEXT, epoch INTEGER, PRIMARY KEY (scope, folded)) WITHOUT ROWID;
CREATE TABLE tags (
    group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (group_id, key)
) WITHOUT ROWID;
CREATE INDEX tags_by_key ON tags (key, value);
CREATE TABLE features (
    id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE,
    name TEXT NOT NULL, type TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    description TEXT, parameters TEXT NOT NULL DEFAULT '[]', UNIQUE (group_id, name)
);
CREATE INDEX features_by_modified ON features (modified, id);
CREATE TABLE faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT, fault TEXT NOT NULL, seen INTEGER NOT NULL, left INTEGER,
    hits INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE allowances (
    fault INTEGER, operation TEXT, tokens REAL NOT NULL, moment REAL NOT NULL, PRIMARY KEY (fault, operation)
) WITHOUT ROWID;
CREATE TABLE stale (
    scope TEXT, folded TEXT, body TEXT, reads INTEGER, until REAL, PRIMARY KEY (scope, folded)
) WITHOUT ROWID
"""

# The online store. `instant` and `expires` are times as fixed-width text that sorts as time does; `body` is a JSON
# object of the values as they were written, by feature, and `size` its bytes. With a rowid, because records are long:
# a tree of whole records is deep, and in a write at random places of it every one costs a page of its own.
# `online_sizes` has the records that are not soft-deleted, and the bytes of all; `leftovers` are deleted groups some of
# whose records are still there.
_RECORDS = """
CREATE TABLE records (
    group_id INTEGER NOT NULL, id TEXT NOT NULL, instant TEXT NOT NULL, deleted INTEGER NOT NULL, expires TEXT,
    size INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (group_id, id)
);
CREATE INDEX records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
CREATE TABLE online_sizes (group_id INTEGER PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE leftovers (group_id INTEGER PRIMARY KEY)
"""

# What was acknowledged and is not in a file yet: one row for each request and group, `lines` being one JSON object a
# record, of values by feature and of `is_deleted`. `flushes` say which rows are being written to files and how these
# are named: a flush that was cut short is done again, with the same rows and names. `blocked` are groups whose last
# flush failed, and why. `departed` keeps what a deleted group still has to write.
_OFFLINE = """
CREATE TABLE pending (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL, due REAL NOT NULL, invoked REAL NOT NULL,
    count INTEGER NOT NULL, lines TEXT NOT NULL
);
CREATE INDEX pending_by_group ON pending (group_id, due);
CREATE TABLE flushes (id INTEGER PRIMARY KEY AUTOINCREMENT, group_id INTEGER NOT NULL UNIQUE, plan TEXT NOT NULL);
CREATE TABLE blocked (group_id INTEGER PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE departed (group_id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL, doc TEXT NOT NULL)
"""

_GLUE = """
CREATE TABLE databases (scope TEXT, name TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE TABLE tables (
    scope TEXT, database TEXT, name TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, database, name)
) WITHOUT ROWID;
CREATE TABLE partitions (
    scope TEXT, database TEXT, name TEXT, spec TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, database, name, spec)
) WITHOUT ROWID
"""

# What a file cannot say of an object; a row counts only as long as size and time of the file are those it was
# written with, so a key may have a row for the file that is there and one for the file that is about to be. `odd`
# objects have keys that no file can have, and lie in a folder of their own.
_S3 = """
CREATE TABLE buckets (
    name TEXT PRIMARY KEY, region TEXT NOT NULL, created REAL NOT NULL, doc TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE objects (
    bucket TEXT, key TEXT, mtime_ns INTEGER, size INTEGER, etag TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (bucket, key, mtime_ns, size)
) WITHOUT ROWID;
CREATE TABLE odd (
    bucket TEXT, key TEXT, file TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, etag TEXT NOT NULL,
    doc TEXT NOT NULL, PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key TEXT NOT NULL, started REAL NOT NULL, doc TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE parts (
    upload TEXT, number INTEGER, file TEXT NOT NULL, size INTEGER NOT NULL, modified REAL NOT NULL,
    etag TEXT NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (upload, number)
) WITHOUT ROWID
"""

_ATHENA = """
CREATE TABLE queries (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, workgroup TEXT NOT NULL, submitted REAL NOT NULL, token TEXT, doc TEXT
) WITHOUT ROWID;
CREATE INDEX queries_by_time ON queries (scope, workgroup, submitted)
"""

# Roles, keys, grants, workgroups: small things, kept whole.
_THINGS = """
CREATE TABLE things (
    scope TEXT, kind TEXT, name TEXT, doc TEXT NOT NULL, PRIMARY KEY (scope, kind, name)
) WITHOUT ROWID
"""

STATEMENTS = [
    statement
    for area in (_CONTROL, _RECORDS, _OFFLINE, _GLUE, _S3, _ATHENA, _THINGS)
    for statement in area.strip().split(";\n")
]
# A reset empties these; the rows of `control` are set right instead.
TABLES = (
    *("tags", "features", "groups", "epochs", "faults", "allowances", "stale"),
    *("records", "online_sizes", "leftovers", "pending", "flushes", "blocked", "departed"),
    *("databases", "tables", "partitions", "buckets", "objects", "odd", "uploads", "parts", "queries", "things"),
)
