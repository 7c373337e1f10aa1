"""SQL expressions that readers share: times, ids and text, cast on purpose and never guessed.

Knows: DuckDB expressions. Must not know: any source. Every argument is an expression over a slice's columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingestion.contract import Table
from ingestion.spec import TypedSql

_NO_ID = (
    "['', 'null', 'undefined', 'none', 'nan', '0', '-1', '00000000-0000-0000-0000-000000000000']"
)


def utc(text: str) -> str:
    """A written time as a UTC TIMESTAMP; null for anything that is not an ISO date and time."""
    zone = f"contains({text}, '+') or contains(substr({text}, 12), '-')"
    return (
        f"case when {text} < '0' or {text} >= ':' then null "
        f"when ends_with({text}, '+00:00') or not ({zone}) then try_cast({text} as timestamp) "
        f"else (try_cast({text} as timestamptz) at time zone 'UTC') end"
    )


def blank_to_null(text: str) -> str:
    """The text without blanks around it, or null where nothing is left. A text without any is not trimmed: that costs."""
    return (
        f"case when strlen({text}) = length({text}) and not contains({text}, ' ') then nullif({text}, '') "
        f"else nullif(trim({text}), '') end"
    )


def usable_id(text: str) -> str:
    """The id, or null where it is one of the values that stand for no id."""
    return (
        f"case when strlen({text}) > 9 and strlen({text}) = length({text}) and not contains({text}, ' ') "
        f"and not starts_with({text}, '0000') then {text} "
        f"when not list_contains({_NO_ID}, lower(trim({text}))) then {text} end"
    )


def whole_number(text: str) -> str:
    """The number as a BIGINT where it is written as a whole one and nothing else, else null."""
    number = f"try_cast({text} as bigint)"
    return f"case when cast({number} as varchar) = {text} then {number} end"


def exact_number(text: str) -> str:
    """The number as a decimal of six places; null for no number. Narrow decimals are tried first: they cast 300 times quicker."""
    casts = ", ".join(
        f"try_cast({text} as decimal({form}))" for form in ("18, 6", "18, 3", "24, 6")
    )
    return f"coalesce({casts})"


def time_problem(text: str, at: str) -> str:
    """TIME_UNIT or TIME_FORMAT when the written time `text` gave no `at`, else null."""
    return (
        f"case when {at} is not null then null "
        f"when regexp_full_match(coalesce({text}, ''), '-?[0-9]{{9,}}([.][0-9]+)?') then 'TIME_UNIT' "
        "else 'TIME_FORMAT' end"
    )


def unpacked(bag: str) -> str:
    """The bag as JSON text; JSON that stands inside a text is taken out of it."""
    text = f"json_extract_string({bag}, '$')"
    held = f"starts_with(cast({bag} as varchar), '\"') and json_valid({text})"
    return f"case when {held} then {text} else cast({bag} as varchar) end"


def no_later_than(at: str, received: str) -> str:
    """The time, or the time of receipt where the time is (a little) after it."""
    return f"case when {received} is not null and {at} > {received} then {received} else {at} end"


def joined(parts: Sequence[str]) -> str:
    """The md5 of several values, null when one of them is null."""
    return "md5(" + " || chr(31) || ".join(f"cast({part} as varchar)" for part in parts) + ")"


def content_of(parts: Sequence[str]) -> str:
    """A text made of several values, nulls kept apart from empty texts."""
    pieces = [f"coalesce(cast({part} as varchar), chr(30))" for part in parts]
    return "concat_ws(chr(31), " + ", ".join(pieces) + ")"


def flags(*pairs: tuple[str, str]) -> str:
    """A comma list of the flags whose condition holds."""
    pieces = [f"case when {condition} then '{flag}' end" for flag, condition in pairs]
    return "concat_ws(',', " + ", ".join(pieces) + ")"


def from_contract(table: Table) -> TypedSql:
    """For rows that a Python parser has already typed: every column as it is, identity by the contract."""
    types = {column.name: column.sql_type for column in table.columns}
    columns = dict(types.items())
    columns["__marks"] = "VARCHAR"
    names = {name: f"src_{index}" for index, name in enumerate(types)}
    lets = {alias: f'"{name}"' for name, alias in names.items()}
    key = "cast(null as varchar)"
    if len(table.identity) == 1:
        key = f"cast({names[table.identity[0]]} as varchar)"
    elif table.identity:
        key = joined([names[name] for name in table.identity])
    return TypedSql(
        columns=columns,
        let=lets,
        select=dict(names.items()),
        key=key,
        content=content_of(list(names.values())),
        flags="coalesce(__marks, '')",
    )
