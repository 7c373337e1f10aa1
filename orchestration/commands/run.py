"""productops run: ingest what is new, build, gate, publish, take due snapshots."""

from __future__ import annotations

import argparse
import json
import sys

from orchestration.settings import Settings

EXAMPLES = """examples:
  productops run          everything that is due; quick when nothing is
  productops run --json   the same, with one JSON document on stdout
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")


def execute(arguments: argparse.Namespace, settings: Settings, ingest: bool = True) -> int:
    from orchestration.pipeline import run_pipeline

    outcome = run_pipeline(
        settings,
        ingest=ingest,
        tell=lambda line: None if arguments.quiet else print(line, file=sys.stderr),
    )
    if arguments.json:
        print(json.dumps(outcome.as_dict(), ensure_ascii=False, indent=1, default=str))
        return outcome.exit_code
    from orchestration.commands.ingest import describe

    for report in outcome.files:
        print(describe(report))
    for warning in outcome.warnings:
        print(f"warning   {warning}", file=sys.stderr)
    if outcome.held:
        print(_held(outcome.held, outcome.version), file=sys.stderr)
    else:
        print(
            f"{outcome.status} {outcome.version}"
            + (f" ({outcome.reason})" if outcome.reason else "")
        )
    for period in outcome.snapshots:
        print(f"snapshot  {period}")
    return outcome.exit_code


def _held(held: dict[str, object], version: str | None) -> str:
    served = f"{version} is still served" if version else "nothing is published yet"
    return (
        f"HELD: {held['gate']}: {held['message']}\nwhy: a gate guards what is published; {served}\n"
        f"fix: {held['fix']}\nsee: docs/runbook.md#{str(held['gate']).split(' ')[0]}"
    )
