"""What a change of the plan demands of an event's version, and whether it moved enough."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.tracking_plan import (  # fmt: skip
    CountedFrom,
    EventPlan,
    Plan,
    PropertyPlan,
    SourcePeriod,
    read_plan,
)
from ingestion.tracking_plan.forms import MODES, RULES, STATUSES, TYPES
from ingestion.tracking_plan.versions import breaking, compare, step

HERE = Path("a.yml")
BASE = """
a_done:
  description: d
  trigger: t
  owner: o
  area: growth
  feature: f
  live_from: 2025-01-01
  version: 1.4.2
  platforms: [web]
  seen_as: {amplitude: [A Done]}
  counted_from: {match: id, prefer: [amplitude]}
  properties:
    id: {type: string, required: true}
    kind: {type: string, allowed: [x, y]}
    size: {type: integer, minimum: 1, maximum: 9, unit: ms, nullable: false}
    code: {type: string, pattern: "[a-z]+", cast: true}
    when: {type: timestamp, sources: [amplitude]}
"""
EXTRA = "b_done: {description: d}\n"


def plan_of(folder: Path, text: str) -> Plan:
    folder.mkdir(exist_ok=True)
    (folder / "a.yml").write_text(text, encoding="utf-8")
    return read_plan(folder)


CASES = [
    # change of the text, kind, what it demands
    ("    id:", "    new: {type: string, required: true}\n    id:", "required_property_added", "major"),
    ("    id:", "    new: {type: string}\n    id:", "property_added", "minor"),
    ("    when: {type: timestamp, sources: [amplitude]}\n", "", "property_removed", "major"),
    ("kind: {type: string,", "kind: {type: string, required: true,", "required_narrowed", "major"),
    ("id: {type: string, required: true}", "id: {type: string}", "required_widened", "minor"),
    ("size: {type: integer", "size: {type: number", "type_widened", "minor"),
    ("when: {type: timestamp", "when: {type: any", "type_widened", "minor"),
    ("when: {type: timestamp", "when: {type: integer", "type_narrowed", "major"),
    ("[x, y]", "[x]", "value_removed", "major"),
    ("[x, y]", "[x, y, z]", "value_added", "minor"),
    ("kind: {type: string, allowed: [x, y]}", "kind: {type: string}", "allowed_lifted", "minor"),
    ("id: {type: string,", "id: {type: string, allowed: [x],", "allowed_introduced", "major"),
    ('"[a-z]+"', '"[a-z]{3}"', "pattern_changed", "major"),
    ('pattern: "[a-z]+", ', "", "pattern_removed", "minor"),
    ("minimum: 1", "minimum: 2", "range_narrowed", "major"),
    ("minimum: 1", "minimum: 0", "range_widened", "minor"),
    ("maximum: 9", "maximum: 8", "range_narrowed", "major"),
    ("maximum: 9", "maximum: 10", "range_widened", "minor"),
    (", maximum: 9", "", "range_widened", "minor"),
    ("nullable: false", "nullable: true", "nullable_widened", "minor"),
    ("kind: {type: string,", "kind: {type: string, nullable: false,", "nullable_narrowed", "major"),
    (", cast: true", "", "cast_narrowed", "major"),
    ("kind: {type: string,", "kind: {type: string, cast: true,", "cast_widened", "minor"),
    ("sources: [amplitude]", "sources: [amplitude, mixpanel]", "sources", "minor"),
    ("unit: ms", "unit: s", "unit", "major"),
    ("id: {type: string,", "id: {type: string, pii: pseudonym,", "pii", "minor"),
    ("id: {type: string,", "id: {type: string, description: words,", "description", "patch"),
    ("  trigger: t", "  trigger: another moment", "trigger", "minor"),
    ("  feature: f", "  feature: g", "feature", "minor"),
    ("  area: growth", "  area: core", "area", "minor"),
    ("platforms: [web]", "platforms: [web, ios]", "platforms", "minor"),
    ("  owner: o", "  owner: p", "owner", "patch"),
    ("  description: d", "  description: better words", "description", "patch"),
    ("2025-01-01", "2025-02-01", "live_from", "patch"),
    ("  owner: o", "  owner: o\n  review_by: 2026-01-01", "review_by", "patch"),
    ("  owner: o", "  owner: o\n  counts_as_active: false", "counts_as_active", "major"),
    ("  owner: o", "  owner: o\n  value_event: true", "value_event", "major"),
    ("  owner: o", "  owner: o\n  status: deprecated", "status", "minor"),
    ("  owner: o", "  owner: o\n  status: removed", "status", "major"),
    ("  owner: o", "  owner: o\n  status: planned", "status", "major"),
    ("  owner: o", "  owner: o\n  rules: {unknown: observe}", "rules", "patch"),
    ("  owner: o", "  owner: o\n  rules: {unknown: quarantine}", "rules", "minor"),
    ("[A Done]", "[A Done, a-done]", "seen_as_added", "minor"),
    ("[A Done]", "[a-done]", "seen_as_removed", "major"),
    ("prefer: [amplitude]", "prefer: [mixpanel]", "counted_from", "minor"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "kind", "demands"), CASES)
def test_each_change_demands_its_step(
    tmp_path: Path, old: str, new: str, kind: str, demands: str
) -> None:
    assert old in BASE
    before = plan_of(tmp_path / "before", BASE + EXTRA)
    text = BASE.replace(old, new, 1) + EXTRA
    (diff,) = compare(before, plan_of(tmp_path / "after", text))
    assert (kind, demands) in {(change.kind, change.demands) for change in diff.changes}
    assert diff.demanded == demands or kind == "seen_as_added"
    assert diff.is_breaking == (diff.demanded == "major")
    enough = step("1.4.2", diff.demanded)
    assert diff.fix == f"write `version: {enough}`"
    moved = plan_of(tmp_path / "moved", text.replace("1.4.2", enough))
    (said,) = compare(before, moved)
    assert (said.fix, said.is_breaking) == ("", False)


def test_a_change_stands_at_its_line(tmp_path: Path) -> None:
    before = plan_of(tmp_path / "before", BASE)
    (diff,) = compare(before, plan_of(tmp_path / "after", BASE.replace("minimum: 1", "minimum: 2")))
    (change,) = diff.changes
    assert (diff.line, change.line, change.property) == (9, 16, "size")
    assert change.what == "`size`: minimum is now `2` and was `1`"


def test_a_new_event_is_minor_and_a_gone_one_breaks(tmp_path: Path) -> None:
    one, both = plan_of(tmp_path / "one", BASE), plan_of(tmp_path / "both", BASE + EXTRA)
    (added,) = compare(one, both)
    assert (added.event, added.demanded, added.fix) == ("b_done", "minor", "")
    (gone,) = compare(both, one)
    assert gone.is_breaking and "keep the entry with `status: removed`" in gone.fix
    planned = plan_of(tmp_path / "planned", BASE + "b_done: {status: planned}\n")
    assert breaking(compare(planned, one)) == []


def test_a_renamed_event_breaks_unless_its_version_says_so(tmp_path: Path) -> None:
    before = plan_of(tmp_path / "before", BASE)
    renamed = BASE.replace("a_done:", "a_finished:").replace("[A Done]", "[A Done, a_done]")
    (diff,) = compare(before, plan_of(tmp_path / "after", renamed))
    assert diff.is_breaking and (diff.event, diff.changes[0].kind) == (
        "a_finished",
        "event_renamed",
    )
    assert "write `version: 2.0.0`, or keep `a_done` as deprecated" in diff.fix
    moved = plan_of(tmp_path / "moved", renamed.replace("1.4.2", "2.0.0"))
    assert breaking(compare(before, moved)) == []


def test_a_planned_event_may_still_change_its_mind(tmp_path: Path) -> None:
    text = BASE.replace("  owner: o", "  owner: o\n  status: planned")
    before = plan_of(tmp_path / "before", text)
    (diff,) = compare(before, plan_of(tmp_path / "after", text.replace("[x, y]", "[x]")))
    assert (diff.demanded, diff.is_breaking) == ("minor", False)


def test_a_version_that_goes_back_is_never_enough(tmp_path: Path) -> None:
    before = plan_of(tmp_path / "before", BASE)
    (diff,) = compare(before, plan_of(tmp_path / "after", BASE.replace("1.4.2", "1.4.1")))
    assert (diff.is_breaking, diff.fix) == (True, "write `version: 1.4.2`")


def test_what_a_shared_property_says_anew_changes_each_event_that_takes_it(tmp_path: Path) -> None:
    text = "properties: {plan: {type: string, allowed: [free, pro]}}\na_done: {properties: {plan: }}\nb_done: {properties: {plan: }}\n"
    before = plan_of(tmp_path / "before", text)
    after = plan_of(tmp_path / "after", text.replace("[free, pro]", "[free]"))
    assert [diff.event for diff in breaking(compare(before, after))] == ["a_done", "b_done"]


def test_what_holds_for_the_whole_plan_is_said_once(tmp_path: Path) -> None:
    before = plan_of(tmp_path / "before", BASE)
    more = "counted_from: {one_of: [{source: amplitude}]}\nrules: {unknown: observe}\nversion_property: v\n"
    (diff,) = compare(before, plan_of(tmp_path / "after", BASE + more))
    assert (diff.event, diff.is_breaking) == ("", False)
    assert [change.kind for change in diff.changes] == ["version_property", "counted_from", "rules"]


NAMES = st.sampled_from(["a_done", "b_done", "c_done", "d_done"])
DATES = st.none() | st.dates(date(2025, 1, 1), date(2026, 1, 1))
PROPERTIES = st.builds(
    PropertyPlan,
    name=st.sampled_from(["p", "q", "r"]),
    type=st.sampled_from(TYPES),
    required=st.booleans(),
    nullable=st.booleans(),
    allowed=st.lists(st.sampled_from(["x", "y", 1, True]), max_size=3).map(tuple),
    pattern=st.none() | st.sampled_from(["a", "b"]),
    minimum=st.none() | st.integers(0, 3),
    maximum=st.none() | st.integers(3, 6),
    unit=st.sampled_from(["", "ms", "s"]),
    cast=st.booleans(),
    sources=st.lists(st.sampled_from(["amplitude", "mixpanel"]), unique=True).map(tuple),
)
COUNTED = st.none() | st.builds(
    CountedFrom,
    kind=st.just("one_of"),
    file=st.just(HERE),
    line=st.integers(1, 9),
    periods=st.lists(st.builds(SourcePeriod, source=st.sampled_from(["amplitude", "mixpanel"])), min_size=1, max_size=2).map(tuple),
)  # fmt: skip
EVENTS = st.builds(
    EventPlan,
    name=NAMES,
    file=st.just(HERE),
    line=st.integers(1, 99),
    description=st.sampled_from(["", "d"]),
    status=st.sampled_from(STATUSES),
    live_from=DATES,
    counts_as_active=st.booleans(),
    value_event=st.booleans(),
    version=st.sampled_from(["1.0.0", "1.2.3", "2.0.0"]),
    properties=st.lists(PROPERTIES, max_size=3, unique_by=lambda p: p.name).map(tuple),
    rules=st.dictionaries(st.sampled_from(list(RULES)), st.sampled_from(MODES), max_size=2),
    counted_from=COUNTED,
    seen_as=st.dictionaries(
        st.just("amplitude"), st.lists(NAMES, max_size=2, unique=True).map(tuple)
    ),
)
PLANS = st.builds(Plan, events=st.lists(EVENTS, max_size=4, unique_by=lambda e: e.name).map(tuple))


@settings(max_examples=60, deadline=None)
@given(PLANS)
def test_a_plan_does_not_differ_from_itself(plan: Plan) -> None:
    elsewhere = tuple(replace(event, line=event.line + 7) for event in plan.events)
    assert compare(plan, replace(plan, events=elsewhere)) == []


@settings(max_examples=60, deadline=None)
@given(PLANS, PLANS)
def test_whoever_follows_every_fix_breaks_nobody(before: Plan, after: Plan) -> None:
    was = {event.name: event for event in before.events}
    major = tuple(replace(event, version="3.0.0") for event in after.events)
    kept = tuple(
        replace(event, status="removed", version="3.0.0")
        for name, event in was.items()
        if name not in {event.name for event in after.events}
    )
    assert breaking(compare(before, replace(after, events=(*major, *kept)))) == []
