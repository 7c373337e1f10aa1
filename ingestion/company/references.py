"""References between a company's files, and values that only it can have wrong.

Knows: which file names what of which other. Must not know: how a company is put together, the plan's own lint.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.company import shipping, work
from ingestion.company.model import Company
from ingestion.contract import SOURCES_DIR
from ingestion.declarations import Document, Problem, nearest
from ingestion.tracking_plan.finding import Finding

_NO_DOCUMENT = Document(Path("-"), None)
# Whose exports carry the session of each event; of a generic file it is the column `session_id`.
VENDOR_SESSIONS = ("amplitude", "posthog", "events")


def known_sources() -> frozenset[str]:
    """Every source that has a contract, but for the company's own files."""
    return frozenset(path.parent.name for path in SOURCES_DIR.glob("*/contract.yml")) - {"company"}


def problems(company: Company, documents: dict[str, Document]) -> Iterator[Problem]:
    """References between files, and values that only this company can have wrong."""
    yield from _zones(company, documents)
    for source, project in company.settings.vendor_sessions:
        if source not in VENDOR_SESSIONS:
            yield documents["settings.yml"].problem(
                ("sources", source, "projects", project, "sessions"),
                f"`sessions: vendor` needs a session id in the export, and that of {source} has none; those that have one:"
                f" {', '.join(VENDOR_SESSIONS)}",
            )
    yield from _usage_sources(documents)
    yield from work.problems(documents)
    yield from shipping.problems(documents)
    owners = company.owners
    areas = {area.area for area in company.areas}
    features = {feature.feature for feature in company.plan.features}
    yield from _unique(documents, "people.yml", ("people",), "person_id")
    yield from _unique(documents, "areas.yml", ("areas",), "id")
    yield from _unique(documents, "releases.yml", ("releases",), "id")
    yield from _unique(documents, "tools.yml", ("tools", "processes"), "id")
    yield from _unique(documents, "routing.yml", ("rules",), "id")
    references: list[tuple[str, tuple[str, ...], str, Collection[str], str]] = [
        ("areas.yml", ("areas",), "owner", owners, "people.yml"),
        ("tools.yml", ("tools", "processes"), "owner", owners, "people.yml"),
        ("routing.yml", ("rules",), "owner", owners, "people.yml"),
        ("routing.yml", ("rules",), "area", areas, "areas.yml"),
        ("people.yml", ("people",), "area", areas, "areas.yml"),
        ("releases.yml", ("releases",), "feature", features, "the tracking plan"),
    ]
    for file, lists, key, known, where in references:
        if known and file in documents:
            yield from _known(documents[file], lists, key, known, where)


def not_out_yet(company: Company, documents: dict[str, Document], today: date) -> Iterator[Finding]:
    """Releases that are declared for a day that has not come: no answer can say what they did."""
    document = documents.get("releases.yml", _NO_DOCUMENT)
    for n, release in enumerate(company.releases):
        if release.released_on > today:
            message = (
                f"release `{release.release}` is dated {release.released_on}, which has not come; questions about it have no"
                " answer until then. Was another year meant?"
            )
            line = document.line(("releases", n, "date"))
            yield Finding(document.file, line, "warning", "future_release", message)


def _usage_sources(documents: dict[str, Document]) -> Iterator[Problem]:
    """A tool whose use no source can show would look as if nobody used it."""
    document = documents.get("tools.yml", _NO_DOCUMENT)
    known = known_sources()
    for kind in ("tools", "processes"):
        for n, tool in enumerate((document.value or {}).get(kind) or []):
            for k, usage in enumerate(tool.get("usage") or []):
                if usage["source"] not in known:
                    message = f"`{usage['source']}` is no source; {nearest(usage['source'], known)}"
                    yield document.problem((kind, n, "usage", k, "source"), message)


def _zones(company: Company, documents: dict[str, Document]) -> Iterator[Problem]:
    settings = documents["settings.yml"]
    if not _is_zone(company.settings.timezone):
        yield settings.problem(("timezone",), _zone_message(company.settings.timezone))
    for source, entry in company.settings.sources.items():
        for project, keys in ((entry or {}).get("projects") or {}).items():
            zone = (keys or {}).get("timezone")
            if zone is not None and not _is_zone(str(zone)):
                place = ("sources", source, "projects", project, "timezone")
                yield settings.problem(place, _zone_message(str(zone)))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _zone_message(name: str) -> str:
    return f"`timezone` `{name}` is not an IANA zone; write one like Europe/Berlin or UTC"


def _unique(
    documents: dict[str, Document], file: str, lists: tuple[str, ...], key: str
) -> Iterator[Problem]:
    def seen(document: Document, place: tuple[str | int, ...], first: int) -> Problem:
        message = f"`{key}` is already used on line {first}; ids must differ"
        return document.problem((*place, key), message)

    yield from _each(documents.get(file, _NO_DOCUMENT), lists, key, seen)


def _each(
    document: Document,
    lists: tuple[str, ...],
    key: str,
    report: Callable[[Document, tuple[str | int, ...], int], Problem],
) -> Iterator[Problem]:
    lines: dict[str, int] = {}
    for name in lists:
        for n, entry in enumerate((document.value or {}).get(name) or []):
            place = (name, n)
            written = _text(entry.get(key))
            if written in lines:
                yield report(document, place, lines[written])
            else:
                lines[written] = document.line((*place, key))


def _known(
    document: Document, lists: tuple[str, ...], key: str, known: Collection[str], where: str
) -> Iterator[Problem]:
    for name in lists:
        for n, entry in enumerate((document.value or {}).get(name) or []):
            written = _text(entry.get(key))
            if written and written not in known:
                message = f"`{key}` `{written}` is not in {where}; {nearest(written, known)}"
                yield document.problem((name, n, key), message)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
