import subprocess
import sys
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from reconciler.errors import Usage
from reconciler.records.dead_letter import FIRST, DeadLetters
from reconciler.records.journal import KEYS, Acknowledged, open_journal, read_keys
from reconciler.records.report import FailedRow

AT = datetime(2024, 1, 1, 10, tzinfo=UTC)
DONE = Acknowledged(7, refused=1, dropped=2, repeated=3, failed=(4, 5))


def keys(*rows):
    return pa.table([list(rows), [f"o{row}" for row in rows], ["2024-01-01T00:00:00Z"] * len(rows)], schema=KEYS)


def written(folder):
    journal = open_journal(folder)
    journal.start(AT)
    journal.begin(0)
    journal.acknowledge(0, DONE, keys(0, 1))
    journal.begin(1)
    journal.close()
    return folder / "journal.jsonl"


def test_a_journal_says_what_is_done_and_what_was_begun(tmp_path):
    written(tmp_path)

    journal = open_journal(tmp_path)

    assert (journal.done, journal.begun, journal.started) == ({0: DONE}, {1}, AT)
    journal.close()


def test_the_earliest_start_counts(tmp_path):
    written(tmp_path)
    early = datetime(2023, 1, 1, tzinfo=UTC)

    for start in (datetime(2025, 1, 1, tzinfo=UTC), early, AT):
        journal = open_journal(tmp_path)
        journal.start(start)
        journal.close()

    assert journal.started == early


@pytest.mark.parametrize("torn", [b'{"done":1,"wri', b"\x00" * 50, b"\x00\x00\n", b"}\n"])
def test_what_a_kill_has_torn_is_cut_off(tmp_path, torn):
    file = written(tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole + torn)

    journal = open_journal(tmp_path)
    journal.acknowledge(1, Acknowledged(1), keys(9))
    journal.close()

    assert file.read_bytes().startswith(whole)
    again = open_journal(tmp_path)
    assert set(again.done) == {0, 1}
    again.close()


def test_every_prefix_of_a_journal_can_be_read(tmp_path):
    file = written(tmp_path)
    whole = file.read_bytes()

    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        journal = open_journal(tmp_path)
        journal.close()
        assert whole.startswith(file.read_bytes())


def test_keys_of_a_chunk_add_up(tmp_path):
    written(tmp_path)
    journal = open_journal(tmp_path)
    journal.acknowledge(0, DONE._replace(failed=()), keys(4, 5))
    journal.close()

    assert [row for table in read_keys(tmp_path) for row in table["row"].to_pylist()] == [0, 1, 4, 5]


def test_again_begins_with_nothing(tmp_path):
    written(tmp_path)

    journal = open_journal(tmp_path, again=True)

    assert (journal.done, journal.begun, journal.started, list(read_keys(tmp_path))) == ({}, set(), None, [])
    journal.close()


def test_a_journal_is_held_by_one_process_and_let_go_by_a_dead_one(tmp_path):
    hold = (
        "import sys, time; from pathlib import Path; from reconciler.records.journal import open_journal\n"
        "held = open_journal(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Usage, match=str(other.pid)):
            open_journal(tmp_path)
        other.kill()

    open_journal(tmp_path).close()


def test_dead_letters_appear_whole_and_only_if_there_are_any(tmp_path):
    none, some = DeadLetters(tmp_path / "none.jsonl"), DeadLetters(tmp_path / "some" / "some.jsonl")

    some.add((FailedRow(n, f"row {n}", "ValidationError", "no"), {"id": f"ä{n}", "x": None}) for n in range(FIRST + 5))
    assert not some.path
    for letters in (none, some):
        letters.close()

    assert (none.path, some.path, some.count, len(some.first)) == (None, tmp_path / "some" / "some.jsonl", 25, FIRST)
    assert not (tmp_path / "none.jsonl").exists()
    assert some.path.read_text(encoding="utf-8").splitlines()[0] == (
        '{"id": "ä0", "reconciler:row": 0, "reconciler:place": "row 0", '
        '"reconciler:code": "ValidationError", "reconciler:message": "no"}'
    )
