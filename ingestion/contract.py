"""Loads and validates `sources/<name>/contract.yml`: what a source's raw tables hold, and why.

Knows: the form of a contract and the DuckDB types behind its words. Must not know: how any source is parsed,
where data lives, or what is built on top of raw.

A contract file:

    source: zendesk              # the folder's name, and the name people use in `--source`
    title: Zendesk Support       # for people
    kind: records                # events | snapshot | records | company
    owner: analytics             # who answers for the contract
    reads:                       # which exports, and what they need; the source's page shows it
      - Pages of the incremental ticket export, one or many in a file; arrays or lines of tickets.
    tables:
      - name: tickets
        description: One row per ticket per delivered version.
        record: a ticket of a page, an array or a line
        snapshot: false          # true: a newer file of the same name replaces the older; default for `kind: snapshot`
        identity: [ticket_id]    # the source's key; empty = the hash of the content
        second_identity: []      # a second key, valid inside `second_window_days` only
        second_window_days: 0
        received: generated_at   # decides which of two versions is newer; null where the source tells no time
        time: created_at         # what `first_event_at` and `last_event_at` summarise
        columns:
          - {name: ticket_id, from: id, type: text, required: true, class: none, description: The key.}

`kind: company` tables are written whole from the company's declarations and carry no system columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCES_DIR = Path(__file__).parent / "sources"

TYPES = {
    "text": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "json": "VARCHAR",
}
# libyaml where it is there: every command reads every contract, and the plain loader takes a second for it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_TAG = "tag:yaml.org,2002:str"

CLASSES = ("none", "pseudonym", "personal", "sensitive", "free_text")
KINDS = ("events", "snapshot", "records", "company")

SYSTEM_COLUMNS = {
    "_load_id": "BIGINT",
    "_project": "VARCHAR",
    "_member": "VARCHAR",
    "_line": "BIGINT",
    "_identity": "VARCHAR",
    "_second_identity": "VARCHAR",
    "_second_at": "TIMESTAMP",
    "_payload_hash": "VARCHAR",
    "_flags": "VARCHAR",
}


class ContractError(ValueError):
    """A contract file that cannot be used; the message starts with `file:line:`."""


@dataclass(frozen=True)
class Column:
    """One column of a raw table; `from_` is the path or header in the delivered record."""

    name: str
    type: str
    description: str
    from_: str
    required: bool = False
    class_: str = "none"
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    @property
    def sql_type(self) -> str:
        return TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One raw table: `raw/<source>/<name>/load=<id>/part-<n>.parquet`."""

    name: str
    description: str
    record: str
    identity: tuple[str, ...]
    second_identity: tuple[str, ...]
    second_window_days: int
    received: str | None
    time: str | None
    columns: tuple[Column, ...]
    is_snapshot: bool

    @property
    def column_types(self) -> dict[str, str]:
        """Contract columns to DuckDB types, in the contract's order."""
        return {column.name: column.sql_type for column in self.columns}


@dataclass(frozen=True)
class Contract:
    """Everything a source's `contract.yml` says."""

    source: str
    title: str
    kind: str
    owner: str
    reads: tuple[str, ...]
    tables: tuple[Table, ...]
    path: Path

    def table(self, name: str) -> Table:
        """The table called `name`; a KeyError names those there are."""
        for table in self.tables:
            if table.name == name:
                return table
        known = ", ".join(table.name for table in self.tables)
        raise KeyError(f"{self.source} has no table {name!r}; it has {known}")

    def raw_types(self, table: Table) -> dict[str, str]:
        """All columns of the table's Parquet files to DuckDB types, system columns first."""
        system = {} if self.kind == "company" else SYSTEM_COLUMNS
        return {**system, **table.column_types}


def load_contract(path: Path) -> Contract:
    """Reads and validates one contract file; raises ContractError with file and line."""
    top = _mapping(path, _compose(path), "the contract")
    _only(path, top, "the contract", ("source", "title", "kind", "owner", "reads", "tables"))
    kind = _text(path, top, "kind")
    if kind not in KINDS:
        _fail(path, top["kind"], f"kind is {kind!r}; use one of {', '.join(KINDS)}")
    source = _text(path, top, "source")
    if source != path.parent.name:
        _fail(path, top["source"], f"source is {source!r} but the folder is {path.parent.name!r}")
    tables = tuple(_table(path, node, kind) for node in _items(path, top, "tables"))
    if not tables:
        _fail(path, top["tables"], "a contract needs at least one table")
    return Contract(
        source=source,
        title=_text(path, top, "title"),
        kind=kind,
        owner=_text(path, top, "owner"),
        reads=_names(path, top, "reads"),
        tables=tables,
        path=path,
    )


class Contracts(Mapping[str, Contract]):
    """Every contract by source name, sorted by name; each is read when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        self._paths = {path.parent.name: path for path in sorted(directory.glob("*/contract.yml"))}
        self._read: dict[str, Contract] = {}

    def __getitem__(self, source: str) -> Contract:
        if source not in self._read:
            self._read[source] = load_contract(self._paths[source])
        return self._read[source]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, source: object) -> bool:
        return source in self._paths


@cache
def all_contracts(directory: Path = SOURCES_DIR) -> Contracts:
    """Every contract by source name, sorted by name."""
    return Contracts(directory)


def all_tables(directory: Path = SOURCES_DIR) -> Iterator[tuple[Contract, Table]]:
    """Every (contract, table) pair."""
    for contract in all_contracts(directory).values():
        for table in contract.tables:
            yield contract, table


_TABLE_KEYS = (
    "name",
    "description",
    "record",
    "snapshot",
    "identity",
    "second_identity",
    "second_window_days",
    "received",
    "time",
    "columns",
)
_COLUMN_KEYS = (
    "name",
    "from",
    "type",
    "required",
    "class",
    "values",
    "minimum",
    "maximum",
    "description",
)


def _table(path: Path, node: yaml.Node, kind: str) -> Table:
    found = _mapping(path, node, "a table")
    _only(path, found, "a table", _TABLE_KEYS)
    columns = tuple(_column(path, item) for item in _items(path, found, "columns"))
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            _fail(path, found["columns"], f"column {name!r} is declared twice")
        if name in SYSTEM_COLUMNS:
            _fail(path, found["columns"], f"column {name!r} is a system column")
    table = Table(
        name=_text(path, found, "name"),
        description=_text(path, found, "description"),
        record=_text(path, found, "record"),
        identity=_names(path, found, "identity"),
        second_identity=_names(path, found, "second_identity"),
        second_window_days=int(_value(found.get("second_window_days")) or 0),
        received=_value(found.get("received")),
        time=_value(found.get("time")),
        columns=columns,
        is_snapshot=bool(_value(found.get("snapshot")) or kind == "snapshot"),
    )
    for key in ("identity", "second_identity"):
        for name in getattr(table, key):
            if name not in names:
                _fail(path, found[key], f"{key} names {name!r}, which is not a column")
    for key in ("received", "time"):
        name = getattr(table, key)
        if name is not None and name not in names:
            _fail(path, found[key], f"{key} names {name!r}, which is not a column")
    return table


def _column(path: Path, node: yaml.Node) -> Column:
    found = _mapping(path, node, "a column")
    _only(path, found, "a column", _COLUMN_KEYS)
    name, type_ = _text(path, found, "name"), _text(path, found, "type")
    class_ = _text(path, found, "class") if "class" in found else "none"
    if type_ not in TYPES:
        _fail(path, found["type"], f"type is {type_!r}; use one of {', '.join(TYPES)}")
    if class_ not in CLASSES:
        _fail(path, found["class"], f"class is {class_!r}; use one of {', '.join(CLASSES)}")
    return Column(
        name=name,
        type=type_,
        description=_text(path, found, "description"),
        from_=str(_value(found.get("from")) or name),
        required=bool(_value(found.get("required"))),
        class_=class_,
        values=_names(path, found, "values"),
        minimum=_value(found.get("minimum")),
        maximum=_value(found.get("maximum")),
    )


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise ContractError(f"{path}:{line}: this is not YAML: {error.problem}") from None


def _fail(path: Path, node: yaml.Node | None, message: str) -> None:
    line = node.start_mark.line + 1 if node is not None else 1
    raise ContractError(f"{path}:{line}: {message}")


def _mapping(path: Path, node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        _fail(path, node, f"{what} must be a mapping of keys to values")
    assert isinstance(node, yaml.MappingNode)
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        if key.value in found:
            _fail(path, key, f"key {key.value!r} is given twice")
        found[key.value] = value
    return found


def _only(path: Path, found: dict[str, yaml.Node], what: str, allowed: tuple[str, ...]) -> None:
    for key, node in found.items():
        if key not in allowed:
            _fail(path, node, f"{what} has no key {key!r}; it knows {', '.join(allowed)}")


def _value(node: yaml.Node | None) -> Any:
    if node is None:
        return None
    if node.tag == _TEXT_TAG:
        return node.value
    loader = yaml.SafeLoader("")
    return loader.construct_object(node, deep=True)


def _text(path: Path, found: dict[str, yaml.Node], key: str) -> str:
    if key not in found:
        first = next(iter(found.values()), None)
        _fail(path, first, f"the key {key!r} is missing")
    value = _value(found[key])
    if value is None or isinstance(value, (list, dict)):
        _fail(path, found[key], f"{key!r} must be a text")
    return str(value)


def _names(path: Path, found: dict[str, yaml.Node], key: str) -> tuple[str, ...]:
    if key not in found:
        return ()
    value = _value(found[key])
    if not isinstance(value, list):
        _fail(path, found[key], f"{key!r} must be a list")
    return tuple(str(item) for item in value)


def _items(path: Path, found: dict[str, yaml.Node], key: str) -> list[yaml.Node]:
    node = found.get(key)
    if not isinstance(node, yaml.SequenceNode):
        _fail(path, node or next(iter(found.values()), None), f"{key!r} must be a list")
    assert isinstance(node, yaml.SequenceNode)
    return list(node.value)
