"""productops taxonomy check: what the plan gets wrong, with file, line and a fix."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from typing import Any

from orchestration.errors import FAILURE, OK
from orchestration.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when something must be put right before a build."""
    from ingestion.company import CompanyError, load
    from ingestion.company.load import known_sources
    from ingestion.tracking_plan.lint import lint

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
    areas = {area.area for area in company.areas}
    today = datetime.now(UTC).date()
    return _report(
        arguments,
        [
            {
                "severity": finding.severity,
                "rule": finding.rule,
                "file": str(finding.file),
                "line": finding.line,
                "message": finding.message,
            }
            for finding in lint(company.plan, people, areas, known_sources(), today)
        ],
        OK,
    )


def _report(arguments: argparse.Namespace, findings: list[dict[str, Any]], code: int) -> int:
    if arguments.json:
        print(json.dumps({"findings": findings}, ensure_ascii=False, indent=1))
        return code
    for finding in findings:
        print(f"{finding['severity']:<8} {finding['file']}:{finding['line']}: {finding['message']}")
    if not findings:
        print("the declarations are in order", file=sys.stderr)
    return code
