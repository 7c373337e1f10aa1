"""Containers: gzip, zip and what breaks them (fault catalogue 3.A)."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ingestion import quarantine
from ingestion.formats import containers
from ingestion.landing import is_temporary
from ingestion.load import FileRequest, ingest
from ingestion.pending import pending


@pytest.mark.parametrize(
    "name", ["x.json.part", "x.tmp", "x.crdownload", "~$x", ".DS_Store", "._x"]
)
def test_case_002_temporary_names_are_ignored(lake, name):
    landed = lake.paths.landing / "mixpanel" / "p" / name
    landed.parent.mkdir(parents=True)
    landed.write_text("{}")
    assert is_temporary(name)
    assert pending(lake.paths) == []


def test_case_004_the_same_file_twice_is_a_duplicate(lake, make):
    data = make.many("mixpanel", range(3))
    assert lake.deliver(data, "mixpanel").loaded == 3
    again = lake.deliver(data, "mixpanel")
    assert (again.status, again.records_seen, again.duplicate, again.loaded) == ("duplicate", 3, 3, 0)  # fmt: skip


def test_case_005_the_same_bytes_under_another_name_are_a_duplicate(lake, make):
    data = make.many("mixpanel", range(3))
    lake.deliver(data, "mixpanel", "a.json")
    assert lake.deliver(data, "mixpanel", "b.json").status == "duplicate"


def test_case_008_the_same_content_packed_otherwise_is_a_duplicate(lake, make, tmp_path):
    data = make.many("amplitude", range(5))
    assert lake.deliver(gzip.compress(data, 1), "amplitude", "a.json.gz").status == "loaded"
    assert lake.deliver(gzip.compress(data, 9), "amplitude", "b.json.gz").status == "duplicate"
    assert lake.deliver(data, "amplitude", "c.json").status == "duplicate"
    packed = make.zip(tmp_path / "z.zip", {"1/1_2024-03-05_10#0.json.gz": data})
    assert lake.deliver(packed, "amplitude", "d.zip").status == "duplicate"


def test_case_009_events_in_two_files_count_once(lake, make):
    first = lake.deliver(make.many("amplitude", range(8)), "amplitude", "a.json")
    second = lake.deliver(make.many("amplitude", range(5, 12)), "amplitude", "b.json")
    assert (first.loaded, second.loaded, second.duplicate) == (8, 4, 3)


def test_case_010_truncated_gzip_is_rejected_and_loads_nothing(lake, make):
    data = gzip.compress(make.many("amplitude", range(200)))
    report = lake.deliver(data[: len(data) // 2], "amplitude", "a.json.gz")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "GZ_TRUNCATED", 0)
    assert f"stops at byte {len(data) // 2}" in report.message and "send it again" in report.message
    assert not list(lake.paths.raw.glob("amplitude/events/load=*"))


def test_case_011_gzip_with_trailing_bytes_is_rejected(lake, make):
    packed = gzip.compress(make.many("amplitude", range(3)))
    report = lake.deliver(packed + b"garbage", "amplitude", "a.json.gz")
    assert (report.status, report.reason, report.records_seen) == (
        "rejected",
        "GZ_TRAILING_BYTES",
        0,
    )
    assert f"at byte {len(packed)}" in report.message
    assert lake.loads() == {}


def test_case_010_damage_in_the_middle_of_gzip_is_rejected_and_loads_nothing(lake, make):
    data = bytearray(gzip.compress(make.many("amplitude", range(200))))
    data[len(data) // 2] ^= 0xFF
    report = lake.deliver(bytes(data), "amplitude", "a.json.gz")
    assert (report.status, report.reason, report.loaded) == ("rejected", "GZ_TRUNCATED", 0)
    assert "near byte" in report.message


def test_case_012_concatenated_gzip_members_are_all_read(lake, make):
    data = gzip.compress(make.many("amplitude", range(3))) + gzip.compress(
        make.many("amplitude", range(3, 7))
    )
    report = lake.deliver(data, "amplitude", "a.json.gz")
    assert (report.status, report.records_seen, report.loaded) == ("loaded", 7, 7)


def test_case_013_the_name_says_nothing_and_the_bytes_everything(lake, make):
    lines = make.many("amplitude", range(3))
    assert lake.deliver(gzip.compress(lines), "amplitude", "a.json").loaded == 3
    assert lake.deliver(make.many("amplitude", [7, 8]), "amplitude", "b.zip").loaded == 2
    csv = "experiment_id,user_id,variant,exposed_at\ne1,u1,a,2024-03-05T00:00:00Z\n"
    assert lake.deliver(csv, "exposures", "c.json").loaded == 1


def test_case_013_a_zip_with_a_gzip_name_is_read(lake, make, tmp_path):
    packed = make.zip(
        tmp_path / "z.zip", {"1/1_2024-03-05_10#0.json.gz": make.many("amplitude", [1])}
    )
    assert lake.deliver(packed, "amplitude", "export.json.gz").loaded == 1


@pytest.mark.parametrize(
    "data", [b"<!DOCTYPE html><html>", b"  <html><body>login", b"%PDF-1.7 x", b"PAR1 not"]
)
def test_case_013_another_type_is_rejected(lake, data):
    report = lake.deliver(data, "mixpanel", "export.csv")
    assert report.reason in ("TYPE_MISMATCH", "SHAPE")


def test_case_013_a_login_page_is_named(lake):
    report = lake.deliver(b"<!DOCTYPE html><html><body>Sign in", "amplitude", "x.json")
    assert report.reason == "TYPE_MISMATCH"
    assert "login page" in report.message


@pytest.mark.parametrize("name", ["../../etc/x.json", "/abs/x.json", "C:\\x.json", "a\\..\\x.json"])
def test_case_014_zip_slip_names_are_quarantined(lake, make, tmp_path, name):
    line = make.many("amplitude", [1])
    packed = make.zip(tmp_path / "z.zip", {name: line, "1/1_2024-03-05_1#0.json.gz": line})
    report = lake.deliver(packed, "amplitude", "z.zip")
    counts = (report.status, report.records_seen, report.loaded, report.quarantined)
    assert counts == ("partial", 2, 1, 1)
    assert list(lake.codes().values()) == ["ZIP_PATH"]
    assert "leaves its folder" in report.message
    written = {path.name for path in lake.root.rglob("*") if path.is_file()}
    assert not {"x.json", name} & written and not (lake.root.parent / "etc").exists()


def test_case_015_a_zip_bomb_is_stopped(lake, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1/1_2024-03-05_1#0.json", b"\0" * (200 * 1024 * 1024))
    report = lake.ingest(path, "amplitude")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "ZIP_LIMIT", 0)
    assert "more than 250 times its size" in report.message


def test_case_015_a_bomb_whose_header_lies_is_stopped_while_it_streams(lake, tmp_path):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b"0" * (100 * 1024 * 1024))
    data = bytearray(path.read_bytes())
    for start in (data.find(b"PK\x03\x04") + 22, data.rfind(b"PK\x01\x02") + 24):
        data[start : start + 4] = struct.pack("<I", 1000)  # "only 1,000 bytes"
    path.write_bytes(bytes(data))
    report = lake.ingest(path, "mixpanel")
    assert report.loaded == 0
    assert report.reason in ("ZIP_LIMIT", "ZIP_CRC")


def test_case_015_many_entries_on_one_kernel_are_stopped(lake, tmp_path):
    """The better zip bomb: every entry of the directory points to the same data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(50):
            archive.writestr(f"{number:03d}.json", b"0" * 1000)
    data = bytearray(buffer.getvalue())
    position = data.find(b"PK\x01\x02")
    while position >= 0:
        data[position + 42 : position + 46] = struct.pack("<I", 0)
        position = data.find(b"PK\x01\x02", position + 4)
    (tmp_path / "o.zip").write_bytes(bytes(data))
    assert lake.ingest(tmp_path / "o.zip", "mixpanel").reason == "ZIP_LIMIT"


def test_case_015_a_zip_of_more_entries_than_any_export_has_is_stopped(lake, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "MAX_ENTRIES", 20)
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(21):
            archive.writestr(f"{number}.json", b"{}")
    report = lake.ingest(path, "mixpanel")
    assert (report.reason, "more than 20 entries" in report.message) == ("ZIP_LIMIT", True)


def test_case_015_a_zip_beyond_the_size_limit_is_stopped(lake, make, tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "MAX_UNPACKED", 100_000)
    report = lake.deliver(gzip.compress(make.many("amplitude", range(500))), "amplitude", "a.gz")
    assert (report.status, report.reason, report.loaded) == ("rejected", "ZIP_LIMIT", 0)


def test_case_015_a_gzip_bomb_is_stopped(lake):
    data = gzip.compress(b"0" * (100 * 1024 * 1024), 9)
    assert lake.deliver(data, "amplitude", "a.json.gz").reason == "ZIP_LIMIT"


def test_case_010_a_cut_gzip_is_named_as_such_whatever_it_holds(lake):
    data = gzip.compress(b"neither lines nor a document\n" * 50_000)[:-20]
    assert lake.deliver(data, "amplitude", "a.json.gz").reason == "GZ_TRUNCATED"


@pytest.mark.parametrize("name", ["export.zip", "EXPORT.JSON.GZ"])
def test_what_is_named_as_packed_and_is_noise_says_so(lake, name):
    report = lake.deliver(bytes(range(256)) * 20, "amplitude", name)
    assert (report.status, report.reason) == ("rejected", "TYPE_MISMATCH")
    assert Path(name.lower()).suffix in report.message and "download it again" in report.message


def test_case_015_a_zip_inside_a_zip_is_stopped(lake, make, tmp_path):
    inner = make.zip(tmp_path / "i.zip", {"a.json": b"{}"})
    with zipfile.ZipFile(tmp_path / "o.zip", "w") as archive:
        archive.writestr("a.zip", inner)
    assert lake.ingest(tmp_path / "o.zip", "amplitude").reason == "ZIP_LIMIT"


def test_case_015_overlapping_entries_are_stopped(lake, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", b"{}" * 50)
        archive.writestr("b.json", b"{}" * 50)
    data = bytearray(buffer.getvalue())
    second = data.rfind(b"PK\x01\x02")
    data[second + 42 : second + 46] = struct.pack("<I", 10)
    (tmp_path / "o.zip").write_bytes(bytes(data))
    assert lake.ingest(tmp_path / "o.zip", "amplitude").reason in ("ZIP_LIMIT", "INCOMPLETE_FILE")


def test_case_016_a_symlink_in_a_zip_is_quarantined(lake, make, tmp_path):
    path = tmp_path / "s.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("1/1_2024-03-05_1#0.json", make.many("amplitude", [1]))
    report = lake.ingest(path, "amplitude")
    assert (report.loaded, report.quarantined) == (1, 1)
    assert list(lake.codes().values()) == ["ZIP_SYMLINK"]


def test_case_016_an_encrypted_entry_is_quarantined(lake, make, tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1/1_2024-03-05_1#0.json", make.many("amplitude", [1]))
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    report = lake.ingest(path, "amplitude")
    assert (report.status, report.records_seen, report.quarantined) == ("partial", 1, 1)
    assert list(lake.codes().values()) == ["ZIP_ENCRYPTED"]
    assert "without a password" in report.message


@pytest.mark.parametrize(
    "name",
    ["$(id)/x.json", "<img src=x onerror=alert(1)>.json", "\u202egnp.json", "\x1b]0;t\x07.json", "__proto__.json", "😀/x.json", "'; drop table loads; --.json", "=HYPERLINK(1).json"],
)  # fmt: skip
def test_case_017_hostile_names_of_members_are_only_labels(lake, make, tmp_path, name):
    path = tmp_path / "h.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, make.lines(make.mixpanel(1), "oops"))
    report = lake.ingest(path, "mixpanel")
    assert (report.loaded, report.quarantined) == (1, 1)
    assert report.message.isprintable() and "\u202e" not in report.message
    (record,) = quarantine.list_records(lake.paths)
    assert record.member.isprintable(), "shown escaped"
    assert {p.name for p in lake.paths.root.iterdir()} <= {"archive", "raw", "quarantine", "tmp", "manifest.sqlite", "manifest.sqlite-wal", "manifest.sqlite-shm"}  # fmt: skip


def test_case_016_two_entries_of_one_name_are_quarantined(lake, make, tmp_path):
    path = tmp_path / "d.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("a.json", make.many("amplitude", [1]))
        archive.writestr("a.json", make.many("amplitude", [2]))
    report = lake.ingest(path, "amplitude")
    assert (report.records_seen, report.loaded, report.quarantined) == (2, 0, 2)
    assert set(lake.codes().values()) == {"ZIP_DUP_NAME"}


def test_case_016_a_damaged_entry_is_quarantined(lake, make, tmp_path):
    path = tmp_path / "c.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1/1_2024-03-05_1#0.json", make.many("amplitude", [1]))
        archive.writestr("1/1_2024-03-05_2#0.json", make.many("amplitude", [2]))
    data = bytearray(path.read_bytes())
    data[data.find(b"event_type")] ^= 1
    path.write_bytes(bytes(data))
    report = lake.ingest(path, "amplitude")
    assert (report.loaded, report.quarantined) == (1, 1)
    assert list(lake.codes().values()) == ["ZIP_CRC"]


@pytest.mark.parametrize(
    "name",
    ["$(rm -rf x).json", "new\nline.json", "\u202egnp.json", "-rf.json", "CON.json", "e\u0301.json", "x" * 250, "😀.json", "'; drop--.json"],
)  # fmt: skip
def test_case_017_hostile_file_names_are_only_labels(lake, make, name):
    report = lake.deliver(make.many("mixpanel", [1, 2]), "mixpanel", name)
    assert report.loaded == 2
    assert "\u202e" not in str(lake.rows("mixpanel.events", "_member"))


@pytest.mark.parametrize("data", [b"", b"  \n\n  \n"])
def test_case_018_an_empty_file_is_an_empty_export(lake, data):
    report = lake.deliver(data, "mixpanel")
    assert (report.status, report.reason, report.records_seen) == ("empty", "EMPTY_EXPORT", 0)


def test_case_018_a_header_only_csv_is_an_empty_export(lake):
    report = lake.deliver("experiment_id,user_id,variant,exposed_at\n", "exposures", "x.csv")
    assert report.status == "empty"


def test_case_022_an_unknown_folder_names_the_nearest(lake, make):
    report = lake.deliver(make.many("amplitude", [1]), "amplitud")
    assert (report.status, report.reason, report.records_seen) == ("rejected", "UNKNOWN_SOURCE", 0)
    assert "did you mean amplitude" in report.message
    assert "mixpanel" in report.message, "the known folders are named"


def test_case_022_a_file_in_the_root_is_rejected(lake, make):
    lake.paths.landing.mkdir(parents=True)
    (lake.paths.landing / "x.json").write_bytes(make.many("amplitude", [1]))
    report = ingest(lake.paths, pending(lake.paths))[0]
    assert report.reason == "UNKNOWN_SOURCE"
    assert pending(lake.paths) == []


def test_a_missing_file_is_named_before_anything_is_done(lake):
    with pytest.raises(FileNotFoundError, match=r"none\.zip"):
        ingest(lake.paths, [FileRequest(lake.inbox / "none.zip", "amplitude")])


def test_a_marker_of_a_finished_hour_is_not_data(lake, make, tmp_path):
    packed = make.zip(
        tmp_path / "z.zip",
        {
            "1/1_2024-03-05_10#0.json.gz": make.many("amplitude", [1]),
            "1/1_2024-03-05_10_complete": b"",
        },
    )
    assert lake.deliver(packed, "amplitude", "z.zip").records_seen == 1
