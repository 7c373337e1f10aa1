"""Takes the first records of a file, whatever its shape, for the choice of a reader.

Knows: the shapes of files and every reader's page keys. Must not know: which reader will be chosen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingestion.formats.containers import open_container
from ingestion.formats.lines import Content
from ingestion.formats.parquet import first_rows, is_parquet
from ingestion.formats.records import shape_of, walk
from ingestion.registry import readers
from ingestion.spec import Context, Found, Reader, Reject, Sample


def sample_of(path: Path, name: str) -> Sample:
    """The first records of a file, whatever its shape, for the choice of a reader."""
    page_keys = _all_page_keys()
    lenient = Reader("", _ALL_FORMATS, lambda _: False, page_keys=page_keys, repeated_columns=True)
    container = open_container(path, name)
    if is_parquet(path):
        return Sample(name, "", "parquet", first_rows(path))
    for member in container.members():
        if member.name.endswith("_complete"):
            continue
        content = Content(member.stream, hashlib.sha256())
        shape = shape_of(content, _ALL_FORMATS, page_keys)
        if shape == "empty":
            continue
        records: list[Mapping[str, Any]] = []
        header: tuple[str, ...] = ()
        page_key: str | None = None

        def keep_header(rows: Iterator[list[str]], _: Context) -> Sequence[str]:
            nonlocal header
            header = tuple(next(rows))
            return header

        reader = replace(lenient, header=keep_header)
        for found in walk(content, member.name, shape, reader, Context("", "", {})):
            if isinstance(found, Found):
                records.append(found.record)
                page_key = page_key or found.page_key
            if len(records) >= 5:
                break
        return Sample(name, member.name, shape, tuple(records), header, page_key)
    raise Reject("UNKNOWN_SOURCE", "the file is empty, so its source cannot be told; pass --source")


_ALL_FORMATS = ("ndjson", "json", "csv", "yaml", "ics", "pgdump")


def _all_page_keys() -> tuple[str, ...]:
    return tuple(sorted({key for reader in readers().values() for key in reader.page_keys}))
