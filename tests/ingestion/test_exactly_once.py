"""Exactly once, whatever is delivered: generated deliveries against a model of the rules in plain Python (I1, I2, I3, I10).

The model knows what `interface.md` says about files, duplicates, replacement and identity, and nothing of the code: no
SQL, no manifest. More than 1,000 files are delivered in all (the parts, their examples and the files of each are counted
below), some packed otherwise, some again, some after a crash. What it says about a sequence of deliveries must be what
the manifest and the raw rows say.
"""

from __future__ import annotations

import functools
import gzip
import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ingestion import failpoints
from ingestion.landing import DataPaths
from ingestion.load import FileRequest, IngestSettings, ingest, recover
from ingestion.manifest import Manifest

START = datetime(2024, 3, 1)
LATE_DAYS = 100
PROJECTS = ("p", "q")
NAMES = ("a", "b", "c", "d")


# --- What is delivered -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Record:
    """One line of a file: which event it is, which version of it, and what is special about it."""

    number: int
    version: int = 0
    kind: str = "plain"  # plain | no_id | late | bad

    @property
    def received(self) -> datetime:
        return START + timedelta(days=self.number, minutes=self.version)

    @property
    def happened(self) -> datetime:
        age = timedelta(days=400) if self.kind == "late" else timedelta(seconds=self.number)
        return START + timedelta(days=self.number) - age


@dataclass(frozen=True)
class Sent:
    """One delivery: a file of records under a name, packed somehow, perhaps interrupted on its first try."""

    project: str
    name: str
    records: tuple[Record, ...]
    packing: str = "plain"
    crash: str | None = None  # the failpoint at which the first try stops
    ends_call: bool = False  # is this the last file of its call?


PACKINGS = ("plain", "plain", "gz", "gz9", "two", "zip")
KINDS = ("plain", "plain", "plain", "no_id", "late", "bad")
RECORDS = st.builds(Record, st.integers(0, 6), st.integers(0, 2), st.sampled_from(KINDS))
CRASHES = st.sampled_from((*(None,) * 70, *failpoints.POINTS))
LAST_OF_CALL = st.sampled_from((True, *(False,) * 5))  # a call costs more than a file


@st.composite
def deliveries(draw: st.DrawFn, count: int) -> list[Sent]:
    """Many deliveries out of a few files, so that contents and names come again and overlap."""
    pool = draw(st.lists(st.lists(RECORDS, max_size=6).map(tuple), min_size=5, max_size=9))
    return [
        Sent(
            draw(st.sampled_from(PROJECTS)), draw(st.sampled_from(NAMES)), draw(st.sampled_from(pool)),
            draw(st.sampled_from(PACKINGS)), draw(CRASHES), draw(LAST_OF_CALL),
        )
        for _ in range(count)
    ]  # fmt: skip


def packed(data: bytes, packing: str) -> bytes:
    """The same content in another container."""
    if packing == "gz":
        return gzip.compress(data, 1)
    if packing == "gz9":
        return gzip.compress(data, 9)
    if packing == "two":
        half = len(data) // 2
        return gzip.compress(data[:half]) + gzip.compress(data[half:])
    if packing == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("inside.json", data)
        return buffer.getvalue()
    return data


# --- The model ---------------------------------------------------------------------------------------------------------


@dataclass
class Load:
    """What the rules say about one accepted file."""

    project: str
    name: str
    seen: int
    quarantined: int
    rows: tuple[Any, ...]  # in order; each has .identity, .received and .payload
    is_live: bool = True

    @property
    def edges(self) -> tuple[datetime, datetime] | None:
        times = [row.received for row in self.rows]
        return (min(times), max(times)) if times else None


@dataclass(frozen=True)
class Row:
    identity: tuple[Any, ...]
    received: datetime
    payload: tuple[Any, ...]
    second: str | None = None


@dataclass
class Model:
    """The rules of files: known content is a duplicate; a newer file of a name may replace the older."""

    rows_of: Callable[[Sent], tuple[int, tuple[Row, ...]]]  # refused records, and rows
    is_snapshot: bool = False
    has_kinds: bool = False
    loads: list[Load] = field(default_factory=list)
    known: set[tuple[str, bytes]] = field(default_factory=set)

    def deliver(self, sent: Sent, data: bytes) -> None:
        is_one_broken_line = [record.kind for record in sent.records if self.has_kinds] == ["bad"]
        if is_one_broken_line or (sent.project, data) in self.known:
            return  # one line that is no JSON has no shape at all: the file is rejected
        self.known.add((sent.project, data))
        bad, rows = self.rows_of(sent)
        if not bad and not rows:
            return
        new = Load(sent.project, sent.name, bad + len(rows), bad, rows)
        for old in self.loads:
            same_name = (old.project, old.name) == (new.project, new.name)
            if same_name and old.is_live and self._replaces(new, old):
                old.is_live = False
        self.loads.append(new)

    def _replaces(self, new: Load, old: Load) -> bool:
        if self.is_snapshot:
            return True
        if new.edges is None or old.edges is None:
            return False
        return new.edges[0] <= old.edges[0] and old.edges[1] <= new.edges[1]

    def live_rows(self, project: str) -> list[tuple[int, Row]]:
        return [(index, row) for index, load in enumerate(self.loads) if load.is_live and load.project == project for row in load.rows]  # fmt: skip

    def counts(self) -> list[tuple[int, int, int, int, int]]:
        """Seen, loaded, duplicate, superseded and quarantined of every load, in order."""
        first: dict[int, int] = dict.fromkeys(range(len(self.loads)), 0)
        for project in {load.project for load in self.loads}:
            for loads in self.events(project).values():
                first[min(loads)] += 1
        return [
            (
                load.seen,
                first[index],
                len(load.rows) - first[index] if load.is_live else 0,
                0 if load.is_live else len(load.rows),
                load.quarantined,
            )
            for index, load in enumerate(self.loads)
        ]

    def events(self, project: str) -> dict[Any, list[int]]:
        """Every event that counts once, with the loads that brought it."""
        found: dict[Any, list[int]] = {}
        for index, row in self.live_rows(project):
            found.setdefault(row.identity, []).append(index)
        return found

    def winners(self, project: str) -> dict[tuple[Any, ...], Row]:
        """The version of each identity that was received last."""
        best: dict[tuple[Any, ...], Row] = {}
        for _, row in self.live_rows(project):
            now = best.get(row.identity)
            if now is None or (row.received, row.payload) > (now.received, now.payload):
                best[row.identity] = row
        return best


# --- The product -------------------------------------------------------------------------------------------------------


class World:
    """A data folder that generated deliveries go to."""

    def __init__(self, root: Path, source: str, declared: IngestSettings) -> None:
        self.paths, self.source, self.declared = DataPaths(root / "data"), source, declared
        self._inbox = root / "inbox"
        self._held: list[FileRequest] = []
        self.delivered = 0

    def send(self, sent: Sent, data: bytes) -> None:
        """Puts the file on the way; a crash first loses it at some point, then it is sent again."""
        folder = self._inbox / str(self.delivered)
        folder.mkdir(parents=True)
        path = folder / sent.name
        path.write_bytes(packed(data, sent.packing))
        self._held.append(FileRequest(path, self.source, sent.project))
        self.delivered += 1
        if sent.crash:
            self._crash(sent.crash)
        if sent.ends_call or sent.crash:
            self.flush()

    def flush(self) -> None:
        for report in ingest(self.paths, self._held, self.declared):
            counts = (report.loaded, report.duplicate, report.superseded, report.quarantined, report.filtered)  # fmt: skip
            assert report.records_seen == sum(counts)
        self._held = []

    def _crash(self, point: str) -> None:
        def stop(reached: str) -> None:
            if reached == point:
                raise InterruptedError(point)

        failpoints.arm(stop)
        try:
            ingest(self.paths, self._held, self.declared)
        except InterruptedError:
            return
        finally:
            failpoints.disarm()

    def counts(self) -> list[tuple[int, int, int, int, int]]:
        names = "records_seen, loaded, duplicate, superseded, quarantined"
        with Manifest(self.paths.manifest) as manifest:
            return [tuple(row) for row in manifest.rows(f"select {names} from loads order by load_id")]  # fmt: skip

    def live(self, project: str, columns: str, received: str) -> list[tuple[Any, ...]]:
        """The winning row of every identity, by the rule that dbt's staging models follow."""
        table = {"people": "people"}.get(self.source, "events")
        with Manifest(self.paths.manifest) as manifest:
            live = [x.load_id for x in manifest.loads(project=project) if x.state == "live"]
        if not live:
            return []
        with _reading().cursor() as con:
            return con.execute(
                f"select {columns} from read_parquet(?, hive_partitioning = false)"
                " where list_contains(?, _load_id) qualify row_number() over (partition by _identity"
                f" order by {received} desc nulls last, _payload_hash desc, _load_id) = 1",
                [f"{self.paths.raw}/{self.source}/{table}/load=*/part-*.parquet", live],
            ).fetchall()


@functools.cache
def _reading() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1, "enable_external_file_cache": False})


@contextmanager
def world(source: str, declared: dict[str, Any] | None = None) -> Iterator[World]:
    in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # no waiting for a disk
    root = Path(tempfile.mkdtemp(prefix="deliveries-", dir=in_memory))
    project = dict.fromkeys(PROJECTS, declared or {})
    try:
        yield World(root, source, IngestSettings({source: {"projects": project}}))
    finally:
        shutil.rmtree(root)


def deliver(lake: World, model: Model, sent: Sent, data: bytes) -> None:
    """The same file to the product and to the model."""
    model.deliver(sent, data)
    lake.send(sent, data)


def generated(examples: int, part: int = 0) -> Callable[[Any], Any]:
    """The same examples on every machine, so that a failure is never a matter of luck; parts run side by side."""
    chosen = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(part)(chosen(test))


# --- Events with an id -------------------------------------------------------------------------------------------------


def posthog(record: Record) -> str:
    if record.kind == "bad":
        return f'{{"event": oops {record.number}'
    event = {
        "uuid": "" if record.kind == "no_id" else f"018e0c55-9f0a-7c3e-8a51-{record.number:012d}",
        "event": "view", "distinct_id": f"u{record.number}", "person_id": "p",
        "properties": {"n": record.number, "v": record.version},
        "timestamp": f"{record.happened.isoformat()}+00:00", "created_at": f"{record.received.isoformat()}+00:00",
    }  # fmt: skip
    return json.dumps(event)


def lines(records: Sequence[Record], write: Callable[[Record], str]) -> bytes:
    return "".join(write(record) + "\n" for record in records).encode()


def posthog_rows(sent: Sent) -> tuple[int, tuple[Row, ...]]:
    """A late record is refused in a project with a limit; without an id, the content is the identity."""
    good = [record for record in sent.records if record.kind not in ("bad", "late")]
    rows = tuple(
        Row(
            ("content", r.number, r.version) if r.kind == "no_id" else ("id", r.number),
            r.received,
            (r.number, r.version, r.kind == "no_id"),
        )
        for r in good
    )
    return len(sent.records) - len(good), rows


def run_posthog(sequence: Sequence[Sent]) -> tuple[Model, World, dict[str, set[Any]]]:
    """Delivers everything, compares counts and rows with the model, and gives both back."""
    with world("posthog", {"late_days": LATE_DAYS}) as lake:
        model = Model(posthog_rows, has_kinds=True)
        # History first: what comes before it is complete is never too late.
        for project in PROJECTS:
            first = Sent(project, "history", (Record(100),))
            deliver(lake, model, first, lines(first.records, posthog))
        lake.flush()
        for sent in sequence:
            deliver(lake, model, sent, lines(sent.records, posthog))
        lake.flush()
        assert lake.counts() == model.counts()
        found = {}
        for project in PROJECTS:
            columns = "json_extract_string(properties, ['$.n', '$.v']), contains(_flags, 'NO_ID')"
            rows = lake.live(project, columns, "created_at")
            found[project] = {(int(n), int(v), no_id) for (n, v), no_id in rows}
            assert len(found[project]) == len(rows), "I2: one live row for each identity"
            assert found[project] == {row.payload for row in model.winners(project).values()}
        assert recover(lake.paths) == [], "I10"
        return model, lake, found


@pytest.mark.parametrize("part", range(4))
def test_i2_generated_deliveries_of_events_are_counted_and_kept_as_the_model_says(
    part: int,
) -> None:
    total = 0

    @generated(7, part)
    @given(deliveries(20))
    def check(sequence: list[Sent]) -> None:
        nonlocal total
        _, lake, _ = run_posthog(sequence)
        total += lake.delivered

    check()
    assert total >= 7 * 20


@pytest.mark.parametrize("world_number", range(4))
def test_i3_live_rows_are_a_function_of_the_set_of_files(world_number: int) -> None:
    """Files of different names in any order, calls, containers, and merged or split otherwise: the same live rows."""
    random = Random(world_number)
    records = [Record(random.randrange(7), random.randrange(3), random.choice(KINDS[:5])) for _ in range(24)]  # fmt: skip
    outcomes = set()
    for _ in range(3):
        random.shuffle(records)
        cuts = sorted(random.sample(range(1, len(records)), random.randrange(3, 9)))
        files = [tuple(records[a:b]) for a, b in zip([0, *cuts], [*cuts, len(records)], strict=True)]  # fmt: skip
        sequence = [
            Sent(
                "p",
                f"{number}.json",
                file,
                random.choice(PACKINGS),
                random.choice((*(None,) * 60, *failpoints.POINTS)),
                random.random() < 0.2,
            )
            for number, file in enumerate(files)
        ]
        sequence += random.sample(sequence, 2)  # some are delivered again
        _, _, found = run_posthog(sequence)
        outcomes.add(frozenset(found["p"]))
    assert len(outcomes) == 1


@generated(60)
@given(deliveries(8), st.randoms(use_true_random=False))
def test_i3_the_model_itself_does_not_depend_on_order_where_nothing_is_replaced(
    sequence: list[Sent], random: Random
) -> None:
    """So that agreeing with it means something: the sum of what is loaded and who wins is the same in any order."""
    outcomes = set()
    for _ in range(4):
        model = Model(posthog_rows, has_kinds=True)
        for number, sent in enumerate(sequence):
            alone = Sent(sent.project, f"{number}", sent.records)
            model.deliver(alone, lines(sent.records, posthog))
        winners = [frozenset(row.payload for row in model.winners(p).values()) for p in PROJECTS]
        outcomes.add((sum(count[1] for count in model.counts()), *winners))
        random.shuffle(sequence)
    assert len(outcomes) == 1


# --- Events with a second key ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Retry:
    """An event that a client may have sent again under another id but with the same insert id."""

    uuid: int
    insert: int
    day: int  # of its upload
    version: int

    @property
    def uploaded(self) -> datetime:
        seconds = (
            2 * self.version + self.insert
        )  # no two versions at once: the winner is never left to a hash
        return START + timedelta(days=self.day, minutes=self.uuid, seconds=seconds)


def amplitude(record: Retry) -> str:
    at = record.uploaded.isoformat(sep=" ") + ".000000"
    event = {
        "$insert_id": f"ins-{record.insert}", "uuid": f"00000000-0000-4000-8000-{record.uuid:012d}",
        "event_type": "view", "user_id": "u", "device_id": "d", "event_time": at, "client_event_time": at,
        "server_upload_time": at, "event_properties": {"v": record.version},
    }  # fmt: skip
    return json.dumps(event)


class SecondKey(Model):
    """Besides: among the winners, those of one second key count once while their uploads are at most 7 days apart."""

    def events(self, project: str) -> dict[Any, list[int]]:
        by_identity = super().events(project)
        by_second: dict[Any, list[Row]] = {}
        for row in self.winners(project).values():
            by_second.setdefault(row.second, []).append(row)
        found: dict[Any, list[int]] = {}
        for second, rows in by_second.items():
            group, last = 0, None
            for row in sorted(rows, key=lambda row: (row.received, row.identity)):
                if last is not None and row.received - last > timedelta(days=7):
                    group += 1
                last = row.received
                found.setdefault((second, group), []).extend(by_identity[row.identity])
        return found


RETRIES = st.builds(
    Retry,
    st.integers(0, 5),
    st.integers(0, 1),
    st.sampled_from((0, 5, 7, 12, 30)),
    st.integers(0, 1),
)


@st.composite
def retry_deliveries(draw: st.DrawFn, count: int) -> list[Sent]:
    pool = draw(st.lists(st.lists(RETRIES, max_size=5).map(tuple), min_size=5, max_size=8))
    return [
        Sent(draw(st.sampled_from(PROJECTS)), draw(st.sampled_from(NAMES)), draw(st.sampled_from(pool)), ends_call=draw(LAST_OF_CALL))
        for _ in range(count)
    ]  # fmt: skip


def retry_rows(sent: Sent) -> tuple[int, tuple[Row, ...]]:
    return 0, tuple(
        Row((r.uuid,), r.uploaded, (r.version,), f"ins-{r.insert}")
        for r in sent.records  # type: ignore[attr-defined]
    )


def test_i2_generated_deliveries_of_retried_events_are_counted_as_the_model_says() -> None:
    total = 0

    @generated(12)
    @given(retry_deliveries(16))
    def check(sequence: list[Sent]) -> None:
        nonlocal total
        with world("amplitude") as lake:
            model = SecondKey(retry_rows)
            for sent in sequence:
                deliver(lake, model, sent, lines(sent.records, amplitude))  # type: ignore[arg-type]
            lake.flush()
            assert lake.counts() == model.counts()
            total += lake.delivered

    check()
    assert total >= 180


# --- Lists that replace each other -------------------------------------------------------------------------------------


def person(record: Record) -> str:
    return f"p{record.number},role {record.version}"


def people(records: Sequence[Record]) -> bytes:
    return ("person_id,role\n" + "".join(person(record) + "\n" for record in records)).encode()


def people_rows(sent: Sent) -> tuple[int, tuple[Row, ...]]:
    """Nothing tells which of two versions is newer: any may win, so only counts are compared."""
    return 0, tuple(Row((r.number,), START, (r.number,)) for r in sent.records)


def test_i2_generated_lists_replace_each_other_as_the_model_says() -> None:
    total = 0

    @generated(10)
    @given(deliveries(14))
    def check(sequence: list[Sent]) -> None:
        nonlocal total
        with world("people") as lake:
            model = Model(people_rows, is_snapshot=True)
            for sent in sequence:
                deliver(lake, model, sent, people(sent.records))
            lake.flush()
            assert lake.counts() == model.counts()
            for project in PROJECTS:
                rows = lake.live(project, "person_id", "cast(null as timestamp)")
                assert {row[0] for row in rows} == {f"p{row.payload[0]}" for row in model.winners(project).values()}  # fmt: skip
            total += lake.delivered

    check()
    assert total >= 120
