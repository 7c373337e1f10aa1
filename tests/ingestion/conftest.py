"""A data folder that files are delivered to, with the invariants checked after every delivery."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from literal_exports import Example

from ingestion import quarantine
from ingestion.contract import all_contracts
from ingestion.landing import DataPaths
from ingestion.load import FileReport, FileRequest, IngestSettings, ingest, recover
from ingestion.manifest import Load, Manifest
from ingestion.reasons import REASONS

COUNTS = ("loaded", "duplicate", "superseded", "quarantined", "filtered")


@functools.cache
def _instance() -> duckdb.DuckDBPyConnection:
    """Opening a DuckDB costs more than a delivery's other steps together; what reads Parquet needs only one."""
    return duckdb.connect(config={"threads": 1, "enable_external_file_cache": False})


def reading() -> duckdb.DuckDBPyConnection:
    return _instance().cursor()


# Files about engines, threads, memory or processes, and those of few calls: ingestion opens its own engines there.
OWN_ENGINES = ("test_ahead", "test_conformance", "test_memory", "test_prefetch", "test_recovery")


@functools.cache
def _engine(threads: str, memory: str) -> duckdb.DuckDBPyConnection:
    config = {"threads": threads, "memory_limit": memory, "enable_external_file_cache": False}
    return duckdb.connect(config=config)


@pytest.fixture(autouse=True, scope="module")
def one_engine(request: pytest.FixtureRequest) -> Iterator[None]:
    """A call of `ingest` opens two engines, which for a file of three records takes as long as all else.

    Here each is a connection of its own to an engine of the same settings that is open already.
    """
    if request.module.__name__.split(".")[-1] in OWN_ENGINES:
        yield
        return
    real = duckdb.connect

    def connect(database: str = ":memory:", **more: Any) -> duckdb.DuckDBPyConnection:
        config = more.get("config") or {}
        if database == ":memory:" and "temp_directory" in config:
            return _engine(config["threads"], config["memory_limit"]).cursor()
        return real(database, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duckdb, "connect", connect)
        yield


@dataclass(frozen=True)
class Sent:
    """A file in the shape of a literal export, and the project that it goes to."""

    example: Example
    project: str
    data: bytes | str
    name: str


class Lake:
    """Delivers bytes as files and reads back what became of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = DataPaths(root / "data")
        self.inbox = root / "inbox"
        self.inbox.mkdir(exist_ok=True)
        self.settings = IngestSettings()

    def deliver(
        self, data: bytes | str, source: str | None, name: str = "export.json", project: str = "p"
    ) -> FileReport:
        """Ingests the bytes as one file and checks the invariants."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return self.ingest(path, source, project)

    def deliver_example(
        self, example: Example, data: bytes | str | None = None, name: str | None = None
    ) -> FileReport:
        """Ingests a literal export, or other bytes in its place, with the settings that it needs."""
        self.declare(example)
        return self.deliver(
            example.data if data is None else data, example.source, name or example.name
        )

    def declare(self, example: Example) -> None:
        """From now on the project has the settings that this export needs."""
        settings = {example.source: {"projects": {"p": example.settings or {}}}}
        self.settings = IngestSettings(settings)

    def ingest(self, path: Path, source: str | None, project: str = "p") -> FileReport:
        return self._ingest([FileRequest(path, source, project)])[0]

    def deliver_all(
        self, files: Mapping[str, bytes | str], source: str, project: str = "p"
    ) -> dict[str, FileReport]:
        """Ingests several files in one call and checks the invariants once; reports by name."""
        requests = []
        for name, data in files.items():
            path = self.inbox / name
            path.write_bytes(data.encode() if isinstance(data, str) else data)
            requests.append(FileRequest(path, source, project))
        return dict(zip(files, self._ingest(requests), strict=True))

    def deliver_examples(self, sent: Sequence[Sent]) -> list[FileReport]:
        """Ingests files of many sources in one call and checks the invariants once: a call costs more than a file."""
        declared: dict[str, dict[str, Any]] = {}
        requests = []
        for file in sent:
            projects = declared.setdefault(file.example.source, {"projects": {}})["projects"]
            projects[file.project] = file.example.settings or {}
            path = self.inbox / file.project / file.name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(file.data.encode() if isinstance(file.data, str) else file.data)
            requests.append(FileRequest(path, file.example.source, file.project))
        self.settings = IngestSettings(declared)
        return self._ingest(requests)

    def _ingest(self, requests: Sequence[FileRequest]) -> list[FileReport]:
        reports = ingest(self.paths, requests, self.settings)
        self.check()
        for report in reports:
            assert report.records_seen == sum(getattr(report, name) for name in COUNTS), report
            assert report.reason is None or report.reason in REASONS
        return reports

    def rows(
        self, table: str, columns: str = "*", project: str | None = None
    ) -> list[tuple[Any, ...]]:
        """Rows of live loads of `source.table`, of one project where it is given."""
        source, name = table.split(".")
        glob = f"{self.paths.raw}/{source}/{name}/load=*/part-*.parquet"
        wanted = {"source": source} | ({"project": project} if project else {})
        with Manifest(self.paths.manifest) as manifest:
            live = [load.load_id for load in manifest.loads(**wanted) if load.state == "live"]
        with reading() as con:
            return con.execute(
                f"select {columns} from read_parquet('{glob}', hive_partitioning = false)"
                " where list_contains(?, _load_id) order by _load_id, _member, _line",
                [live],
            ).fetchall()

    def winners(
        self, table: str, columns: str, received: str, where: str = "true"
    ) -> list[tuple[Any, ...]]:
        """The live row of every identity, by the rule that dbt's staging models follow."""
        chosen = (
            f"{columns} {{}} qualify row_number() over (partition by _identity order by {received}"
            " desc nulls last, _payload_hash desc, _load_id, _line) = 1"
        )
        source, name = table.split(".")
        glob = f"{self.paths.raw}/{source}/{name}/load=*/part-*.parquet"
        live = [number for number, load in self.loads().items() if load.state == "live"]
        query = chosen.format(
            f"from read_parquet('{glob}', hive_partitioning = false) where list_contains(?, _load_id) and {where}"
        )
        with reading() as con:
            return con.execute(f"select {query}", [live]).fetchall()

    def columns(self, table: str, load: int | str = "*") -> dict[str, str]:
        """The Parquet columns of a raw table with their types."""
        source, name = table.split(".")
        glob = f"{self.paths.raw}/{source}/{name}/load={load}/part-*.parquet"
        with reading() as con:
            query = f"describe select * from read_parquet('{glob}', hive_partitioning = false)"
            return {row[0]: row[1] for row in con.execute(query).fetchall()}

    def loads(self) -> dict[int, Load]:
        """Every committed load by its number."""
        with Manifest(self.paths.manifest) as manifest:
            return {load.load_id: load for load in manifest.loads()}

    def codes(self, project: str | None = None) -> dict[int | None, str]:
        """Quarantined reason by line, of one project where it is given."""
        return {
            record.line: record.code
            for record in quarantine.list_records(self.paths)
            if project in (None, record.project)
        }

    def raw_of(self, code: str) -> bytes:
        """The kept bytes of the one record with this code."""
        found = [r for r in quarantine.list_records(self.paths) if r.code == code]
        assert len(found) == 1, found
        return quarantine.show(self.paths, found[0].id)

    def check(self) -> None:
        """What holds after every delivery, good or bad: I1, I2, I3, I7, I8 and I10."""
        with Manifest(self.paths.manifest) as manifest:
            loads = manifest.loads()
            for load in loads:
                parts = [getattr(load, name) for name in COUNTS]
                assert load.records_seen == sum(parts) and min(parts) >= 0, load  # I1
                assert (load.state == "live") == (load.superseded == 0 or load.rows == 0), load
            self._check_files(manifest, loads)
            self._check_quarantine(manifest)
            assert not manifest.rows("select 1 from recounts"), "I10: every count is finished"
        self._check_rows(loads)
        assert recover(self.paths) == [], "I10: nothing is left over"

    def _check_files(self, manifest: Manifest, loads: list[Load]) -> None:
        """I1 and I8 for each file: its loads hold all its records, and a refusal explains itself."""
        for file in manifest.rows("select * from files"):
            of_file = [load for load in loads if load.file_id == file["file_id"]]
            if file["status"] in ("loaded", "partial", "empty"):
                for name in ("records_seen", "quarantined", "filtered"):
                    assert file[name] == sum(getattr(load, name) for load in of_file), name
                archived = self.paths.archive / file["raw_sha256"]
                assert archived.stat().st_size == file["size"], "I7: the bytes are kept"
            else:
                assert not of_file, dict(file)
            if file["status"] == "rejected":
                assert file["reason"] in REASONS
                assert file["message"] and "Traceback" not in file["message"]

    def _check_quarantine(self, manifest: Manifest) -> None:
        """I1 and I8: every refused record is kept with its bytes, its place and a reason in words."""
        rows = manifest.rows("select * from quarantine")
        refused = manifest.rows("select coalesce(sum(quarantined), 0) from files")[0][0]
        assert len(rows) == refused
        for row in rows:
            assert row["code"] in REASONS and row["message"], dict(row)
            assert row["line"] or row["byte_offset"] is not None or row["member"], dict(row)
            raw = quarantine.read_raw(
                self.paths.quarantine / f"{row['file_id']}.raw", row["raw_offset"], row["raw_size"]
            )
            assert len(raw) == row["raw_size"]
            if row["raw_size"] == row["full_size"]:
                assert hashlib.sha256(raw).hexdigest() == row["sha256"]

    def _check_rows(self, loads: list[Load]) -> None:
        """I2, I3 and I7: committed rows are on the disk, and each identity counts once, in whatever order it came."""
        found = {(load.source, load.table_name): {} for load in loads}
        for load in loads:
            found[load.source, load.table_name][load.load_id] = load
        for (source, name), of_table in found.items():
            files = [
                str(path)
                for load in of_table.values()
                for path in sorted(self.paths.load_dir(source, name, load.load_id).glob("part-*"))
            ]
            assert files or not any(load.rows for load in of_table.values())
            if not files:
                continue
            live = [load.load_id for load in of_table.values() if load.state == "live"]
            with reading() as con:
                stored = con.execute(
                    "select _load_id, count(*) from read_parquet(?, hive_partitioning = false) group by 1",
                    [files],
                ).fetchall()
                query = (
                    "select count(distinct _identity), max(_second_identity) from read_parquet(?,"
                    " hive_partitioning = false) where list_contains(?, _load_id)"
                )
                identities, second = con.execute(query, [files, live]).fetchall()[0]
            assert dict(stored) == {k: load.rows for k, load in of_table.items() if load.rows}
            counted = sum(load.loaded for load in of_table.values())
            declared = all_contracts()[source].table(name).second_identity
            assert counted == identities or (declared and second and counted < identities)


@contextmanager
def _new_lake(folder: Path) -> Iterator[Lake]:
    """In memory where there is room: every delivery waits for the disk several times, which proves nothing here."""
    if not _has_room(Path("/dev/shm")):
        yield Lake(folder)
        return
    with tempfile.TemporaryDirectory(prefix="lake-", dir="/dev/shm") as in_memory:
        yield Lake(Path(in_memory))


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with _new_lake(tmp_path) as lake:
        yield lake


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """For many files that do not meet: each in a project of its own."""
    with _new_lake(tmp_path_factory.mktemp("lake")) as lake:
        yield lake


@pytest.fixture(scope="session")
def send() -> type[Sent]:
    return Sent


def _has_room(folder: Path) -> bool:
    return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2_000_000_000


class Make:
    """Builds exports of the three event sources."""

    @staticmethod
    def amplitude(number: int = 1, **changes: Any) -> dict[str, Any]:
        at = "2024-03-05 10:00:00.000000"
        event = {
            "$insert_id": f"ins-{number}", "uuid": f"00000000-0000-4000-8000-{number:012d}", "event_type": "view",
            "amplitude_id": 9_007_199_254_740_993, "user_id": f"u{number}", "device_id": f"d{number}", "session_id": -1,
            "event_time": at, "client_event_time": at, "client_upload_time": at, "server_received_time": at,
            "server_upload_time": at, "event_properties": {"n": number}, "user_properties": {}, "groups": {},
            "data": {}, "platform": "Web", "country": "Germany", "library": "x/1", "version_name": None,
        }  # fmt: skip
        return {**event, **changes}

    @staticmethod
    def mixpanel(number: int = 1, **changes: Any) -> dict[str, Any]:
        properties = {
            "time": 1_709_597_998 + number, "distinct_id": f"u{number}", "$user_id": f"u{number}",
            "$insert_id": f"ins-{number}", "mp_processing_time_ms": 1_709_598_100_000, "mp_lib": "web",
        }  # fmt: skip
        return {"event": "view", "properties": {**properties, **changes}}

    @staticmethod
    def posthog(number: int = 1, **changes: Any) -> dict[str, Any]:
        event = {
            "uuid": f"018e0c55-9f0a-7c3e-8a51-{number:012d}", "event": "view", "distinct_id": f"u{number}",
            "person_id": f"p{number}", "properties": {"n": number}, "person_properties": {},
            "timestamp": "2024-03-05T00:19:58.120000+00:00", "created_at": "2024-03-05T00:20:01.003000+00:00",
        }  # fmt: skip
        return {**event, **changes}

    @staticmethod
    def lines(*records: Mapping[str, Any] | str | bytes) -> bytes:
        parts = [
            r
            if isinstance(r, bytes)
            else r.encode()
            if isinstance(r, str)
            else json.dumps(r).encode()
            for r in records
        ]
        return b"\n".join(parts) + b"\n"

    @staticmethod
    def zip(path: Path, members: Mapping[str, bytes], level: int = 6) -> bytes:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, gzip.compress(data, level, mtime=0))
        return path.read_bytes()

    def many(self, source: str, numbers: Sequence[int]) -> bytes:
        return self.lines(*(getattr(self, source)(n) for n in numbers))


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def contracts() -> dict[str, Any]:
    return dict(all_contracts())
