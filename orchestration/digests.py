"""The digest of a published version: read, compared with the version before, written once as files.

Knows the folder `data/digests/` and how to compare two versions. Must not know how a letter is worded.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.tracking_plan import Plan
from ingestion.tracking_plan.digest import Digest, Violation, digest, file_names, markdown
from orchestration import versions
from orchestration.durable import replace_json, replace_text, sync_folder
from orchestration.observed_events import LONGEST
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dashboards.published import Session

ROWS = 20_000  # the most frequent ones
ALL = "_all"
BEGINNING = "the beginning"
# A mode in which a rule is counted and not told.
SILENT = "observe"


def compare(settings: Settings, since: str | None = None) -> Digest:
    """What the current version has that the one before had not; or `since` a version, or a day on which it was first seen."""
    from dashboards.published import open_version
    from ingestion.company import load

    company = load(settings.company_dir)
    day = _day(since)
    before = since if day is None else None
    if since is None:
        before = _previous(settings)
    with (
        open_version(settings.paths.published, time_limit_seconds=LONGEST) as published,
        published.session() as session,
    ):
        now = _violations(session)
        if day is not None:
            new = [one for one in now if (one.first_seen or "")[:10] >= day.isoformat()]
        else:
            known = _known(settings, before)
            new = [one for one in now if one.key() not in known]
        aliases = _aliases(session, company.plan) if _has_new_names(new) else {}
        version = published.version
    area_owners = {area.area: area.owner for area in company.areas}
    told = since or before or BEGINNING
    return digest(version, told, new, len(now) - len(new), company.plan, area_owners, aliases)


def write(settings: Settings) -> dict[str, Any]:
    """Write the digest of the current version, unless it is there already; what it says in short."""
    version = versions.current_id(settings.paths.published)
    if version is None:
        return {}
    place = settings.paths.digests / version
    if not place.exists():
        _lay(place, compare(settings))
    return dict(json.loads((place / f"{ALL}.json").read_text(encoding="utf-8"))["counts"])


def _lay(place: Path, found: Digest) -> None:
    """All files or none: a folder that is there is complete."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    for owner, name in file_names(found.owners).items():
        replace_text(beside / f"{name}.md", markdown(found, owner))
        replace_json(beside / f"{name}.json", found.as_dict(owner))
    replace_text(beside / f"{ALL}.md", markdown(found))
    replace_json(beside / f"{ALL}.json", found.as_dict())
    beside.rename(place)
    sync_folder(place.parent)


def _previous(settings: Settings) -> str | None:
    kept = versions.history(settings.paths.published)
    return kept[1].id if len(kept) > 1 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _known(settings: Settings, version: str | None) -> set[tuple[str, ...]]:
    from dashboards.published import open_version

    if version is None:
        return set()
    with open_version(settings.paths.published, version) as before, before.session() as session:
        return {one.key() for one in _violations(session)}


def _violations(session: Session) -> list[Violation]:
    """Violations that are told, platforms and versions of an event put together."""
    if "marts.fct_event_violations" not in session.tables:
        return []
    rows = session.rows(
        "select * from warehouse.marts.fct_event_violations order by events desc, event_name, property, rule, source, project limit ?",
        [ROWS],
    )
    found: dict[tuple[str, ...], Violation] = {}
    for row in rows:
        if row.get("mode") == SILENT:
            continue
        one = _violation(row)
        known = found.get(one.key())
        found[one.key()] = _joined(known, one) if known else one
    return list(found.values())


def _violation(row: dict[str, Any]) -> Violation:
    examples = json.loads(row.get("example_event_ids") or "[]") or [row.get("example_event_id")]
    return Violation(
        event=row["event_name"],
        property=row["property"],
        rule=row["rule"],
        source=row["source"],
        project=row["project"],
        events=int(row["events"]),
        first_seen=str(row["first_seen_at"]) if row["first_seen_at"] else None,
        last_seen=str(row["last_seen_at"]) if row["last_seen_at"] else None,
        mode=str(row.get("mode") or "warn"),
        detail=row.get("detail"),
        examples=tuple(str(key) for key in examples if key),
    )


def _joined(one: Violation, other: Violation) -> Violation:
    firsts = [text for text in (one.first_seen, other.first_seen) if text]
    lasts = [text for text in (one.last_seen, other.last_seen) if text]
    return replace(
        one,
        events=one.events + other.events,
        first_seen=min(firsts, default=None),
        last_seen=max(lasts, default=None),
        detail=one.detail or other.detail,
        examples=tuple(dict.fromkeys((*one.examples, *other.examples)))[:5],
    )


def _has_new_names(new: list[Violation]) -> bool:
    return any(
        one.rule in ("unplanned_event", "near_duplicate_name", "name_convention") for one in new
    )


def _aliases(session: Session, plan: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """Of each arrived name that is probably a planned event: which one, and why."""
    from ingestion.tracking_plan.renames import evidence
    from orchestration.plan_draft import spellings_of_planned

    groups, renamed = spellings_of_planned(session, plan)
    found = {
        (one.source, one.name): (group.name, "it is spelled alike")
        for group in groups
        for one in group.seen
    }
    for one in renamed:
        for name in (one.new, one.old):
            if (one.source, name) in found:
                found[one.source, name] = (found[one.source, name][0], evidence(one))
    return found
