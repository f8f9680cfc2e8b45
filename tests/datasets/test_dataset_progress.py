"""Who waits for a dataset is told how far it is."""

import io
from contextlib import closing

from reconciler.datasets import progress
from reconciler.datasets.progress import Line, Progress


def test_progress_reads_as_a_sentence():
    assert str(Progress("reading weather", 1_500, 26_115)) == "reading weather: 1,500 of 26,115 rows"
    assert str(Progress("on Athena", 0, note="queued")) == "on Athena (queued)"
    assert str(Progress("uploading labels", 10, unit="files")) == "uploading labels: 10 files"


def test_short_work_has_no_line_and_long_work_has_one(capsys):
    now = [0.0]
    with closing(Line("departures", clock=lambda: now[0])) as line:
        line(Progress("reading weather", 1))
        assert line._status is None
        now[0] = progress.LONG_S
        line(Progress("reading [weather]", 2))
        assert line._status is not None
        assert r"\[weather]" in str(line._status.status)
    line(Progress("reading weather", 3))

    assert "Traceback" not in capsys.readouterr().err


def test_nobody_looks_on_where_there_is_no_terminal_and_no_notebook(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())

    assert not progress.is_watched()
