"""Finds the reader of a source by name, or by looking at a file.

Knows: which source folders have a reader. Must not know: how any of them reads.
"""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module

from ingestion.contract import all_contracts
from ingestion.spec import Reader, Reject, Sample


@cache
def readers() -> dict[str, Reader]:
    """Every reader by source name."""
    found: dict[str, Reader] = {}
    for name, contract in all_contracts().items():
        if contract.kind != "company":
            found[name] = _reader(name)
    return found


def _reader(source: str) -> Reader:
    reader: Reader = import_module(f"ingestion.sources.{source}").READER
    return reader


def reader_for(source: str) -> Reader:
    """The reader of a source; Reject(UNKNOWN_SOURCE) names the known ones and the nearest."""
    contracts = all_contracts()
    if source in contracts and contracts[source].kind != "company":
        return _reader(source)
    known = [name for name, contract in contracts.items() if contract.kind != "company"]
    near = difflib.get_close_matches(source, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    what = f"there is no source {source!r}" if source else "the file lies outside a source's folder"
    raise Reject("UNKNOWN_SOURCE", f"{what}{hint} Known: {', '.join(sorted(known))}")


def detect(sample: Sample) -> Reader:
    """The one reader that knows this content; Reject(UNKNOWN_SOURCE) names the candidates otherwise."""
    matching = [
        reader
        for reader in readers().values()
        if sample.shape in reader.formats and reader.looks_like(sample)
    ]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        known = ", ".join(sorted(readers()))
        raise Reject(
            "UNKNOWN_SOURCE", f"no reader knows this content; pass --source with one of {known}"
        )
    names = " or ".join(sorted(reader.source for reader in matching))
    raise Reject("UNKNOWN_SOURCE", f"this could be {names}; pass --source to say which")
