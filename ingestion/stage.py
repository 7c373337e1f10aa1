"""Types slices of JSON lines inside DuckDB and writes them as Parquet parts.

Knows: the fast path (DuckDB reads strictly), the triage of a slice that it refuses, and the raw zone's system columns.
Must not know: any single source; what a record means is in the reader's `TypedSql`.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import SYSTEM_COLUMNS, Table
from ingestion.lines import Slice
from ingestion.rawzone import literal
from ingestion.spec import KEPT_OF_LONG_LINE, LINE_LIMIT, Bad, Reject, TypedSql
from ingestion.strict import check_line

if TYPE_CHECKING:
    import duckdb

PLACEHOLDER = b'{"__skip":true}'
# What DuckDB lets through and JSON does not allow; a hit only means that the line is looked at closely.
_NEEDLES = (
    b"NaN",
    b"nan",
    b"NAN",
    b"Inf",
    b"inf",
    b"INF",
    b"]]]]]]]]",
    b"}}}}}}}}",
    b"]}]}]}]}",
    b"}]}]}]}]",
)
_NEEDLE_LINE = re.compile(rb"[\[:,]\s*[+-]?(?:nan|inf)|,\s*[}\]]|[}\]]{8}", re.I)


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
    lines: list[bytes] | None = None
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    blank: set[int] = field(default_factory=set)

    def split(self) -> list[bytes]:
        if self.lines is None:
            self.lines = self.slice.data.split(b"\n")
            if self.lines and not self.lines[-1]:
                self.lines.pop()
        return self.lines

    def write(self) -> None:
        if not self.bad and not self.blank:
            self.path.write_bytes(self.slice.data)
            return
        lines = list(self.split())
        for index in (*self.bad, *self.blank):
            lines[index] = PLACEHOLDER
        self.path.write_bytes(b"\n".join(lines))


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
            piece.write()
        if not pieces[0].slice.numbered:
            self._triage(pieces)
        target = self._folder / f"part-{number}.parquet"
        rows = self._copy(pieces, load_id, target, check=True)
        if rows is None:
            _check_every_line(pieces)
            rows = self._copy(pieces, load_id, target, check=True)
        if rows is None:
            raise Reject("SHAPE", "DuckDB cannot read lines that are valid JSON; please report")
        if rows != _expected(pieces) and self._typed_out(pieces):
            rows = self._copy(pieces, load_id, target, check=False)
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

    def _copy(self, pieces: list[_Piece], load_id: int, target: Path, check: bool) -> int | None:
        """Rows written, or None when DuckDB refuses the lines."""
        import duckdb

        typed = self._typed
        member, line = _origin(pieces)
        contract = ",\n".join(
            f'cast({typed.select[name]} as {type_}) as "c_{name}"'
            for name, type_ in self._table.column_types.items()
        )
        named = ", ".join(f'"c_{name}" as "{name}"' for name in self._table.column_types)
        payload = ", ".join(f"cast({quoted(name)} as varchar)" for name in typed.columns)
        system = {
            "_load_id": str(int(load_id)),
            "_project": literal(self._project),
            "_member": member,
            "_line": f"coalesce(__line, {line})",
            "_identity": f"{literal(self._prefix)} || coalesce(__key, '#' || md5(case when __key is null then __content end))",
            "_second_identity": f"{literal(self._prefix)} || __second_key",
            "_second_at": "__second_at",
            "_payload_hash": f"substr(md5(concat_ws(chr(31), {payload})), 1, 16)",
            "_flags": "__flags",
        }
        systems = ", ".join(
            f'cast({system[name]} as {type_}) as "{name}"' for name, type_ in SYSTEM_COLUMNS.items()
        )
        query = f"""
            copy (
                with {self._source(pieces, check)}
                , wanted as (select *, {contract} from typed where __code is null)
                select {systems}, {named} from wanted
            ) to {literal(target)} (format parquet, compression zstd)
        """  # noqa: S608
        try:
            return int(self._con.execute(query).fetchall()[0][0])
        except (
            duckdb.InvalidInputException,
            duckdb.ConversionException,
            duckdb.OutOfRangeException,
        ):
            return None

    def _source(self, pieces: list[_Piece], check: bool) -> str:
        """The CTEs `src` and `typed`: records with their row number, keys, flags and reason."""
        typed = self._typed
        files = ", ".join(literal(piece.path) for piece in pieces)
        columns = {**typed.columns, "__line": "BIGINT", "__skip": "BOOLEAN"}
        spec = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
        lets = "".join(f", {expression} as {name}" for name, expression in typed.let.items())
        code, message = typed.code, typed.message
        if check:
            code = f"coalesce({code}, case when {_needs_a_look(typed)} then 'CHECK' end)"
        return f"""src as (
                select *, row_number() over () as __row
                from read_json([{files}], format = 'newline_delimited', columns = {{{spec}}},
                    filename = '__file', maximum_object_size = {LINE_LIMIT + 64})
            )
            , known as (select *{lets} from src where __skip is null)
            , typed as (
                select *, {typed.key} as __key, {typed.content} as __content, {typed.flags} as __flags,
                    {typed.second_key} as __second_key, {typed.second_at} as __second_at,
                    {code} as __code, {message} as __message
                from known
            )"""  # noqa: S608

    def _typed_out(self, pieces: list[_Piece]) -> bool:
        """Lists the records that the reader's SQL refuses; true when the lines have to be written again."""
        query = f"""
            with {self._source(pieces, check=True)}
            select __row, __code, __message, __file from typed where __code is not null
        """  # noqa: S608
        by_path = {
            str(piece.path): (piece, before)
            for piece, before in zip(pieces, _rows_before(pieces), strict=True)
        }
        found = self._con.execute(query).fetchall()
        for row, code, message, file in found:
            piece, before = by_path[file]
            index = row - before - 1
            strict = check_line(piece.split()[index])
            if strict:
                piece.bad[index] = strict
            elif code != "CHECK":
                piece.bad[index] = (code, message or "")
        for piece in pieces:
            piece.write()
        return bool(found)

    def _triage(self, pieces: list[_Piece]) -> None:
        """Finds the lines that are not strict JSON objects, and the blank ones, before anything is typed."""
        for piece in pieces:
            if self._is_suspicious(piece):
                _look_closely(piece)
            malformed, count = self._malformed(piece)
            if count == piece.slice.lines and not malformed:
                if piece.bad:
                    piece.write()
                continue
            lines = piece.split()
            for index, raw in enumerate(lines):
                if not raw or raw.isspace():
                    piece.blank.add(index)
            if count != len(lines) - len(piece.blank):
                malformed = [index for index, raw in enumerate(lines) if check_line(raw)]
            elif piece.blank:
                full = [index for index in range(len(lines)) if index not in piece.blank]
                malformed = [full[index] for index in malformed]
            for index in malformed:
                if index not in piece.blank and index not in piece.bad:
                    found = check_line(lines[index])
                    if found or not lines[index].lstrip().startswith(b"{"):
                        piece.bad[index] = found or ("JSON_SYNTAX", "this is not one JSON object")
            piece.write()

    def _is_suspicious(self, piece: _Piece) -> bool:
        """True when the slice may hold something that DuckDB accepts and JSON does not allow."""
        import duckdb

        tests = [f"contains(content, {literal(needle.decode())})" for needle in _NEEDLES]
        tests.append(r"regexp_matches(content, ',\s*[}\]]')")
        query = f"select {' or '.join(tests)} from read_text({literal(piece.path)})"  # noqa: S608
        try:
            return bool(self._con.execute(query).fetchall()[0][0])
        except duckdb.Error:  # not UTF-8
            return True

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
    if len(pieces) == 1:
        return literal(pieces[0].slice.member), f"__row + {shifts[0]}"
    number = "cast(regexp_extract(__file, '-([0-9]+)[.]json$', 1) as integer) + 1"
    members = ", ".join(literal(piece.slice.member) for piece in pieces)
    lines = ", ".join(str(shift) for shift in shifts)
    return f"list_extract([{members}], {number})", f"__row + list_extract([{lines}], {number})"


def _needs_a_look(typed: TypedSql) -> str:
    """True for records whose free JSON may hold a number too large for any number type, or a key given twice."""
    bags = [quoted(name) for name, type_ in typed.columns.items() if type_ == "JSON"]
    pattern = r"[\[:][-0-9.]+[eE]\+?[0-9]{3}"
    tests = [f"coalesce(regexp_matches({bag}, '{pattern}'), false)" for bag in bags]
    tests += [
        f"coalesce(len(json_keys({bag})) <> len(list_distinct(json_keys({bag}))), false)"
        for bag in bags
    ]
    return " or ".join(tests) or "false"


def quoted(name: str) -> str:
    """A column name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _expected(pieces: list[_Piece]) -> int:
    return sum(piece.slice.lines - len(piece.blank) - len(piece.bad) for piece in pieces)


def _look_closely(piece: _Piece) -> None:
    """Checks the lines that hold something DuckDB is too generous with."""
    for index, raw in enumerate(piece.split()):
        if _NEEDLE_LINE.search(raw):
            found = check_line(raw)
            if found:
                piece.bad[index] = found


def _check_every_line(pieces: list[_Piece]) -> None:
    """The slow way, for a slice that DuckDB refuses for a reason found in no other way (a key given twice)."""
    for piece in pieces:
        for index, raw in enumerate(piece.split()):
            if index not in piece.blank and index not in piece.bad:
                found = check_line(raw)
                if found:
                    piece.bad[index] = found
        piece.write()


def _bad_records(piece: _Piece) -> list[Bad]:
    if not piece.bad:
        return []
    lines = piece.split()
    found: list[Bad] = []
    position = previous = 0
    for index in sorted(piece.bad):
        position += sum(len(raw) + 1 for raw in lines[previous:index])
        previous = index
        code, message = piece.bad[index]
        raw = lines[index].rstrip(b"\r")
        line: int = piece.slice.first_line + index
        offset: int | None = piece.slice.offset + position
        if piece.slice.origins:
            line, offset, raw = piece.slice.origins[index]
        full = len(raw)
        if code == "LINE_TOO_LONG":
            raw = raw[:KEPT_OF_LONG_LINE]
        found.append(Bad(piece.slice.member, line, offset, code, message, raw, full))
    return found


def fsync_folder_files(folder: Path) -> None:
    """Forces every staged part to the disk."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
