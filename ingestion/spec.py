"""The words that readers and the ingestion core share.

Knows: requests, reports, rejections, bad records and what a reader has to say about its source.
Must not know: any single source, the manifest, or where data lives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LINE_LIMIT = 8 * 1024 * 1024  # a longer line is cut out, never parsed
KEPT_OF_LONG_LINE = 4096
DEPTH_LIMIT = 64
DOCUMENT_LIMIT = 64 * 1024 * 1024  # a JSON document that is not line by line is read whole
SLICE_BYTES = 32 * 1024 * 1024  # lines that are typed together
CUT_BYTES = (
    1024 * 1024
)  # lines that are cut at once: such memory is used again and not asked for anew


def printable(text: str) -> str:
    """A text without characters that could act on a terminal, a log or a page, or that are half of a character."""
    return "".join(
        char if char.isprintable() and char not in _TURNING else f"\\x{ord(char):02x}"
        for char in text
    )


_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they turn the direction of what follows


class Reject(Exception):
    """The whole file is refused; nothing of it is loaded."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = printable(message)


class BadRecord(Exception):
    """One record cannot be used; the rest of the file can."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = printable(message)


@dataclass(frozen=True)
class Bad:
    """A record for the quarantine, with the raw bytes as delivered."""

    member: str
    line: int | None
    offset: int | None
    code: str
    message: str
    raw: bytes
    full_size: int | None = None  # larger than len(raw) when only the start was kept
    sha256: str | None = None


def refused(
    member: str, line: int | None, offset: int | None, problem: tuple[str, str], raw: bytes
) -> Bad:
    """A refused record; of one that is too long, its start with the size and the hash of the whole."""
    code, message = problem
    if code != "LINE_TOO_LONG":
        return Bad(member, line, offset, code, message, raw)
    digest = hashlib.sha256(raw).hexdigest()
    return Bad(member, line, offset, code, message, raw[:KEPT_OF_LONG_LINE], len(raw), digest)


@dataclass(frozen=True)
class Found:
    """One record with its number (line, row or element), the bytes it came from and what stands around it."""

    line: int
    record: Mapping[str, Any]
    raw: bytes
    offset: int | None = None
    page_key: str | None = None  # the key of the API page whose list it is in
    page: Mapping[str, Any] = field(default_factory=dict)  # that page's other fields


@dataclass(frozen=True)
class Head:
    """What the head of a CSV says: the columns' names, and what it tells about all rows, such as zones or questions.

    `page` reaches `parse` and `is_filtered` as `context.page`.
    """

    names: Sequence[str]
    page: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Filtered:
    """A row that is no record of the source by a declared rule, such as the totals line of a report."""

    line: int


@dataclass(frozen=True)
class FileRequest:
    """A file to ingest; without a source the reader is detected from the content."""

    path: Path
    source: str | None = None
    project: str = "default"


@dataclass(frozen=True)
class FileReport:
    """What became of one file; `records_seen` is always the sum of the five counts."""

    file: str
    source: str | None
    project: str
    status: str  # loaded | partial | duplicate | rejected | empty
    reason: str | None = None
    message: str | None = None
    records_seen: int = 0
    loaded: int = 0
    duplicate: int = 0
    superseded: int = 0
    quarantined: int = 0
    filtered: int = 0
    warnings: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The public form of `ingest --json`."""
        names = (
            "file source project status reason message "
            "records_seen loaded duplicate superseded quarantined filtered"
        )
        shown = {name: getattr(self, name) for name in names.split()}
        return {**shown, "warnings": dict(self.warnings)}


@dataclass(frozen=True)
class Progress:
    """How far one file is; told at most twice a second while it is read, and at its end."""

    file: str
    bytes_done: int
    bytes_total: int
    records: int
    seconds: float


@dataclass(frozen=True)
class IngestSettings:
    """What the company's `settings.yml` says about sources, as `sources.<s>.projects.<p>`."""

    sources: Mapping[str, Any] = field(default_factory=dict)
    timezone: str = "UTC"

    def project(self, source: str, project: str) -> Mapping[str, Any]:
        """The settings of one project of one source; empty where nothing is declared."""
        projects = (self.sources.get(source) or {}).get("projects") or {}
        return projects.get(project) or {}


@dataclass(frozen=True)
class Context:
    """What a reader may know about the file at hand."""

    source: str
    project: str
    settings: Mapping[str, Any]
    company_timezone: str = "UTC"
    file_name: str = ""
    member: str = ""
    table: str = ""  # the raw table that the record at hand goes to
    page: Mapping[str, Any] = field(
        default_factory=dict
    )  # the other fields of the record's API page, or what the head of a CSV told
    learned: Mapping[str, Any] = field(
        default_factory=dict
    )  # what `learn` found in the whole member


@dataclass(frozen=True)
class Sample:
    """The start of a file, for the choice of a reader."""

    file_name: str
    member: str
    shape: str  # ndjson | json | csv | yaml | ics | pgdump
    records: tuple[Mapping[str, Any], ...]
    header: tuple[str, ...] = ()  # the first row of a CSV, as delivered
    page_key: str | None = None


@dataclass(frozen=True)
class TypedSql:
    """How a slice of JSON lines becomes rows of one raw table.

    `columns` are the keys that are read, with their DuckDB type (VARCHAR or JSON, so that nothing is guessed).
    `select` maps each contract column, and `key`, `second_key`, `second_at`, `flags`, `code`, `message`, to an
    expression over those keys; `let` are earlier expressions that `select` may use by name.
    """

    columns: Mapping[str, str]
    let: Mapping[str, str]
    select: Mapping[str, str]
    key: str
    content: str  # text whose hash is the identity where `key` is null
    code: str = "null"
    message: str = "null"
    flags: str = "''"
    second_key: str = "null"
    second_at: str = "null"


@dataclass(frozen=True)
class Reader:
    """Everything the core needs to read one source. One record becomes one row of one table.

    `sql` types a table's JSON lines inside DuckDB (events). `parse` turns one record into one row in Python
    (small sources, CSV rows); it raises BadRecord. A reader has at least one of them.
    """

    source: str
    formats: tuple[str, ...]  # of ndjson, json, csv, yaml, parquet, ics, pgdump
    looks_like: Callable[[Sample], bool]
    sql: Callable[[str, Context], TypedSql] | None = None
    parse: Callable[[Mapping[str, Any], Context], Mapping[str, Any]] | None = None
    page_keys: tuple[str, ...] = ()  # keys of an API page under which its records may stand
    ignores: Callable[[str], bool] | None = None  # members, by name, that hold no data
    # The table of a record: (member name, page key, record). With `sql`, asked once per member with its first record.
    # A table that comes in several shapes may be told with its shape, as `events/pipeline`; `sql` gets both.
    table_of: Callable[[str, str | None, Mapping[str, Any]], str] | None = None
    # Takes as many rows of a CSV as its head has and names the columns; raises Reject(HEADER).
    header: Callable[[Iterator[list[str]], Context], Sequence[str] | Head] | None = None
    # By `table/shape`: turns such a record, row by row, into the one that `sql` reads for the table. For small exports.
    reshape: Mapping[str, Callable[[Mapping[str, Any], Context], Mapping[str, Any]]] = field(
        default_factory=dict
    )
    joins_lines: bool = False  # the export breaks records over lines
    repeated_columns: bool = False  # a column name may come again; its cells become one list
    is_filtered: Callable[[Sequence[str], Context], bool] | None = (
        None  # CSV rows that are no records
    )
    # Looks at all records of a member before the first is parsed; raises Reject.
    learn: Callable[[Iterable[Mapping[str, Any]], Context], Mapping[str, Any]] | None = None
    check_end: Callable[[bytes], None] | None = None  # looks at a member's last bytes
