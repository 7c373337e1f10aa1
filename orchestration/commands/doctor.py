"""productops doctor: look for what commonly goes wrong on a machine."""

from __future__ import annotations

import argparse
import json

from orchestration.errors import FAILURE, OK
from orchestration.settings import Settings

EXAMPLES = """examples:
  productops doctor          each finding with its fix
  productops doctor --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from orchestration.diagnosis import diagnose

    findings = diagnose(settings)
    bad = [finding for finding in findings if finding.severity == "error"]
    if arguments.json:
        print(json.dumps({"findings": [vars(finding) for finding in findings]}, indent=1))
        return FAILURE if bad else OK
    for finding in findings:
        print(
            f"{finding.severity:<7} {finding.what}"
            + (f"\n        fix: {finding.fix}" if finding.fix else "")
        )
    return FAILURE if bad else OK
