"""Giant files in bounded memory (cases 15, 26 and 35); the long forms run with `make soak`."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile

import pytest

LIMIT_MB = 1000
MB = 1024 * 1024
_SCRIPT = """
import resource, sys
from pathlib import Path
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, ingest
seen = []
report = ingest(DataPaths(Path(sys.argv[1])), [FileRequest(Path(sys.argv[2]), "mixpanel", "p")], None, seen.append)[0]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(report.loaded + report.duplicate, report.quarantined, report.reason, len(seen), peak)
"""


def ingested(lake, path):
    """Rows, refused records, the reason and calls of progress of one delivery in a process of its own."""
    command = [sys.executable, "-c", _SCRIPT, str(lake.paths.root), str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows, refused, reason, calls, peak = done.stdout.split()
    assert int(peak) < LIMIT_MB
    return int(rows), int(refused), reason, int(calls)


SIZES = [
    pytest.param(300, id="300MB"),
    pytest.param(5 * 1024, marks=[pytest.mark.soak, pytest.mark.timeout(3600)], id="5GB"),
]


@pytest.mark.parametrize("size", SIZES)
def test_case_035_one_giant_line_is_cut_out_as_it_streams(lake, make, size):
    path = lake.inbox / "line.json"
    with open(path, "wb") as handle:
        handle.write(make.lines(make.mixpanel(1)) + b'{"event":"')
        for _ in range(size):
            handle.write(b"x" * MB)
        handle.write(b'"}\n' + make.lines(make.mixpanel(2)))
    assert ingested(lake, path)[:3] == (2, 1, "LINE_TOO_LONG")


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(150, id="150MB"),
        pytest.param(20 * 1024, marks=[pytest.mark.soak, pytest.mark.timeout(7200)], id="20GB"),
    ],
)
def test_case_026_one_giant_file_streams_with_progress(lake, make, size):
    """Members of gzip one after the other, each ten megabytes of events."""
    events = b"".join(
        make.lines(make.mixpanel(n, time=1_709_597_998, pad=f"{n:x}" * 150)) for n in range(9_000)
    )
    member = gzip.compress(events, 1)
    copies = size * MB // len(events)
    path = lake.inbox / "giant.json.gz"
    with open(path, "wb") as handle:
        for _ in range(copies):
            handle.write(member)
    rows, refused, _, calls = ingested(lake, path)
    assert (rows, refused) == (9_000 * copies, 0)
    assert calls > 0


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(300, id="300MB"),
        pytest.param(10 * 1024, marks=[pytest.mark.soak, pytest.mark.timeout(3600)], id="10GB"),
    ],
)
@pytest.mark.parametrize("packed", ["zip", "gzip"])
def test_case_015_a_bomb_is_stopped_while_it_unpacks(lake, make, packed, size):
    path = lake.inbox / f"bomb.{packed}"
    if packed == "zip":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("1/1_2024-03-05_1#0.json", "w", force_zip64=True) as entry,
        ):
            for _ in range(size):
                entry.write(b"x" * MB)
    else:
        with gzip.open(path, "wb") as handle:
            handle.write(make.lines(make.mixpanel(1)) + b'{"event":"')
            for _ in range(size):
                handle.write(b"x" * MB)
    assert ingested(lake, path)[:3] == (0, 0, "ZIP_LIMIT")
