"""The landing folder: what waits, what is read when, and what a delivery replaces (fault catalogue 3.A)."""

from __future__ import annotations

import getpass
import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion import failpoints
from ingestion.at_rest import look, missing_end
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, ingest
from ingestion.manifest import Manifest
from ingestion.pending import pending
from ingestion.replay import accept_files, acceptable, replay
from ingestion.spec import IngestSettings
from ingestion.values.name_dates import day_ahead, days_differ, days_in


def land(lake, name: str, data: bytes, source: str = "mixpanel"):
    """Puts a file into the landing folder and returns its path."""
    path = lake.paths.landing / source / "p" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def take(lake):
    """Reads what is pending and checks the invariants."""
    reports = ingest(lake.paths, pending(lake.paths), lake.settings)
    lake.check()
    return reports


def test_case_001_a_file_looks_another_when_one_byte_of_it_changes(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(b"a" * 300_000)
    os.utime(path, ns=(1, 1))
    before = look(path)
    assert look(path) == before
    data = bytearray(path.read_bytes())
    data[-1] = 0
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))
    assert look(path) != before


@pytest.mark.parametrize("ahead", [3600, -3600, 10**7])
def test_case_028_a_clock_that_is_off_does_not_make_a_resting_file_move(tmp_path, ahead):
    path = tmp_path / "x.json"
    path.write_bytes(b"{}\n")
    os.utime(path, (time.time() + ahead,) * 2)
    assert look(path) == look(path)
    assert missing_end(path) is None


def test_case_028_a_file_whose_time_lies_in_the_future_is_loaded_once(lake, make):
    path = land(lake, "a.json", make.many("mixpanel", [1]))
    os.utime(path, (time.time() + 3600,) * 2)
    assert [r.loaded for r in take(lake)] == [1]
    assert pending(lake.paths) == []


def test_case_001_the_end_of_a_file_is_looked_for(lake, make, tmp_path):
    lines = make.many("amplitude", range(50))
    packed, archive = gzip.compress(lines), make.zip(tmp_path / "z.zip", {"a.json": lines})
    whole = {"a.json": lines, "b.gz": packed, "c.zip": archive, "d.json": b'[{"a": 1}]', "e": b""}
    for name, data in whole.items():
        assert missing_end(land(lake, name, data)) is None, name
    cut = {"a.json": lines, "b.gz": packed, "c.zip": archive}
    for name, data in cut.items():
        told = missing_end(land(lake, name, data[: len(data) // 2]))
        assert told and str(len(data) // 2) in told, name


def test_case_003_an_abandoned_upload_is_rejected_with_its_bytes_and_taken_up_when_complete(
    lake, make, tmp_path
):
    data = make.zip(tmp_path / "z.zip", {"1/1_2024-03-05_1#0.json.gz": make.many("amplitude", range(20))})  # fmt: skip
    land(lake, "export.zip", data[:200], "amplitude")
    (report,) = take(lake)
    assert (report.status, report.reason) == ("rejected", "INCOMPLETE_FILE")
    assert "after 200 bytes" in report.message
    assert pending(lake.paths) == []
    land(lake, "export.zip", data, "amplitude")
    (report,) = take(lake)
    assert (report.status, report.records_seen, report.loaded) == ("loaded", 20, 20)


def test_case_004_and_005_both_names_of_one_content_are_kept_in_the_manifest(lake, make):
    data = make.many("mixpanel", range(3))
    for name in ("a.json", "a.json", "b.json"):
        lake.deliver(data, "mixpanel", name)
    with Manifest(lake.paths.manifest) as manifest:
        rows = manifest.rows("select file_name, status, duplicate_of, message from files")
    assert [tuple(row)[:3] for row in rows] == [("a.json", "loaded", None), ("a.json", "duplicate", 1), ("b.json", "duplicate", 1)]  # fmt: skip
    assert "was loaded as a.json" in rows[2]["message"]


def test_case_006_both_files_of_a_redelivery_are_kept(lake, make):
    old, new = make.many("amplitude", [2, 3]), make.many("amplitude", [1, 2, 3, 4])
    lake.deliver(old, "amplitude", "day.json")
    lake.deliver(new, "amplitude", "day.json")
    assert [load.state for load in lake.loads().values()] == ["superseded", "live"]
    assert {p.read_bytes() for p in lake.paths.archive.iterdir()} == {old, new}


def people(count: int) -> str:
    return "person_id,role\n" + "".join(f"p{n},pm\n" for n in range(count))


def test_case_007_one_command_accepts_a_delivery_that_shrinks(lake):
    lake.deliver(people(20), "people", "people.csv")
    report = lake.deliver(people(6), "people", "people.csv")
    assert (report.status, report.loaded) == ("loaded", 6)
    found = acceptable(lake.paths, "SHRINK", "people", None, "people.csv")
    assert found == {2: "people/p people.csv: 6 rows replace 20"}
    assert acceptable(lake.paths, "SHRINK", "amplitude", None, None) == {}
    assert accept_files(lake.paths, "SHRINK", found, IngestSettings()) == []
    assert acceptable(lake.paths, "SHRINK", None, None, None) == {}, "nothing is left to accept"
    assert [load.superseded_by for load in lake.loads().values()] == [2, None]


def test_case_007_fewer_events_of_another_range_replace_nothing(lake, make):
    at = [{"server_upload_time": f"2024-03-05 10:{n:02d}:00"} for n in range(20)]
    lake.deliver(make.lines(*(make.amplitude(n, **at[n]) for n in range(20))), "amplitude", "d.json")  # fmt: skip
    report = lake.deliver(make.lines(*(make.amplitude(n, **at[n]) for n in range(1, 6))), "amplitude", "d.json")  # fmt: skip
    assert (report.loaded, report.duplicate) == (0, 5)
    assert acceptable(lake.paths, "SHRINK", None, None, None) == {}


@pytest.mark.parametrize(
    ("data", "source"),
    [(b"", "mixpanel"), (b"\n \n", "amplitude"), (b"[]", "zendesk"), (b'{"tickets": []}', "zendesk"), (b"user_id,event,time\n", "events"), (gzip.compress(b"", mtime=0), "posthog")],
)  # fmt: skip
def test_case_018_an_empty_export_is_committed_with_a_warning_and_adds_nothing(lake, data, source):
    report = lake.deliver(data, source, "x")
    assert (report.status, report.reason, report.records_seen) == ("empty", "EMPTY_EXPORT", 0)
    assert report.message == "the file holds no record"
    assert lake.deliver(data, source, "x").status == "duplicate"
    assert lake.loads() == {}, "an empty export makes no source fresh"


def test_case_018_an_empty_list_of_people_takes_nobody_away(lake):
    lake.deliver(people(3), "people", "people.csv")
    assert lake.deliver(people(0), "people", "people.csv").status == "empty"
    assert len(lake.rows("people.people")) == 3


def tomorrow() -> str:
    return (datetime.now(UTC).date() + timedelta(days=2)).isoformat()


def test_case_020_an_export_of_a_coming_day_waits_and_is_released_by_itself(lake, make):
    data = make.many("mixpanel", range(3))
    path = land(lake, f"events_{tomorrow()}.json", data)
    (report,) = take(lake)
    assert (report.status, report.reason, report.records_seen) == ("rejected", "FUTURE_EXPORT", 0)
    assert tomorrow() in report.message and "rename" in report.message
    assert pending(lake.paths) == [], "it waits"
    # The day comes: for the manifest the file is the one that has waited, now named by a day that has begun.
    come = path.with_name("events_2024-03-05.json")
    with Manifest(lake.paths.manifest) as manifest, manifest.transaction() as con:
        con.execute("update files set path = ?, file_name = ?", (str(come), come.name))
    stat = path.stat()
    path.rename(come)
    os.utime(come, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    (report,) = take(lake)
    assert (report.status, report.loaded) == ("loaded", 3)
    assert pending(lake.paths) == []


def test_case_020_plans_and_lists_may_be_named_by_a_coming_day(lake):
    assert lake.deliver(people(2), "people", f"people-{tomorrow()}.csv").loaded == 2


def test_case_020_the_day_is_that_of_the_company_and_an_hour_of_clock_skew_is_harmless():
    now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    assert day_ahead("x_2026-03-02.json", "Europe/Berlin", now) is None
    assert day_ahead("x_2026-03-02.json", "America/New_York", now) == date(2026, 3, 2)
    assert day_ahead("x_2026-03-02.json", "UTC", now + timedelta(minutes=31)) is None
    assert day_ahead("x_2026-03-01_2026-03-02.json", "UTC", now) is None, "named by its end"
    assert days_in("a_2026_03_01-2026-02-30_20991231_12026-01-01") == [date(2026, 3, 1)]


def test_case_021_the_content_wins_over_the_name_and_a_warning_says_so(lake, make):
    data = make.many("mixpanel", range(3))  # events of 2024-03-05
    report = lake.deliver(data, "mixpanel", "2024-05-17.json")
    assert (report.status, report.loaded, report.reason) == ("loaded", 3, "NAME_DATE_MISMATCH")
    assert report.warnings == {"NAME_DATE_MISMATCH": 1}
    assert "the name says 2024-05-17, the content is of 2024-03-05" in report.message


@pytest.mark.parametrize("name", ["2024-03-04.json", "2024-03-05.json", "1_2024-03-06#0.json", "2024-01-01_2024-12-31.json", "x.json"])  # fmt: skip
def test_case_021_a_name_within_a_day_of_the_content_is_no_mismatch(lake, make, name):
    report = lake.deliver(make.many("mixpanel", range(3)), "mixpanel", name)
    assert (report.reason, report.warnings) == (None, {})


def test_case_021_days_are_compared_with_the_times_of_events_or_of_receipt():
    events, received = ("2024-01-01 00:00:00", "2024-01-02 00:00:00"), ("2024-03-05 00:00:00",) * 2
    assert days_differ("2024-03-05.json", events, received) is None
    assert days_differ("2024-06-05.json", events, received)
    assert days_differ("2024-06-05.json", (None, None)) is None


# Root may read everything: it loads the code by an ingestion of its own, and then goes on as nobody.
NOBODY = """
import duckdb, importlib.metadata, os, sys
from pathlib import Path
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, ingest
from ingestion.pending import pending
own, data = map(Path, sys.argv[1:])
ingest(DataPaths(own / str(os.getpid())), [FileRequest(own / "first.json", "mixpanel")])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
paths = DataPaths(data)
for report in ingest(paths, pending(paths)):
    print(report.status, report.reason, report.message, sep="|")
print(len(pending(paths)))
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose way is open to every user, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    yield folder
    for path in folder.rglob("*"):
        path.chmod(0o700)
    shutil.rmtree(folder)


def test_case_023_what_may_not_be_read_is_named_with_owner_and_mode_and_the_rest_goes_on(
    lake, make, open_folder
):
    (lake.root / "first.json").write_bytes(make.many("mixpanel", [9]))
    data = open_folder / "data"
    landing = data / "landing" / "mixpanel"
    (landing / "p").mkdir(parents=True)
    (landing / "secret").mkdir()
    for name in ("p/closed.json", "p/open.json", "secret/x.json"):
        (landing / name).write_bytes(make.many("mixpanel", [1]))
    (landing / "p/closed.json").chmod(0o000)
    (landing / "secret").chmod(0o000)
    (landing / "p").chmod(0o555)
    owner = getpass.getuser()
    if os.geteuid() == 0:
        os.chown(data, 65534, 65534)
    script = [sys.executable, "-c", NOBODY, str(lake.root), str(data)]
    done = subprocess.run(script, check=True, stdout=subprocess.PIPE, text=True)
    closed, opened, secret, waiting = done.stdout.splitlines()
    assert closed.startswith("rejected|INCOMPLETE_FILE|permission denied: ")
    assert f"closed.json is owned by {owner} (uid {os.geteuid()}) with mode 0000" in closed
    assert "needs mode 0440 or more" in closed and "0550" in secret
    assert opened.split("|")[0] == "loaded"
    assert waiting == "0", "said once, not at every look"
    (landing / "p/closed.json").chmod(0o444)
    (landing / "secret").chmod(0o755)
    done = subprocess.run(script, check=True, stdout=subprocess.PIPE, text=True)
    statuses = [line.split("|")[0] for line in done.stdout.splitlines()]
    assert statuses == ["duplicate", "loaded", "0"], "taken up once it may be read"


def test_case_023_a_read_only_landing_folder_is_enough(lake, make):
    path = land(lake, "a.json", make.many("mixpanel", [1]))
    before = (path.read_bytes(), path.stat().st_mtime_ns, sorted(lake.paths.landing.rglob("*")))
    assert take(lake)[0].loaded == 1
    after = (path.read_bytes(), path.stat().st_mtime_ns, sorted(lake.paths.landing.rglob("*")))
    assert before == after, "the landing folder is never written"


def test_case_024_nothing_but_regular_files_is_opened(lake, make, tmp_path):
    folder = land(lake, "real.json", make.many("mixpanel", [1])).parent
    os.mkfifo(folder / "pipe.json")
    os.symlink("/etc/passwd", folder / "link.json")
    os.symlink("loop.json", folder / "loop.json")
    os.symlink(tmp_path, folder / "folder")
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(folder)
    try:
        listener.bind("socket.json")
    finally:
        os.chdir(tmp_path)
        listener.close()
    began = time.monotonic()
    reports = {os.path.basename(report.file): report for report in take(lake)}
    assert time.monotonic() - began < 5
    assert reports.pop("real.json").loaded == 1
    assert {report.reason for report in reports.values()} == {"NOT_A_REGULAR_FILE"}
    words = {name: report.message for name, report in reports.items()}
    assert "a pipe" in words["pipe.json"] and "socket" in words["socket.json"]
    assert all("a symbolic link" in words[name] for name in ("link.json", "loop.json", "folder"))
    assert pending(lake.paths) == []


def test_case_025_many_small_files_are_listed_quickly_and_told_apart(tmp_path):
    paths = DataPaths(tmp_path)
    folder = paths.landing / "mixpanel" / "p"
    folder.mkdir(parents=True)
    for number in range(10_000):
        (folder / f"{number}.json").touch()
    began = time.process_time()
    assert len(pending(paths)) == 10_000
    assert time.process_time() - began < 1, "100,000 in less than 10 seconds"


@pytest.mark.parametrize("change", ["grow", "shrink", "overwrite"])
def test_case_027_a_file_that_changes_while_it_is_copied_is_refused_and_tried_again(
    lake, make, change
):
    path = land(lake, "x.json", make.many("mixpanel", range(5)))
    later = {"grow": make.many("mixpanel", range(9)), "shrink": make.many("mixpanel", [1]), "overwrite": make.many("mixpanel", range(1, 6))}[change]  # fmt: skip

    def meddle(name: str) -> None:
        if name == "claim":
            path.write_bytes(later)
            os.utime(path, (1, 1))

    failpoints.arm(meddle)
    try:
        (report,) = take(lake)
    finally:
        failpoints.disarm()
    assert (report.status, report.reason) == ("rejected", "CHANGED_WHILE_READING")
    assert lake.loads() == {}
    (report,) = take(lake)
    assert (report.status, report.loaded) == ("loaded", len(later.splitlines()))


@pytest.mark.parametrize("how", ["delete", "replace"])
def test_case_027_a_file_that_goes_while_it_is_copied_is_loaded_as_it_was(lake, make, how):
    path = land(lake, "x.json", make.many("mixpanel", range(5)))
    other = lake.inbox / "other.json"
    other.write_bytes(make.many("mixpanel", range(5, 7)))

    def meddle(name: str) -> None:
        if name == "claim" and path.exists():
            path.unlink() if how == "delete" else other.replace(path)

    failpoints.arm(meddle)
    try:
        (report,) = take(lake)
    finally:
        failpoints.disarm()
    assert (report.status, report.loaded) == ("loaded", 5)
    assert [r.loaded for r in take(lake)] == ([] if how == "delete" else [2])


def test_case_027_a_file_that_is_gone_before_it_is_opened_says_so(lake, make):
    path = land(lake, "x.json", make.many("mixpanel", [1]))
    failpoints.arm(lambda name: path.unlink(missing_ok=True) if name == "land" else None)
    try:
        (report,) = take(lake)
    finally:
        failpoints.disarm()
    assert (report.reason, report.message) == ("CHANGED_WHILE_READING", "the file is gone; deliver it again")  # fmt: skip


HOSTILE = ["$(rm -rf x).json", "`id`.json", "new\nline.json", "\u202egnp.json", "-rf.json", "CON.json", "e\u0301.json", "é.json", "x" * 250 + ".json", "😀.json", "'; drop table loads; --.json", "<script>alert(1)</script>.json".replace("/", "_"), "__proto__.json", "x..%2f..%2fetc.json", "{{7*7}}.json", "\x1b]0;title\x07.json", "=cmd|' _C calc'!A0.json", b"bad-\xff\xfe-bytes.json"]  # fmt: skip


def test_case_017_hostile_names_are_shown_escaped_and_never_used_as_paths(lake, make):
    names = [name if isinstance(name, bytes) else name.encode() for name in HOSTILE]
    folder = os.fsencode(land(lake, "plain.json", make.many("mixpanel", [0])).parent)
    for number, name in enumerate(names, 1):
        with open(os.path.join(folder, name), "wb") as handle:
            handle.write(make.many("mixpanel", [number]))
    reports = take(lake)
    assert [(r.status, r.loaded) for r in reports] == [("loaded", 1)] * (len(HOSTILE) + 1)
    for report in reports:
        report.file.encode()
        assert report.file.isprintable() and "\u202e" not in report.file
    assert len({report.file for report in reports}) == len(reports), "NFC and NFD stay two files"
    assert pending(lake.paths) == []
    kept = {path.name for path in lake.paths.archive.iterdir()}
    assert all(len(name) == 64 and name.isalnum() for name in kept)


def test_a_file_that_was_rejected_is_read_again_by_a_replay_once_its_settings_are_there(lake, make):
    land(lake, "a.json", b"<html>sign in</html>")
    assert take(lake)[0].reason == "TYPE_MISMATCH"
    assert replay(lake.paths, lake.settings) == []
    with Manifest(lake.paths.manifest) as manifest:
        assert len(manifest.rows("select 1 from files")) == 1, (
            "tried again, still one rejected file"
        )


def test_ingesting_nothing_is_nothing(lake):
    assert ingest(lake.paths, []) == []
    assert ingest(lake.paths, [FileRequest(p) for p in ()]) == []
