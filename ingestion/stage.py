"""Types lines of JSON inside DuckDB and writes them as Parquet parts.

Knows: the quick way (lines that are proved and cut are only typed), the way by DuckDB's own reader of JSON, and the raw
zone's system columns. Must not know: any single source; what a record means is in the reader's `TypedSql`.
"""

from __future__ import annotations

import itertools
import os
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.contract import SYSTEM_COLUMNS, Table
from ingestion.drafts import SKIP, Draft
from ingestion.formats.cutting import DRAFT, LINE, Cut, Cutter, can_cut
from ingestion.rawzone import literal
from ingestion.spec import LINE_LIMIT, Bad, Reject, TypedSql

if TYPE_CHECKING:
    import duckdb

# Level 1 of zstd is quicker and, on events, no larger than DuckDB's usual level; ids and texts gain nothing from a
# large dictionary that is built and then thrown away.
PARQUET = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 1000, return_stats"


Edges = dict[str, tuple[str, str]]  # of a column, the least and the greatest value as texts


@dataclass(frozen=True)
class _Source:
    """Where the records come from: SQL of CTEs up to `known_0`, and an expression for the number of a row's draft."""

    known_0: str
    draft: str
    cut: Cut | None = None


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
        self._cutter = Cutter(typed.columns) if can_cut() else None
        self._prefix = f"{source}|{project}|"
        self._project = project

    def stage(self, number: int, drafts: Sequence[Draft], load_id: int) -> Staged:
        """Types the lines and writes `part-<number>.parquet`; bad records are returned, never lost."""
        target = self._folder / f"part-{number}.parquet"
        cut = self._cut(drafts)
        result = None if cut is None else self._by_cut(cut, drafts, load_id, target)
        result = result or self._by_json(drafts, load_id, target)
        if result.rows != _expected(drafts):
            missing = f"{_expected(drafts)} records, {result.rows} rows"
            raise Reject("SHAPE", f"records and rows do not add up ({missing}); please report")
        for draft in drafts:
            result.seen += draft.lines - len(draft.blank)
            result.bad.extend(draft.bad_records())
        if not result.rows:
            target.unlink(missing_ok=True)
        return result

    def _cut(self, drafts: Sequence[Draft]) -> Cut | None:
        """Notes every line that is blank or bad; the columns of the others, or None where DuckDB has to read them."""
        if drafts[0].is_numbered:
            return None
        if self._cutter is None:
            for draft in drafts:
                draft.look(range(draft.lines))
            return None
        cut = self._cutter.cut(
            [(number, data, lines) for number, draft in enumerate(drafts) for _, lines, data in draft.pieces]
        )  # fmt: skip
        suspects = iter(cut.suspects)
        uncut = sum(
            draft.look(first + index for index in next(suspects))
            for draft in drafts
            for first, _, _ in draft.pieces
        )
        return None if uncut else cut

    def _by_cut(
        self, cut: Cut, drafts: Sequence[Draft], load_id: int, target: Path
    ) -> Staged | None:
        """Types what was cut; None when DuckDB refuses it."""
        columns = ", ".join(
            f"{cut.column(name, type_)} as {quoted(name)}"
            for name, type_ in self._typed.columns.items()
        )
        known_0 = f"known_0 as (select {columns}, {LINE}, {DRAFT}, cast(null as bigint) as __line from __cut)"  # noqa: S608
        return self._typed_rows(_Source(known_0, DRAFT, cut), drafts, load_id, target)

    def _by_json(self, drafts: Sequence[Draft], load_id: int, target: Path) -> Staged:
        """Lets DuckDB read the lines themselves."""
        for draft in drafts:
            draft.write()
        source = self._json_source(drafts)
        result = self._typed_rows(source, drafts, load_id, target)
        if result is None:  # for a reason found in no other way
            for draft in drafts:
                draft.look(range(draft.lines))
                draft.write()
            result = self._typed_rows(source, drafts, load_id, target)
        if result is None:
            raise Reject("SHAPE", "DuckDB cannot read lines that are valid JSON; please report")
        return result

    def _typed_rows(
        self, source: _Source, drafts: Sequence[Draft], load_id: int, target: Path
    ) -> Staged | None:
        """What was written, with the records noted that the reader's SQL refuses; None when DuckDB refuses the lines."""
        result = self._copy(source, drafts, load_id, target)
        if result is not None and result.rows != _expected(drafts):
            self._note_refused(source, drafts)
        return result

    def _copy(
        self, source: _Source, drafts: Sequence[Draft], load_id: int, target: Path
    ) -> Staged | None:
        """What was written, or None when DuckDB refuses the lines."""
        import duckdb

        typed = self._typed
        member, line = _origin(drafts, source.draft)
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
            copy (with {self._known(source)} select {wanted} from typed where __code is null)
            to {literal(target)} ({PARQUET})
        """  # noqa: S608
        try:
            names, rows = self._ask(source, query)
        except (
            duckdb.InvalidInputException,
            duckdb.ConversionException,
            duckdb.OutOfRangeException,
        ):
            return None
        told = dict(zip(names, rows[0], strict=True))
        return Staged(int(told["count"]), edges=_edges(told["column_statistics"]))

    def _ask(self, source: _Source, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names and rows of what is asked of the records."""
        if source.cut is not None:
            self._con.register("__cut", source.cut.stream())
        try:
            done = self._con.execute(query)
            return [name for name, *_ in done.description], done.fetchall()
        finally:
            if source.cut is not None:
                self._con.unregister("__cut")

    def _json_source(self, drafts: Sequence[Draft]) -> _Source:
        """The records as DuckDB reads them from the drafts' files."""
        files = ", ".join(literal(draft.path) for draft in drafts)
        columns = {**self._typed.columns, SKIP: "BOOLEAN"}
        # only rows that were numbered here carry a number; in a delivered line the key is a key like any other
        number = ", cast(null as bigint) as __line"
        if drafts[0].is_numbered:
            columns["__line"], number = "BIGINT", ""
        spec = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in columns.items())
        return _Source(
            f"""src as (
                select *, row_number() over () as __row{number}
                from read_json([{files}], format = 'newline_delimited', columns = {{{spec}}},
                    filename = '__file', maximum_object_size = {LINE_LIMIT + 64})
            )
            , known_0 as (select * from src where "{SKIP}" is null)""",  # noqa: S608
            "cast(regexp_extract(__file, '-([0-9]+)[.]json$', 1) as integer)",
        )

    def _known(self, source: _Source) -> str:
        """The CTE `typed` and those before it: records with their row number, their key and why they are refused."""
        typed = self._typed
        steps = "".join(
            f", known_{step + 1} as (select *, {', '.join(lets)} from known_{step})"  # noqa: S608
            for step, lets in enumerate(_steps(typed.let))
        )
        return f"""{source.known_0}{steps}
            , typed as (select *, {typed.key} as __key, {typed.code} as __code from known_{len(_steps(typed.let))})"""  # noqa: S608

    def _note_refused(self, source: _Source, drafts: Sequence[Draft]) -> None:
        """Marks the records that the reader's SQL refuses; they have not been written."""
        query = f"""
            with {self._known(source)}
            select __row, __code, {self._typed.message} from typed where __code is not null
        """  # noqa: S608
        before = _rows_before(drafts)
        for row, code, message in self._ask(source, query)[1]:
            number = bisect_left(before, row) - 1
            drafts[number].bad[row - before[number] - 1] = (code, message or "")


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


def _origin(drafts: Sequence[Draft], draft: str) -> tuple[str, str]:
    """Expressions for the member and the line that a row came from; `draft` is one for the number of its draft."""
    shifts = [
        one.first_line - before - 1
        for one, before in zip(drafts, _rows_before(drafts), strict=True)
    ]
    if len(set(shifts)) == 1 and len({one.member for one in drafts}) == 1:
        return literal(drafts[0].member), f"__row + {shifts[0]}"
    number = f"{draft} + 1"
    members = ", ".join(literal(one.member) for one in drafts)
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
