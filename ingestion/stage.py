"""Types JSON lines inside DuckDB and writes them as Parquet parts.

Knows: the fast path (lines that are proved are read once), the triage of lines that DuckDB refuses, and the raw
zone's system columns. Must not know: any single source; what a record means is in the reader's `TypedSql`.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contract import SYSTEM_COLUMNS, Table
from ingestion.drafts import SKIP, Draft
from ingestion.rawzone import literal
from ingestion.spec import LINE_LIMIT, Bad, Reject, TypedSql

if TYPE_CHECKING:
    import duckdb

# Level 1 of zstd is quicker and, on events, no larger than DuckDB's usual level; ids and texts gain nothing from a
# large dictionary that is built and then thrown away.
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 1000, return_stats"


Edges = dict[str, tuple[str, str]]  # of a column, the least and the greatest value as texts


@dataclass
class Staged:
    """What became of the lines that were typed together."""

    rows: int = 0
    seen: int = 0
    bad: list[Bad] = field(default_factory=list)
    edges: Edges = field(default_factory=dict)


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

    def stage(self, number: int, drafts: Sequence[Draft], load_id: int) -> Staged:
        """Types the lines and writes `part-<number>.parquet`; bad records are returned, never lost."""
        target = self._folder / f"part-{number}.parquet"
        result = self._copy(drafts, load_id, target)
        if result is None:
            self._triage(drafts)
            result = self._copy(drafts, load_id, target)
        if result is None:
            for (
                draft
            ) in drafts:  # the slow way, where DuckDB refuses for a reason found in no other way
                draft.look(range(draft.lines))
            result = self._copy(drafts, load_id, target)
        if result is None:
            raise Reject("SHAPE", "DuckDB cannot read lines that are valid JSON; please report")
        if result.rows != _expected(drafts):
            self._typed_out(drafts)
        if result.rows != _expected(drafts):
            missing = f"{_expected(drafts)} records, {result.rows} rows"
            raise Reject("SHAPE", f"records and rows do not add up ({missing}); please report")
        for draft in drafts:
            result.seen += draft.lines - len(draft.blank)
            result.bad.extend(draft.bad_records())
        if not result.rows:
            target.unlink(missing_ok=True)
        return result

    def _copy(self, drafts: Sequence[Draft], load_id: int, target: Path) -> Staged | None:
        """What was written, or None when DuckDB refuses the lines."""
        import duckdb

        typed = self._typed
        member, line = _origin(drafts)
        payload = ", ".join(quoted(name) for name in typed.columns)
        content = f"case when __key is null then {typed.content} end"
        system = {
            "_load_id": str(int(load_id)),
            "_project": literal(self._project),
            "_member": member,
            "_line": f"coalesce(__line, {line})",
            "_identity": f"{literal(self._prefix)} || coalesce(__key, '#' || md5({content}))",
            "_second_identity": f"{literal(self._prefix)} || ({typed.second_key})",
            "_second_at": typed.second_at,
            "_payload_hash": _hex(f"hash({payload})"),
            "_flags": typed.flags,
        }
        expressions, types = (
            {**system, **typed.select},
            {**SYSTEM_COLUMNS, **self._table.column_types},
        )
        # a name is that of a delivered key before it is that of a column made here
        wanted = ", ".join(
            f'cast({expressions[name]} as {type_}) as "{name}"' for name, type_ in types.items()
        )
        query = f"""
            copy (with {self._source(drafts)} select {wanted} from typed where __code is null)
            to {literal(target)} ({PARQUET})
        """  # noqa: S608
        try:
            done = self._con.execute(query)
            told = dict(
                zip((name for name, *_ in done.description), done.fetchall()[0], strict=True)
            )
        except (
            duckdb.InvalidInputException,
            duckdb.ConversionException,
            duckdb.OutOfRangeException,
        ):
            return None
        return Staged(int(told["count"]), edges=_edges(told["column_statistics"]))

    def _source(self, drafts: Sequence[Draft]) -> str:
        """The CTEs `src` and `typed`: records with their row number, their key and why they are refused."""
        typed = self._typed
        files = ", ".join(literal(draft.path) for draft in drafts)
        columns = {**typed.columns, SKIP: "BOOLEAN"}
        # only rows that were numbered here carry a number; in a delivered line the key is a key like any other
        number = ", cast(null as bigint) as __line"
        if drafts[0].is_numbered:
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
            , typed as (select *, {typed.key} as __key, {typed.code} as __code from known_{len(_steps(typed.let))})"""  # noqa: S608

    def _typed_out(self, drafts: Sequence[Draft]) -> None:
        """Marks the records that the reader's SQL refuses; they have not been written."""
        query = f"""
            with {self._source(drafts)}
            select __row, __code, {self._typed.message}, __file from typed where __code is not null
        """  # noqa: S608
        by_path = {
            str(draft.path): (draft, before)
            for draft, before in zip(drafts, _rows_before(drafts), strict=True)
        }
        for row, code, message, file in self._con.execute(query).fetchall():
            draft, before = by_path[file]
            draft.bad[row - before - 1] = (code, message or "")

    def _triage(self, drafts: Sequence[Draft]) -> None:
        """Finds the lines that DuckDB refuses: broken inside of a text or of a value, where no outline tells."""
        for draft in drafts:
            malformed, count = self._malformed(draft)
            if count == draft.lines:
                draft.look(malformed)

    def _malformed(self, draft: Draft) -> tuple[list[int], int]:
        """Rows (from 0, blank lines not counted) that are no JSON object, and the number of rows."""
        import duckdb

        query = f"""
            select count(*), list(__row) filter (where not coalesce(starts_with(json, '{{'), false))
            from (
                select json, row_number() over () as __row
                from read_ndjson_objects([{literal(draft.path)}], ignore_errors = true,
                    maximum_object_size = {LINE_LIMIT + 64})
            )
        """  # noqa: S608
        try:
            count, rows = self._con.execute(query).fetchall()[0]
        except duckdb.Error:
            return [], -1
        return [row - 1 for row in rows or []], count


def _edges(columns: Mapping[str, Mapping[str, str]]) -> Edges:
    """The least and the greatest value of each column that has any, as texts."""
    return {
        name.removeprefix('"').removesuffix('"'): (found["min"], found["max"])
        for name, found in columns.items()
        if "min" in found and "max" in found
    }


def _rows_before(drafts: Sequence[Draft]) -> list[int]:
    """The number of rows of earlier drafts; every line is a row, as blank and bad ones are placeholders."""
    return [0, *itertools.accumulate(draft.lines for draft in drafts)][: len(drafts)]


def _origin(drafts: Sequence[Draft]) -> tuple[str, str]:
    """Expressions for the member and the line that a row came from."""
    shifts = [
        draft.first_line - before - 1
        for draft, before in zip(drafts, _rows_before(drafts), strict=True)
    ]
    if len(set(shifts)) == 1 and len({draft.member for draft in drafts}) == 1:
        return literal(drafts[0].member), f"__row + {shifts[0]}"
    number = "cast(regexp_extract(__file, '-([0-9]+)[.]json$', 1) as integer) + 1"
    members = ", ".join(literal(draft.member) for draft in drafts)
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


def _hex(number: str) -> str:
    """The number in sixteen digits; few need zeros before, and `lpad` is slow."""
    return f"case when {number} >= {1 << 60} then to_hex({number}) else lpad(to_hex({number}), 16, '0') end"


def quoted(name: str) -> str:
    """A column name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _expected(drafts: Sequence[Draft]) -> int:
    return sum(draft.expected for draft in drafts)


def fsync_folder_files(folder: Path) -> None:
    """Forces every staged part to the disk."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
