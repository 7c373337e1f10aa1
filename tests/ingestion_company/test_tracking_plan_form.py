"""What a plan can say: dates, shared properties, rules, which source counts; and what of it is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from ingestion import company
from ingestion.declarations import CompanyError
from ingestion.landing import DataPaths
from ingestion.tracking_plan import lint, read_plan

SOURCES = ("amplitude", "mixpanel", "posthog")


def plan_of(folder: Path, **files: str):
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    return read_plan(folder)


def refused(folder: Path, **files: str) -> str:
    with pytest.raises(CompanyError) as caught:
        plan_of(folder, **files)
    return str(caught.value).replace(f"{folder}/", "")


def said(folder: Path, text: str, today: date | None = None) -> dict[str, str]:
    findings = lint(plan_of(folder, a=text), sources=SOURCES, today=today)
    return {f.rule: str(f).replace(f"{folder}/", "") for f in findings}


def test_a_file_that_would_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "growth").mkdir()
    (tmp_path / "growth" / "a.yml").write_text("a_done: {}\n")
    assert refused(tmp_path).startswith("growth/a.yml:1: is in a folder of its own")


def test_everything_an_event_can_say_is_read(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        a="""
order_paid:
  description: d
  trigger: The provider confirmed it.
  status: deprecated
  live_from: 2025-01-01
  deprecated_from: 2026-03-01
  removed_from: 2026-09-01
  version: '2.1'
  platforms: web
  properties:
    plan:
    order_id: {required: true, type: string, sources: [amplitude]}
    amount: {type: number, unit: EUR, cast: true, nullable: false}
  rules: {required_missing: quarantine}
  counted_from: {match: order_id, prefer: [amplitude, mixpanel]}
  replacement: invoice_paid
""",
        shared="""
properties:
  plan: {type: string, allowed: [free, pro]}
rules: {unplanned_event: observe}
version_property: v
counted_from:
  one_of: [{source: mixpanel, to: 2026-03-01}, {source: amplitude, from: 2026-03-01}]
""",
    )  # fmt: skip
    (event,) = plan.events
    assert (event.version, event.platforms, event.trigger) == (
        "2.1.0",
        ("web",),
        "The provider confirmed it.",
    )
    assert (event.live_from, event.removed_from) == (date(2025, 1, 1), date(2026, 9, 1))
    by_name = {prop.name: prop for prop in event.properties}
    assert by_name["plan"].is_shared and by_name["plan"].allowed == ("free", "pro")
    assert by_name["plan"].nullable and not by_name["order_id"].nullable
    assert by_name["order_id"].sources == ("amplitude",)
    assert by_name["amount"].cast and by_name["amount"].unit == "EUR"
    assert event.rules == {"required_missing": "quarantine"}
    assert event.counted_from is not None and event.counted_from.property == "order_id"
    assert plan.rules == {"unplanned_event": "observe"} and plan.version_property == "v"
    assert plan.counted_from is not None
    assert [(p.source, p.from_date, p.to_date) for p in plan.counted_from.periods] == [
        ("mixpanel", None, date(2026, 3, 1)),
        ("amplitude", date(2026, 3, 1), None),
    ]
    assert event.line_of("properties", "amount", "unit") == 14


def test_an_event_may_say_more_of_a_shared_property(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        a="properties: {plan: {type: string, allowed: [free]}}\na_b: {properties: {plan: {required: true}}}\n",
    )
    (prop,) = plan.events[0].properties
    assert (prop.required, prop.allowed, prop.is_shared) == (True, ("free",), True)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a": "a_b: {properties: {plan: }}\n"}, "a.yml:1: `plan` needs the key `type`"),
        ({"a": "properties: {plan: {type: string}}\na_b: {properties: {plam: }}\n"}, "a.yml:2: `plam` needs the key `type`, or a definition under the top-level `properties`; did you mean `plan`?"),
        ({"a": "a_b: {properties: {plan: {type: integer}}}\n", "b": "properties: {plan: {type: string}}\n"}, "a.yml:1: `plan` is shared as string (b.yml:1) and cannot be integer here; leave `type` out"),
        ({"a": "properties: {plan: {type: string}}\n", "b": "properties: {plan: {type: string}}\n"}, "b.yml:1: property `plan` is already shared in a.yml:1; keep one"),
        ({"a": "rules: {unknown: warn}\n", "b": "\n\nrules: {unknown: observe}\n"}, "b.yml:3: `rules` speaks for the whole plan and is already in a.yml:1; keep one"),
        ({"a": "a_b: {rules: {requird_missing: warn}}\n"}, "unknown key `requird_missing`; did you mean `required_missing`?"),
        ({"a": "a_b: {rules: {required_missing: quarantin}}\n"}, "cannot be `quarantin`; did you mean `quarantine`?"),
        ({"a": "a_b:\n  version: 1.10\n"}, "a.yml:2: `version` must be a version like 1.2.0, not `1.1`"),
        ({"a": "a_b: {version: v2}\n"}, "`version` must be a version like 1.2.0, not `v2`"),
        ({"a": "a_b: {counted_from: {one_of: [{source: amplitude}], match: x}}\n"}, "`counted_from` needs either `one_of`"),
        ({"a": "a_b: {counted_from: {match: x}}\n"}, "`counted_from` names no source"),
        ({"a": "counted_from: {one_of: [], prefer: [amplitude]}\n"}, "`prefer` belongs to `match`"),
        ({"a": "a_b: {live_from: soon}\n"}, "`live_from` must be a date like 2026-01-31, not `soon`"),
    ],
)  # fmt: skip
def test_case_093_what_does_not_fit_the_form_is_refused_with_line_and_fix(
    tmp_path: Path, files: dict[str, str], message: str
) -> None:
    assert message in refused(tmp_path, **files)


@pytest.mark.parametrize(
    ("body", "rule", "message"),
    [
        ("{status: planned, live_from: 2026-01-01}", "date_contradicts_status", "a.yml:1: error: `a_done` is planned but has `live_from` 2026-01-01; write `planned_for`, or set `status: live`"),
        ("{live_from: 2026-02-01, deprecated_from: 2026-01-01}", "dates_out_of_order", "`deprecated_from` 2026-01-01 of `a_done` is before its `live_from` 2026-02-01"),
        ("{status: deprecated, replacement: b_done}", "no_deprecation_date", "write `deprecated_from`"),
        ("{status: deprecated, deprecated_from: 2026-01-01}", "no_replacement", "name the event that is sent instead"),
        ("{status: removed}", "no_removal_date", "write `removed_from`"),
        ("{status: planned, planned_for: 2026-01-01}", "plan_date_passed", "set `status: live`, or move the date"),
        ("{live_from: 2026-12-01}", "live_too_early", "set `status: planned`"),
        ("{deprecated_from: 2026-01-01}", "status_too_late", "set `status: deprecated`"),
        ("{status: deprecated, removed_from: 2026-01-01}", "status_too_late", "set `status: removed`"),
        ("{status: removed, removed_from: 2026-12-01}", "removed_too_early", "set `status: deprecated`"),
        ("{seen_as: {amplitud: [X]}}", "unknown_source", "`seen_as` of `a_done` names `amplitud`, which is not a source; did you mean `amplitude`?"),
        ("{properties: {x: {type: string, sources: mixpanl}}}", "unknown_source", "did you mean `mixpanel`?"),
        ("{counted_from: {one_of: [{source: snowplow}]}}", "unknown_source", "which is not a source; use one of amplitude, mixpanel, posthog"),
        ("{counted_from: {one_of: [{source: mixpanel, to: 2026-03-02}, {source: amplitude, from: 2026-03-01}]}}", "overlapping_periods", "end the first with `to: 2026-03-01`, or its events count twice"),
        ("{counted_from: {one_of: [{source: mixpanel}, {source: amplitude, from: 2026-03-01}]}}", "overlapping_periods", "`mixpanel` and `amplitude` both count from 2026-03-01"),
        ("{counted_from: {one_of: [{source: mixpanel, to: 2026-03-01}, {source: amplitude, from: 2026-03-02}]}}", "gap_in_periods", "warning: no source counts from 2026-03-01 to 2026-03-02"),
        ("{counted_from: {one_of: [{source: mixpanel, from: 2026-03-01, to: 2026-03-01}]}}", "empty_period", "`to` 2026-03-01 is exclusive"),
        ("{properties: {order_id: {type: string}}, counted_from: {match: orderid, prefer: [mixpanel]}}", "unknown_match_property", "`match` names `orderid`, which is no property of `a_done`; did you mean `order_id`?"),
        ("{counted_from: {match: x, prefer: [mixpanel, mixpanel]}}", "source_twice", "keep the first"),
        ("{properties: {x: {type: string, required: true, nullable: true}}}", "required_nullable", "drop one of the two"),
        ("{properties: {x: {type: string, minimum: 1}}}", "limit_of_other_type", "a `minimum` is for integer or number"),
        ('{properties: {x: {type: string, pattern: "(?=a)a"}}}', "bad_pattern", "not a regular expression of the warehouse (RE2): invalid perl operator: (?="),
        ("{properties: {x: {type: integer, pattern: a}}}", "limit_of_other_type", "a `pattern` is for type string"),
        ("{properties: {x: {type: string, allowed: [no, yes]}}}", "allowed_of_other_type", "is not text; it could never be seen"),
        ("{properties: {x: {type: integer, allowed: [1, 2.5]}}}", "allowed_of_other_type", "is not a whole number"),
        ("{properties: {x: {type: string, allowed: [a, a]}}}", "allowed_twice", "stands twice"),
        ("{properties: {user_email: {type: string}}}", "undeclared_pii", "looks like an e-mail address; say `pii: personal`"),
        ("{properties: {reportType: {type: string}, A: {type: string}}}", "property_name", "`reportType`, `A` of `a_done` break the naming of properties"),
        ("{properties: {a: {type: string}, A: {type: string}}}", "near_duplicate_property", "`A` and `a` of `a_done` differ only in their spelling"),
    ],
)  # fmt: skip
def test_each_rule_of_the_lint_finds_its_case(
    tmp_path: Path, body: str, rule: str, message: str
) -> None:
    text = f"a_done: {body}\nb_done: {{}}\n"
    assert message in said(tmp_path, text, date(2026, 6, 1))[rule]


CLEAN = """
properties: {plan: {type: string, allowed: [free, pro]}}
order_placed:
  {description: d, owner: o, status: live, live_from: 2025-01-01, version: 1.2.0, properties: {plan: , order_id: {type: string, required: true}, email: {type: string, pii: personal}, has_phone: {type: boolean}, amount: {type: number, minimum: 0, maximum: 9.5}},
   counted_from: {match: order_id, prefer: [amplitude, mixpanel]}, seen_as: {'*': [Order Placed], amplitude: [order placed]}}
report_begun:
  {description: d, owner: o, status: deprecated, live_from: 2025-01-01, deprecated_from: 2025-02-01, removed_from: 2027-01-01, replacement: order_placed, review_by: 2026-06-01,
   counted_from: {one_of: [{source: mixpanel, to: 2026-03-01}, {source: amplitude, from: 2026-03-01}]}}
goal_set: {description: d, owner: o, status: planned, planned_for: 2026-06-01, properties: {plan: {required: true}}}
legacy_drawn: {description: d, owner: o, status: removed, removed_from: 2026-05-31}
"""


def test_a_clean_plan_is_left_alone(tmp_path: Path) -> None:
    assert said(tmp_path, CLEAN, date(2026, 6, 1)) == {}


def test_an_owner_who_left_and_a_property_that_nobody_takes_are_named(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, a="properties: {plan: {type: string}}\na_done: {description: d, owner: anna}\n"
    )
    left = {"anna": date(2026, 1, 31)}
    found = lint(plan, today=date(2026, 2, 1), left=left)
    assert [(finding.rule, finding.severity) for finding in found] == [
        ("unused_shared_property", "warning"),
        ("owner_left", "warning"),
    ]
    assert [f.rule for f in lint(plan, today=date(2026, 1, 31), left=left)] == [
        "unused_shared_property"
    ]


def test_what_only_the_calendar_makes_wrong_never_stops_a_build(tmp_path: Path) -> None:
    late = lint(plan_of(tmp_path, a=CLEAN), sources=SOURCES, today=date(2031, 1, 1))
    assert {finding.severity for finding in late} == {"warning"}


def test_two_events_say_one_property_alike(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "a_done: {properties: {report_type: {type: string}, n: {type: string}}}\nb_done: {properties: {reportType: {type: string}, n: {type: integer}}}\n",
    )
    assert "`reportType` of `b_done` is `report_type` in `a_done`" in found["near_duplicate_property"]  # fmt: skip
    assert "`n` is integer in `b_done` and string in `a_done`" in found["property_type_differs"]


def test_the_plan_becomes_rows(tmp_path: Path) -> None:
    folder, paths = tmp_path / "company", DataPaths(tmp_path / "data")
    (folder / "tracking_plan").mkdir(parents=True)
    (folder / "settings.yml").write_text("company: T\n")
    (folder / "tracking_plan" / "a.yml").write_text(
        CLEAN + "rules: {unknown: observe}\ncounted_from: {one_of: [{source: amplitude}]}\n"
    )
    company.compile(folder, paths)

    def rows(table: str, columns: str, where: str = "true") -> list[tuple[object, ...]]:
        path = paths.raw / "company" / table / "load=0" / "part-0.parquet"
        with duckdb.connect() as con:
            return con.execute(
                f"select {columns} from read_parquet('{path}') where {where}"
            ).fetchall()

    assert rows("plan_meta", "version_property") == [("tracking_plan_version",)]
    assert rows("plan_rules", "event_name, rule, mode") == [(None, "unknown", "observe")]
    assert rows(
        "plan_counted_from", "event_name, kind, property, source, from_date, to_date, position"
    ) == [
        (None, "one_of", None, "amplitude", None, None, 1),
        ("order_placed", "match", "order_id", "amplitude", None, None, 1),
        ("order_placed", "match", "order_id", "mixpanel", None, None, 2),
        ("report_begun", "one_of", None, "mixpanel", None, date(2026, 3, 1), 1),
        ("report_begun", "one_of", None, "amplitude", date(2026, 3, 1), None, 2),
    ]
    assert rows(
        "plan_properties",
        "property, is_required, is_nullable, is_shared",
        "event_name = 'goal_set'",
    ) == [("plan", True, False, True)]
    assert rows("plan_aliases", "source, seen_as", "event_name = 'order_placed'") == [
        ("*", "order_placed"),
        ("*", "Order Placed"),
        ("amplitude", "order placed"),
    ]
    assert rows("plan_events", "version, live_from, platforms", "event_name = 'order_placed'") == [
        ("1.2.0", date(2025, 1, 1), None)
    ]
