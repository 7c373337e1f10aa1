"""`productops taxonomy`: what people, editors and CI get from the tracking plan."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.company import init
from orchestration.cli import main
from orchestration.declaration_lint import company_findings

PLAN = """report_published:
  description: d
  owner: anna
  version: 1.2.0
  properties:
    kind: {type: string, allowed: [board, chart]}
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A company with one person and one event, where the command line looks for it."""
    folder = tmp_path / "repository" / "company"
    init(folder)
    (folder / "people.yml").write_text("people: [{person_id: anna}]\n")
    plan(folder, PLAN)
    monkeypatch.setenv("PRODUCTOPS_COMPANY", str(folder))
    monkeypatch.setenv("PRODUCTOPS_DATA", str(tmp_path / "data"))
    before = signal.getsignal(signal.SIGTERM)
    yield folder
    signal.signal(signal.SIGTERM, before)


def plan(company: Path, text: str) -> None:
    (company / "tracking_plan").mkdir(exist_ok=True)
    (company / "tracking_plan" / "plan.yml").write_text(text, encoding="utf-8")


def git(folder: Path, *words: str) -> None:
    name = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", "-C", str(folder), *name, *words], check=True, capture_output=True)


def test_a_plan_in_order_passes_and_says_so(company: Path, capsys) -> None:
    assert main(["taxonomy", "check"]) == 0
    assert "in order" in capsys.readouterr().err


def test_errors_and_warnings_are_shown_together(company: Path, capsys) -> None:
    plan(company, PLAN.replace("anna", "ana") + "Sign Up: {description: d, owner: anna}\n")
    assert main(["taxonomy", "check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(f["severity"], f["rule"], f["line"]) for f in found] == [
        ("error", "unknown_owner", 3),
        ("warning", "name_convention", 7),
    ]
    assert found[0]["message"].endswith("did you mean `anna`?")
    assert "Try `signed_up`" in found[1]["message"]


def test_a_hostile_name_reaches_the_terminal_inert(company: Path, capsys) -> None:
    plan(company, '"\\e[31mred\\e]0;title\\a": {description: d, owner: anna}\n')
    assert main(["taxonomy", "check"]) == 0
    assert "\x1b" not in capsys.readouterr().out


BROKEN = {
    "broken YAML": ("report_published: {description: 'unclosed\n", 1, "is not valid YAML"),
    "duplicate": (PLAN + "report_published: {}\n", 7, "already on line 1; keep one of them"),
    "cyclic replacement": ("a_done: {replacement: b_done}\nb_done: {replacement: a_done}\n", 1, "replacements go in a circle: a_done -> b_done -> a_done"),
    "cyclic alias": ("a_done: {seen_as: {amplitude: [b_done]}}\nb_done: {seen_as: {amplitude: [a_done]}}\n", 1, "`b_done` is an event of its own"),
    "unknown owner": (PLAN.replace("anna", "ana"), 3, "did you mean `anna`?"),
}  # fmt: skip


def test_case_093_a_broken_plan_fails_the_check_and_publishes_nothing(
    good, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    for key, value in good.environment.items():
        monkeypatch.setenv(key, value)
    before = signal.getsignal(signal.SIGTERM)
    company = good.root / "company"
    (company / "people.yml").write_text("people: [{person_id: anna}]\n")
    content = good.content_hash()
    for text, line, message in BROKEN.values():
        plan(company, text)
        where = f"{company / 'tracking_plan' / 'plan.yml'}:{line}: "
        assert main(["taxonomy", "check"]) == 1
        shown = capsys.readouterr().out
        assert where in shown and message in shown
        found = company_findings(company)  # what `check` tells; it also runs every question
        assert [line for line in found if line.startswith(where) and message in line]
        assert main(["build"]) == 1
        said = capsys.readouterr().err
        assert said.startswith("COMPANY:") and where in said and message in said
    assert main(["check"]) == 1
    assert where in capsys.readouterr().out
    assert (good.current(), good.content_hash()) == ("v000001", content)
    signal.signal(signal.SIGTERM, before)


def test_a_breaking_change_since_the_last_commit_fails_the_diff(company: Path, capsys) -> None:
    git(company.parent, "init", "-q")
    git(company.parent, "add", ".")
    git(company.parent, "commit", "-q", "-m", "plan")
    assert main(["taxonomy", "diff"]) == 0
    plan(company, PLAN.replace("[board, chart]", "[board]"))
    assert main(["taxonomy", "diff", "HEAD", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (event,) = document["events"]
    assert (event["event"], event["demanded"], event["breaking"], event["line"]) == (
        "report_published",
        "major",
        True,
        4,
    )
    assert event["fix"] == "write `version: 2.0.0`"
    assert [(c["kind"], c["line"]) for c in event["changes"]] == [("value_removed", 6)]
    plan(company, PLAN.replace("[board, chart]", "[board]").replace("1.2.0", "2.0.0"))
    assert main(["taxonomy", "diff"]) == 0
    git(company.parent, "commit", "-q", "-am", "next")
    capsys.readouterr()
    assert main(["taxonomy", "diff", "HEAD~1", "HEAD"]) == 0
    shown = capsys.readouterr().out
    assert "HEAD:company/tracking_plan/plan.yml:4: report_published 1.2.0 -> 2.0.0" in shown


def test_two_folders_are_compared_without_git(company: Path, tmp_path: Path, capsys) -> None:
    older = tmp_path / "older"
    older.mkdir()
    (older / "plan.yml").write_text(PLAN + "b_done: {description: d}\n")
    assert main(["taxonomy", "diff", str(older), str(company)]) == 1
    assert f"breaking {older / 'plan.yml'}:7: b_done 1.0.0 -> none" in capsys.readouterr().out


@pytest.mark.parametrize("place", ["--output=/tmp/x", "nowhere", "HEAD:company", "HEAD;ls"])
def test_what_is_no_revision_is_a_usage_error(company: Path, capsys, place: str) -> None:
    git(company.parent, "init", "-q")
    git(company.parent, "commit", "-q", "--allow-empty", "-m", "empty")
    assert main(["taxonomy", "diff", "--", place]) == 2
    assert "is neither a folder nor a revision" in capsys.readouterr().err


def test_a_plan_that_git_does_not_hold_says_what_to_do(company: Path, capsys) -> None:
    assert main(["taxonomy", "diff"]) == 1
    assert "name two folders instead" in capsys.readouterr().err
    git(company.parent, "init", "-q")
    git(company.parent, "commit", "-q", "--allow-empty", "-m", "empty")
    assert main(["taxonomy", "diff"]) == 1
    assert capsys.readouterr().err.startswith("NO_PLAN_AT_REVISION:")
    git(company.parent, "add", ".")
    assert main(["taxonomy", "diff"]) == 0  # the first commit of a plan breaks nobody


def test_a_broken_older_plan_is_named_as_git_names_it(company: Path, capsys) -> None:
    git(company.parent, "init", "-q")
    plan(company, "report_published: {descripton: d}\n")
    git(company.parent, "add", ".")
    git(company.parent, "commit", "-q", "-m", "broken")
    plan(company, PLAN)
    assert main(["taxonomy", "diff"]) == 1
    assert "HEAD:company/tracking_plan/plan.yml:1: unknown key `descripton`" in capsys.readouterr().err  # fmt: skip


def test_wrappers_are_written_and_held_to_the_plan(company: Path, tmp_path: Path, capsys) -> None:
    file = tmp_path / "app" / "tracking.py"
    words = ["taxonomy", "wrappers", "--language", "python", "--out", str(file)]
    assert main(words) == 0 and "def report_published(" in file.read_text()
    assert main([*words, "--check"]) == 0
    plan(company, PLAN.replace("[board, chart]", "[board, chart, doc]"))
    assert main([*words, "--check"]) == 1
    assert f"{file}:1: is not what the plan says now" in capsys.readouterr().out


def test_case_088_colliding_names_write_nothing_and_are_both_named(
    company: Path, tmp_path: Path, capsys
) -> None:
    plan(company, PLAN + "Report Published: {description: d, owner: anna}\n")
    file = tmp_path / "tracking.ts"
    assert main(["taxonomy", "wrappers", "--language", "typescript", "--out", str(file)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("NAME_COLLISION: the events `Report Published` and `report_published`")
    assert not file.exists()


def test_the_schema_is_printed_or_written(company: Path, tmp_path: Path, capsys) -> None:
    assert main(["taxonomy", "schema"]) == 0
    printed = capsys.readouterr().out
    file = tmp_path / "plan.schema.json"
    assert main(["taxonomy", "schema", "--out", str(file)]) == 0
    assert file.read_text() == printed and json.loads(printed)["title"] == "Tracking plan"
