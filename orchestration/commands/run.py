"""productops run: ingest what is new, build, gate, publish, take due snapshots."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from orchestration.selection import LOADS
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.pipeline import Outcome

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
    if outcome.built:
        print(built(outcome.built))
    for line in restated(outcome):
        print(line)
    for period in outcome.snapshots:
        print(f"snapshot  {period}")
    return outcome.exit_code


def built(found: dict[str, Any]) -> str:
    """How much of the warehouse the run built, and why not more or less."""
    news = sorted({str(table).partition(".")[0] for table in found["news"] or ()} - {LOADS[0]})
    if found["news"] is None:
        return f"built     all {found['of']} models ({found['reason']})"
    is_new = f"{', '.join(news)} {'is' if len(news) == 1 else 'are'} new"
    why = is_new if news else found["reason"]
    return f"built     {found['models']} of {found['of']} models ({why})"


MOST_LINES = 8


def restated(outcome: Outcome) -> list[str]:
    """What the run changed in closed periods: number, period, old, new and why; the rest is a question away."""
    if not outcome.restated:
        return []
    from dashboards.restated import lines

    rows = [{**row, "version": outcome.version} for row in outcome.restated]
    found = lines(rows)
    told = [f"restated  {line.sentence}" for line in found[:MOST_LINES]]
    if len(found) > MOST_LINES:
        told.append(f"restated  and {len(found) - MOST_LINES} more")
    return [*told, f"          productops ask restatements --param version={outcome.version}"]


def _held(held: dict[str, object], version: str | None) -> str:
    served = f"{version} is still served" if version else "nothing is published yet"
    return (
        f"HELD: {held['gate']}: {held['message']}\nwhy: a gate guards what is published; {served}\n"
        f"fix: {held['fix']}\nsee: docs/runbook.md#{str(held['gate']).split(' ')[0]}"
    )
