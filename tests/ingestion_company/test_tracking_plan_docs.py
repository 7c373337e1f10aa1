"""docs/taxonomy.md tells the truth: its examples are read and linted, and its commands exist."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from ingestion.tracking_plan import lint, read_plan
from orchestration.commands.taxonomy import ACTIONS
from orchestration.errors import CommandError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "taxonomy.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_examples_are_plans_without_errors(tmp_path: Path) -> None:
    first, shared, *others = blocks("yaml")
    for n, texts in enumerate([(first, shared), *((other,) for other in others)]):
        folder = tmp_path / str(n)
        folder.mkdir()
        for m, text in enumerate(texts):
            (folder / f"{m}.yml").write_text(text, encoding="utf-8")
        findings = lint(
            read_plan(folder), sources=("amplitude", "mixpanel"), today=date(2026, 1, 1)
        )
        assert [str(finding) for finding in findings if finding.severity == "error"] == []
        assert n or findings == []


def test_the_commands_are_there() -> None:
    named = set(re.findall(r"productops taxonomy (\w+)", PAGE))
    assert {"check", "diff", "schema", "wrappers"} <= named <= ACTIONS.keys()


def test_each_message_that_points_here_has_a_heading() -> None:
    for code in ("NO_REVISIONS", "NO_PLAN_AT_REVISION", "NAME_COLLISION"):
        error = CommandError(code, "", "", "", see="docs/taxonomy.md")
        assert f"### {str(error).rsplit('#', 1)[1]}\n" in PAGE
