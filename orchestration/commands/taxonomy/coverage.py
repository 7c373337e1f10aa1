"""productops taxonomy: check the tracking plan, and how much of what arrives it covers."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from orchestration.errors import FAILURE, OK
from orchestration.settings import Settings

EXAMPLES = """examples:
  productops taxonomy check       names, owners, aliases, rules: each finding with file and line
  productops taxonomy coverage    planned and unplanned events in the published version
"""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|coverage")
    for name, text in (
        ("check", "lint the plan"),
        ("coverage", "compare the plan with what arrived"),
    ):
        actions.add_parser(name, help=text).add_argument(
            "--json", action="store_true", help="print one JSON document"
        )


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    return {"check": _check, "coverage": _coverage}[arguments.action](arguments, settings)


def _check(arguments: argparse.Namespace, settings: Settings) -> int:
    from ingestion.company import CompanyError, load
    from ingestion.tracking_plan.lint import errors, lint

    try:
        company = load(settings.company_dir)
    except CompanyError as error:
        found = [
            {
                "severity": "error",
                "file": str(problem.file),
                "line": problem.line,
                "message": problem.message,
            }
            for problem in error.problems
        ]
        return _report(arguments, found, FAILURE)
    people = {person.person_id for person in company.people} | {
        person.email for person in company.people if person.email
    }
    findings = list(lint(company.plan, people, {area.area for area in company.areas}))
    bad = errors(findings)
    return _report(
        arguments,
        [
            {"severity": "error" if finding in bad else "warning", "message": str(finding)}
            for finding in findings
        ],
        FAILURE if bad else OK,
    )


def _report(arguments: argparse.Namespace, findings: list[dict[str, Any]], code: int) -> int:
    if arguments.json:
        print(json.dumps({"findings": findings}, ensure_ascii=False, indent=1))
        return code
    for finding in findings:
        place = f"{finding['file']}:{finding['line']}: " if "file" in finding else ""
        print(f"{finding['severity']:<8} {place}{finding['message']}")
    if not findings:
        print("the declarations are in order", file=sys.stderr)
    return code


_COVERAGE = """
select coalesce(names.status, 'unplanned') as status, days.event_name, days.source, days.project,
    sum(days.events)::bigint as events, sum(days.violating_events)::bigint as violating_events,
    max(days.last_at) as last_seen_at
from warehouse.marts.fct_event_days as days
left join warehouse.marts.dim_events as names on days.event_name = names.event_name
group by all order by events desc, days.event_name, days.source, days.project
"""


def _coverage(arguments: argparse.Namespace, settings: Settings) -> int:
    from dashboards.published import NoVersion, open_version
    from orchestration.errors import CommandError

    try:
        with open_version(settings.paths.published) as published:
            rows = published.query(_COVERAGE).to_dicts()
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION", str(error), "coverage is measured on what is published", "productops run"
        ) from error
    total = sum(row["events"] for row in rows)
    planned = sum(
        row["events"] for row in rows if row["status"] in ("live", "planned", "deprecated")
    )
    share = planned / total if total else None
    if arguments.json:
        print(
            json.dumps(
                {"events": total, "planned": planned, "coverage": share, "names": rows},
                default=str,
                indent=1,
            )
        )
        return OK
    print(
        f"{planned} of {total} events are planned"
        + (f" ({share:.1%})" if share is not None else "")
    )
    for row in rows:
        print(
            f"{row['status']:<11} {row['events']:>10} {row['event_name']} ({row['source']}/{row['project']})"
        )
    return OK
