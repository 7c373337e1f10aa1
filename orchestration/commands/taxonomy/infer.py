"""productops taxonomy infer: a draft of the plan for what arrives without one, and spellings for what has one."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from orchestration.errors import OK, CommandError, printable, usage_error
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.plan_draft import Draft

FILE = "inferred.yml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument("--source", help="only names of this source")
    parser.add_argument("--event", help="only the event of this name or spelling")
    parser.add_argument("--out", metavar="DIR", help=f"write DIR/{FILE} instead of printing it")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """Prints or writes the draft; needs a published version. Nothing that exists is changed."""
    from dashboards.published import NoVersion, open_version
    from ingestion.company import load
    from ingestion.tracking_plan.draft import write
    from orchestration.observed_events import LONGEST
    from orchestration.plan_draft import draft

    plan = load(settings.company_dir).plan
    try:
        with (
            open_version(settings.paths.published, time_limit_seconds=LONGEST) as published,
            published.session() as session,
        ):
            found = draft(session, plan, arguments.source, arguments.event)
            version = published.version
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION", str(error), "a plan is drafted from what is published", "productops run"
        ) from error
    text = write(found.events, found.alias_lines(plan), version)
    if arguments.json:
        print(json.dumps(_document(found), ensure_ascii=False, indent=1, default=str))
    if arguments.out:
        _save(arguments.out, text)
    elif not arguments.json:
        print(printable(text), end="")
    print(_summary(found), file=sys.stderr)
    return OK


def _save(folder: str, text: str) -> None:
    from pathlib import Path

    file = Path(folder) / FILE
    if file.exists():
        raise usage_error(
            f"{file} exists already",
            "somebody may have corrected it",
            "move its entries into a file of an area, or give another --out",
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    print(f"wrote {file}", file=sys.stderr)


def _summary(found: Draft) -> str:
    proposed = sum(not one.is_confirmed for one in found.renames)
    told = (
        f"{len(found.events)} events drafted, {len(found.aliases)} planned events with new spellings,"
        f" {proposed} renames to confirm"
    )
    return told + (f"; {found.left_out} rarer names left out" if found.left_out else "")


def _document(found: Draft) -> dict[str, Any]:
    return {
        "events": [
            {
                "event": event.group.name,
                "pattern": event.group.pattern,
                "names": len(event.group.spellings),
                "events": event.group.events,
                "spellings": [vars(one) for one in event.group.seen[:100]],
                "properties": {
                    prop.name: {**prop.entry, "note": prop.note}
                    for prop in event.properties.properties
                },
                "notes": [*event.notes, *event.properties.notes],
            }
            for event in found.events
        ],
        "aliases": [
            {"event": group.name, "spellings": [vars(one) for one in group.seen]}
            for group in found.aliases
        ],
        "renames": [one.as_dict() for one in found.renames],
        "left_out": found.left_out,
    }
