"""productops taxonomy check: what the plan gets wrong, with file, line and a fix."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime

from orchestration.errors import FAILURE, OK, printable
from orchestration.settings import Settings


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of the action."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, or 1 when something must be put right before a build."""
    from ingestion.company import inspect

    findings = inspect(settings.company_dir, datetime.now(UTC).date())
    errors = sum(finding.severity == "error" for finding in findings)
    if arguments.json:
        document = [
            {
                "severity": finding.severity,
                "rule": finding.rule,
                "file": str(finding.file),
                "line": finding.line,
                "message": finding.message,
            }
            for finding in findings
        ]
        print(json.dumps({"findings": document}, ensure_ascii=False, indent=1))
        return FAILURE if errors else OK
    for finding in findings:
        place = f"{finding.file}:{finding.line}"
        print(printable(f"{finding.severity:<8} {place}: {finding.message}"))
    said = (
        f"{errors} to put right, {len(findings) - errors} to look at"
        if findings
        else "the declarations are in order"
    )
    print(said, file=sys.stderr)
    return FAILURE if errors else OK
