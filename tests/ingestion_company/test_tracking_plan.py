"""The tracking plan's lint: what would break a number is an error, with the line and the fix."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion import company
from ingestion.company import CompanyError
from ingestion.tracking_plan import lint, read_plan


def plan_of(folder: Path, text: str, name: str = "a.yml"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return read_plan(folder)


def rules(folder: Path, text: str, **known: object) -> dict[str, str]:
    return {f.rule: str(f).removeprefix(f"{folder}/") for f in lint(plan_of(folder, text), **known)}


GOOD = "report_published: {description: x, owner: pm-01}\n"


def test_a_good_plan_has_no_findings(tmp_path: Path) -> None:
    assert lint(plan_of(tmp_path, GOOD), people={"pm-01"}, today=date(2026, 1, 1)) == []


def test_the_form_of_the_style_page_is_read(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        """report_published:
  description: A workspace member made a report visible to someone other than themselves.
  question: Did the account reach first shared value?
  owner: growth@example.com
  status: live
  review_by: 2027-06-30
  properties:
    report_type: {type: string, allowed: [board, chart, doc]}
    recipients:  {type: integer, minimum: 1}
  seen_as:
    amplitude: [Report Published, report-publish]
    posthog: [report_published]
""",
    )
    (event,) = plan.events
    assert (event.name, event.status, event.review_by) == (
        "report_published",
        "live",
        date(2027, 6, 30),
    )
    assert event.seen_as["amplitude"] == ("Report Published", "report-publish")
    assert [(p.name, p.type, p.minimum) for p in event.properties] == [
        ("report_type", "string", None),
        ("recipients", "integer", 1),
    ]
    assert event.counts_as_active and not event.value_event


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("report_published: {owner: a}\n", "missing_description", "a.yml:1: warning"),
        ("report_published: {description: a}\n", "missing_owner", "name the person"),
        ("ReportPublished: {description: a, owner: b}\n", "name_convention", "object_verb_past"),
        (GOOD + "old_thing_done: {description: a, owner: b, replacement: nope_done}\n", "unknown_replacement", "a.yml:2: error"),
        (GOOD + "old_thing_done: {description: a, owner: b, status: deprecated}\n", "no_replacement", "without a `replacement`"),
        (
            "a_b: {description: a, owner: b, replacement: c_d}\nc_d: {description: a, owner: b, replacement: a_b}\n",
            "cyclic_replacement",
            "a circle",
        ),
        (
            "a_b: {description: a, owner: b, seen_as: {posthog: [X]}}\nc_d: {description: a, owner: b, seen_as: {posthog: [X]}}\n",
            "duplicate_alias",
            "a.yml:2: error: `X` of posthog already means `a_b` (a.yml:1)",
        ),
        (
            "a_b: {description: a, owner: b, seen_as: {posthog: [c_d]}}\nc_d: {description: a, owner: b}\n",
            "alias_is_event",
            "an alias cannot also be a planned name",
        ),
        (
            'a_b: {description: a, owner: b, properties: {x: {type: string, pattern: "["}}}\n',
            "bad_pattern",
            "not a regular expression",
        ),
        (
            "a_b: {description: a, owner: b, properties: {x: {type: integer, minimum: 3, maximum: 1}}}\n",
            "empty_range",
            "minimum 3 above maximum 1",
        ),
        ("sign_up_done: {description: a, owner: b}\nsignup_done: {description: a, owner: b}\n", "near_duplicate", "nearly"),
        (
            "features: {export: {name: Export}}\na_b: {description: a, owner: b, feature: exprt}\n",
            "unknown_feature",
            "did you mean `export`?",
        ),
        ("features: {export: {name: Export}}\n", "feature_without_value", "value_event"),
    ],
)  # fmt: skip
def test_each_rule_finds_its_case(tmp_path: Path, text: str, rule: str, said: str) -> None:
    assert said in rules(tmp_path, text)[rule]


def test_the_same_event_in_two_files_is_an_error(tmp_path: Path) -> None:
    plan_of(tmp_path, GOOD)
    findings = lint(plan_of(tmp_path, GOOD, "b.yml"))
    assert [(f.rule, f.severity, f.file.name) for f in findings] == [
        ("duplicate_event", "error", "b.yml")
    ]


def test_an_overdue_review_is_a_warning(tmp_path: Path) -> None:
    text = "a_b: {description: a, owner: b, review_by: 2025-01-01}\n"
    assert "review_overdue" in rules(tmp_path, text, today=date(2025, 2, 1))
    assert "review_overdue" not in rules(tmp_path, text, today=date(2024, 2, 1))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("report_published: {descripton: x}\n", "plan.yml:1: unknown key `descripton`; did you mean `description`?"),
        ("report_published:\n  description: x\nreport_published:\n  description: y\n", "plan.yml:3: key `report_published` is already on line 1"),
        ("a_b: {description: x, owner: ann}\n", "plan.yml:1: owner `ann` of `a_b` is not in people.yml; did you mean `anna`?"),
        ("a_b: {description: x, owner: anna, replacement: c_d}\nc_d: {description: x, owner: anna, replacement: a_b}\n", "replacements go in a circle: a_b -> c_d -> a_b"),
        ("a_b: {description: x, owner: anna, status: alive}\n", "plan.yml:1: `status` cannot be `alive`; did you mean `live`?"),
        ("a_b: [not, a, mapping]\n", "plan.yml:1: `a_b` must be a mapping"),
        ("a_b: {description: 'unclosed}\n", "is not valid YAML"),
    ],
)  # fmt: skip
def test_case_093_a_broken_plan_is_refused_with_file_line_and_fix(
    tmp_path: Path, plan: str, said: str
) -> None:
    (tmp_path / "tracking_plan").mkdir()
    (tmp_path / "settings.yml").write_text("company: T\n")
    (tmp_path / "people.yml").write_text("people: [{person_id: anna}]\n")
    (tmp_path / "tracking_plan" / "plan.yml").write_text(plan)
    with pytest.raises(CompanyError) as caught:
        company.load(tmp_path)
    assert said in str(caught.value)
