"""Types slices of JSON lines inside DuckDB and writes them as Parquet parts.

Knows: the fast path (lines that are proved are read once), the triage of a slice that DuckDB refuses, and the raw
zone's system columns. Must not know: any single source; what a record means is in the reader's `TypedSql`.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import SYSTEM_COLUMNS, Table
from ingestion.formats.lines import Slice
from ingestion.formats.proof import Proof
from ingestion.formats.strict import check_line
from ingestion.rawzone import literal
from ingestion.spec import LINE_LIMIT, Bad, Reject, TypedSql, refused

if TYPE_CHECKING:
    import duckdb

# Stands where a line is blank or bad. Nobody can know the key, so that no delivered record can leave itself out.
SKIP = f"__skip_{secrets.token_hex(8)}"
PLACEHOLDER = b'{"%s":true}' % SKIP.encode()
# Level 1 of zstd is quicker and, on events, no larger than DuckDB's usual level; ids and texts gain nothing from a
# large dictionary that is built and then thrown away.
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 1000"


@dataclass
class Staged:
    """What became of one batch of slices."""

    rows: int = 0
    seen: int = 0
    bad: list[Bad] = field(default_factory=list)
    filtered: int = 0
    part: Path | None = None


@dataclass
class _Piece:
    """One slice on its way: `bad` by line index, `blank` and `bad` lines are replaced before DuckDB reads."""

    slice: Slice
    path: Path
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    blank: set[int] = field(default_factory=set)
    _ends: list[int] = field(default_factory=list)

    def span(self, index: int) -> tuple[int, int]:
        """Where a line begins and ends, without its newline. Only few lines are asked for, so none is copied."""
        ends = self._ends = self._ends or _line_ends(self.slice.data)
        return (ends[index - 1] + 1 if index else 0), ends[index]

    def line(self, index: int) -> bytes:
        start, end = self.span(index)
        return self.slice.data[start:end]

    def write(self) -> None:
        data = memoryview(self.slice.data)
        done = 0
        with open(self.path, "wb") as handle:
            for index in sorted(self.bad.keys() | self.blank):
                start, end = self.span(index)
                handle.write(data[done:start])
                handle.write(PLACEHOLDER)
                done = end
            handle.write(data[done:])


def _line_ends(data: bytes) -> list[int]:
    ends: list[int] = []
    at = data.find(b"\n")
    while at >= 0:
        ends.append(at)
        at = data.find(b"\n", at + 1)
    if not data.endswith(b"\n"):
        ends.append(len(data))
    return ends


class Stager:
    """Stages batches of one file into one raw table; one instance per thread and connection."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        folder: Path,
        table: Table,
        typed: TypedSql,
        source: str,
        project: str,
    ) -> None:
        self._con, self._folder, self._table, self._typed = con, folder, table, typed
        self._prefix = f"{source}|{project}|"
        self._project = project
        self._proof = Proof()

    def stage(self, number: int, slices: Sequence[Slice], load_id: int) -> Staged:
        """Types the slices and writes `part-<number>.parquet`; bad records are returned, never lost."""
        result = Staged()
        pieces: list[_Piece] = []
        try:
            for cut in slices:
                result.bad.extend(cut.too_long)
                result.filtered += cut.filtered
                result.seen += len(cut.too_long) + cut.filtered
                if cut.data:
                    path = self._folder / f".slice-{number}-{len(pieces)}.json"
                    pieces.append(_Piece(cut, path))
            if pieces:
                self._stage(number, pieces, load_id, result)
        finally:
            for piece in pieces:
                piece.path.unlink(missing_ok=True)
        return result

    def _stage(self, number: int, pieces: list[_Piece], load_id: int, result: Staged) -> None:
        for piece in pieces:
            if not piece.slice.numbered:
                self._look(piece, self._proof.suspects(piece.slice.data))
            piece.write()
        target = self._folder / f"part-{number}.parquet"
        rows = self._copy(pieces, load_id, target)
        if rows is None:
            self._triage(pieces)
            rows = self._copy(pieces, load_id, target)
        if rows is None:
            _check_every_line(pieces)
            rows = self._copy(pieces, load_id, target)
        if rows is None:
            raise Reject("SHAPE", "DuckDB cannot read lines that are valid JSON; please report")
        if rows != _expected(pieces):
            self._typed_out(pieces)
        if rows != _expected(pieces):
            missing = f"{_expected(pieces)} records, {rows} rows"
            raise Reject("SHAPE", f"records and rows do not add up ({missing}); please report")
        result.rows = rows
        for piece in pieces:
            result.seen += piece.slice.lines - len(piece.blank)
            result.bad.extend(_bad_records(piece))
        if rows:
            result.part = target
        else:
            target.unlink(missing_ok=True)

    def _copy(self, pieces: list[_Piece], load_id: int, target: Path) -> int | None:
        """Rows written, or None when DuckDB refuses the lines."""
        import duckdb

        typed = self._typed
        member, line = _origin(pieces)
        contract = ",\n".join(
            f'cast({typed.select[name]} as {type_}) as "c_{name}"'
            for name, type_ in self._table.column_types.items()
        )
        named = ", ".join(f'"c_{name}" as "{name}"' for name in self._table.column_types)
        payload = ", ".join(quoted(name) for name in typed.columns)
        system = {
            "_load_id": str(int(load_id)),
            "_project": literal(self._project),
            "_member": member,
            "_line": f"coalesce(__line, {line})",
            "_identity": f"{literal(self._prefix)} || coalesce(__key, '#' || md5(__content))",
            "_second_identity": f"{literal(self._prefix)} || __second_key",
            "_second_at": "__second_at",
            "_payload_hash": f"lpad(to_hex(hash({payload})), 16, '0')",
            "_flags": "__flags",
        }
        systems = ", ".join(
            f'cast({system[name]} as {type_}) as "{name}"' for name, type_ in SYSTEM_COLUMNS.items()
        )
        query = f"""
            copy (
                with {self._source(pieces)}
                , wanted as (select *, {contract} from typed where __code is null)
                select {systems}, {named} from wanted
            ) to {literal(target)} ({PARQUET})
        """  # noqa: S608
        try:
            return int(self._con.execute(query).fetchall()[0][0])
        except (
            duckdb.InvalidInputException,
            duckdb.ConversionException,
            duckdb.OutOfRangeException,
        ):
            return None

    def _source(self, pieces: list[_Piece]) -> str:
        """The CTEs `src` and `typed`: records with their row number, keys, flags and reason."""
        typed = self._typed
        files = ", ".join(literal(piece.path) for piece in pieces)
        columns = {**typed.columns, SKIP: "BOOLEAN"}
        # only rows that were numbered here carry a number; in a delivered line the key is a key like any other
        number = ", cast(null as bigint) as __line"
        if pieces[0].slice.numbered:
            columns["__line"], number = "BIGINT", ""
        spec = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
        steps = "".join(
            f", known_{step + 1} as (select *, {', '.join(lets)} from known_{step})"  # noqa: S608
            for step, lets in enumerate(_steps(typed.let))
        )
        return f"""src as (
                select *, row_number() over () as __row{number}
                from read_json([{files}], format = 'newline_delimited', columns = {{{spec}}},
                    filename = '__file', maximum_object_size = {LINE_LIMIT + 64})
            )
            , known_0 as (select * from src where "{SKIP}" is null){steps}
            , keyed as (select *, {typed.key} as __key from known_{len(_steps(typed.let))})
            , typed as (
                select *, case when __key is null then {typed.content} end as __content, {typed.flags} as __flags,
                    {typed.second_key} as __second_key, {typed.second_at} as __second_at,
                    {typed.code} as __code, {typed.message} as __message
                from keyed
            )"""  # noqa: S608

    def _typed_out(self, pieces: list[_Piece]) -> None:
        """Marks the records that the reader's SQL refuses; they have not been written."""
        query = f"""
            with {self._source(pieces)}
            select __row, __code, __message, __file from typed where __code is not null
        """  # noqa: S608
        by_path = {
            str(piece.path): (piece, before)
            for piece, before in zip(pieces, _rows_before(pieces), strict=True)
        }
        for row, code, message, file in self._con.execute(query).fetchall():
            piece, before = by_path[file]
            piece.bad[row - before - 1] = (code, message or "")

    def _look(self, piece: _Piece, indexes: Iterable[int]) -> None:
        """Marks those of the lines that are blank or no strict JSON object."""
        for index in indexes:
            raw = piece.line(index)
            if not raw or raw.isspace():
                piece.blank.add(index)
            elif found := check_line(raw):
                piece.bad[index] = found

    def _triage(self, pieces: list[_Piece]) -> None:
        """Finds the lines that DuckDB refuses: broken inside of a text or of a value, where no outline tells."""
        for piece in pieces:
            malformed, count = self._malformed(piece)
            if count == piece.slice.lines:
                self._look(piece, (index for index in malformed if index not in piece.bad))
                piece.write()

    def _malformed(self, piece: _Piece) -> tuple[list[int], int]:
        """Rows (from 0, blank lines not counted) that are no JSON object, and the number of rows."""
        import duckdb

        query = f"""
            select count(*), list(__row) filter (where not coalesce(starts_with(json, '{{'), false))
            from (
                select json, row_number() over () as __row
                from read_ndjson_objects([{literal(piece.path)}], ignore_errors = true,
                    maximum_object_size = {LINE_LIMIT + 64})
            )
        """  # noqa: S608
        try:
            count, rows = self._con.execute(query).fetchall()[0]
        except duckdb.Error:
            return [], -1
        return [row - 1 for row in rows or []], count


def _rows_before(pieces: list[_Piece]) -> list[int]:
    """The number of rows of earlier slices; every line is a row, as blank and bad ones are placeholders."""
    return [0, *itertools.accumulate(piece.slice.lines for piece in pieces)][: len(pieces)]


def _origin(pieces: list[_Piece]) -> tuple[str, str]:
    """Expressions for the member and the line that a row came from."""
    shifts = [
        piece.slice.first_line - before - 1
        for piece, before in zip(pieces, _rows_before(pieces), strict=True)
    ]
    if len(set(shifts)) == 1 and len({piece.slice.member for piece in pieces}) == 1:
        return literal(pieces[0].slice.member), f"__row + {shifts[0]}"
    number = "cast(regexp_extract(__file, '-([0-9]+)[.]json$', 1) as integer) + 1"
    members = ", ".join(literal(piece.slice.member) for piece in pieces)
    lines = ", ".join(str(shift) for shift in shifts)
    return f"list_extract([{members}], {number})", f"__row + list_extract([{lines}], {number})"


def _steps(let: Mapping[str, str]) -> list[list[str]]:
    """The `let` expressions in steps, each using names of earlier steps only.

    In one select DuckDB would put the text of a name wherever it is used, and plan an ever growing query.
    """
    step_of: dict[str, int] = {}
    steps: list[list[str]] = []
    for name, expression in let.items():
        used = set(re.findall(r"\w+", expression)) & step_of.keys()
        step = 1 + max((step_of[other] for other in used), default=-1)
        step_of[name] = step
        if step == len(steps):
            steps.append([])
        steps[step].append(f"{expression} as {name}")
    return steps


def quoted(name: str) -> str:
    """A column name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _expected(pieces: list[_Piece]) -> int:
    return sum(piece.slice.lines - len(piece.blank) - len(piece.bad) for piece in pieces)


def _check_every_line(pieces: list[_Piece]) -> None:
    """The slow way, for a slice that DuckDB refuses for a reason found in no other way."""
    for piece in pieces:
        for index in range(piece.slice.lines):
            if index not in piece.blank and index not in piece.bad:
                found = check_line(piece.line(index))
                if found:
                    piece.bad[index] = found
        piece.write()


def _bad_records(piece: _Piece) -> list[Bad]:
    found: list[Bad] = []
    for index in sorted(piece.bad):
        start, end = piece.span(index)
        raw = piece.slice.data[start:end].rstrip(b"\r")
        line: int = piece.slice.first_line + index
        offset: int | None = piece.slice.offset + start
        if piece.slice.origins:
            line, offset, raw = piece.slice.origins[index]
        found.append(refused(piece.slice.member, line, offset, piece.bad[index], raw))
    return found


def fsync_folder_files(folder: Path) -> None:
    """Forces every staged part to the disk."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
