"""Progress of a reading (CLI-06): silent for a second, then files, records, rate and time left."""

from __future__ import annotations

import io

import pytest

from ingestion.spec import Progress
from orchestration import progress
from orchestration.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_nothing_is_said_within_a_second(clock):
    out = io.StringIO()
    line = ProgressLine(1, out)
    clock[0] += 0.9
    line(Progress("a.json", 50, 100, 10, 0.9))
    line.end()
    assert out.getvalue() == ""


def test_a_log_gets_a_line_every_ten_seconds(clock):
    out = io.StringIO()
    line = ProgressLine(2, out)
    for second in range(1, 22):
        clock[0] = 100.0 + second
        line(Progress("a.json", second, 40, 1000 * second, second))
    lines = out.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[1] == "0 of 2 files, 11,000 records, 1,000 a second, about 69 s left: a.json"


def test_a_terminal_line_is_written_over_and_cleared(clock):
    out = Terminal()
    line = ProgressLine(2, out)
    clock[0] += 2
    line(Progress("a.json", 100, 100, 10, 2.0))
    clock[0] += 2
    line(Progress("b.json", 50, 100, 10, 2.0))
    line.end()
    shown = out.getvalue().split("\r\x1b[2K")
    assert shown[1].startswith("1 of 2 files, 10 records")
    assert shown[2].startswith("1 of 2 files, 20 records, 5 a second")
    assert shown[-1] == ""


def test_two_files_that_are_read_side_by_side_add_up(clock):
    out = io.StringIO()
    line = ProgressLine(4, out)
    line(Progress("a.json", 50, 100, 10, 0.5))
    clock[0] += 2
    line(Progress("b.json", 50, 100, 30, 0.5))
    assert out.getvalue().startswith("0 of 4 files, 40 records, 20 a second, about 6 s left")
