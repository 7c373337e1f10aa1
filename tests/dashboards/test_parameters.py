"""Conditions, ranges and wrong values: typed, bound, explained."""

from __future__ import annotations

import json
import random

import pytest

from dashboards.answer import BadParameter, UnknownQuestion, UsageError
from dashboards.ask import ask
from dashboards.catalogue import load

EVENTS = [
    (
        "a",
        "open",
        "2024-05-01T10:00",
        {"plan": "pro", "seats": 10, "beta": True, "path/x~y": "odd", 'quo"te': "yes"},
    ),
    ("b", "open", "2024-05-01T10:00", {"plan": "Free", "seats": 2.5, "beta": False}),
    (
        "c",
        "open",
        "2024-05-01T10:00",
        {"seats": "many", "plan": None},
        {"platform": "iOS", "country": "Germany"},
    ),
]
DAY = {"from_": "2024-05-01", "to": "2024-05-02", "as_of": "2024-05-02"}


@pytest.fixture(scope="module")
def asks(asked_world):
    with asked_world(EVENTS) as asks:
        yield asks


@pytest.mark.parametrize(
    ("prop", "op", "value", "want"),
    [
        ("plan", "eq", "pro", 1),
        ("plan", "ne", "pro", 2),
        ("plan", "in", ["pro", "Free"], 2),
        ("plan", "not_in", ["pro"], 2),
        ("plan", "contains", "RE", 1),
        ("plan", "not_contains", "re", 2),
        ("plan", "regex", "^[pF]r", 2),
        ("plan", "set", None, 2),
        ("plan", "not_set", None, 1),
        ("seats", "gt", 2.5, 1),
        ("seats", "gte", "2.5", 2),
        ("seats", "lt", 10, 1),
        ("seats", "lte", 10, 2),
        ("seats", "eq", 10, 1),
        ("beta", "eq", True, 1),
        ("plan", "gt", "a", 1),
        ("path/x~y", "eq", "odd", 1),
        ('quo"te', "eq", "yes", 1),
        ("platform", "eq", "iOS", 1),
        ("country", "ne", "Germany", 2),
        ("nothing", "not_in", [], 3),
        ("plan", "in", [], 0),
    ],
)
def test_conditions(asks, prop, op, value, want):
    where = json.dumps([{"property": prop, "op": op, "value": value}])
    assert asks("active_users", where=where, **DAY).rows[0]["active"] == want


def test_case_088_a_key_is_asked_for_exactly_as_it_was_sent(world):
    keys = ["select", "SELECT", "A", "a", "a.b", "a b", " a", '"a"', "'a'", "$.a", "a/b", "*", "[0]", "a~1b"]  # fmt: skip
    events = [(f"u{n}", "open", "2024-05-01T10:00", {key: f"v{n}"}) for n, key in enumerate(keys)]
    with world(events) as asks:
        for n, key in enumerate(keys):
            for op, value, want in (("set", None, 1), ("eq", f"v{n}", 1), ("ne", f"v{n}", len(keys) - 1)):  # fmt: skip
                where = [{"property": key, "op": op, "value": value}]
                got = asks("funnel", steps=["open"], where=where, **DAY).rows[0]["reached"]
                assert (key, op, got) == (key, op, want)


def test_person_conditions_read_the_event_then_the_latest_profile(world):
    events = [
        ("a", "open", "2024-05-01T10:00", {}, {"person_properties": '{"tier": "old"}'}),
        ("b", "open", "2024-05-01T10:00", {}, {"person_key": 7}),
    ]
    tables = {
        "dim_persons": [
            {"person_key": 97, "is_internal": False, "person_properties": '{"tier": "new"}'},
            {"person_key": 7, "is_internal": False, "person_properties": '{"tier": "new"}'},
        ]
    }
    with world(events, tables=tables) as asks:
        for tier in ("old", "new"):
            where = [{"property": "tier", "op": "eq", "value": tier, "of": "person"}]
            assert asks("active_users", where=where, **DAY).rows[0]["active"] == 1
        steps = [
            {
                "event": "open",
                "where": [{"property": "tier", "op": "eq", "value": "new", "of": "person"}],
            }
        ]
        assert asks("funnel", steps=steps, **DAY).rows[0]["reached"] == 1


def test_account_conditions_read_the_list_of_accounts(world):
    """a is of a large account, b of a small one, c of none, d of one that is not in the list."""
    keys = {"a": 1, "b": 2, "c": None, "d": 9}
    events = [(who, "open", "2024-05-01T10:00", {}, {"account_key": key}) for who, key in keys.items()]  # fmt: skip
    accounts = [
        {"account_key": key, "account_id": name, "group_type": "org", "segment": segment, "mrr": mrr}
        for key, name, segment, mrr in ((1, "acme", "enterprise", 900.5), (2, "bolt", "small", 20))
    ]  # fmt: skip
    with world(events, tables={"dim_accounts": accounts}) as asks:
        for prop, op, value, want in (
            ("segment", "eq", "enterprise", 1),
            ("segment", "ne", "enterprise", 3),
            ("segment", "in", ["enterprise", "small"], 2),
            ("segment", "not_set", None, 2),
            ("account_id", "contains", "BOL", 1),
            ("mrr", "gte", 100, 1),
            ("mrr", "lt", 900.5, 1),
            ("account", "set", None, 3),
        ):
            where = [{"property": prop, "op": op, "value": value, "of": "account"}]
            rows = asks("active_users", where=where, **DAY).rows
            assert (prop, op, rows[0]["active"]) == (prop, op, want)
            steps = [{"event": "open", "where": where}]
            assert asks("funnel", steps=steps, **DAY).rows[0]["reached"] == want
        where = [{"property": "segment", "value": "enterprize", "of": "account"}]
        caveats = asks("funnel", steps=[{"event": "open", "where": where}], **DAY).caveats
        assert "No account has the segment “enterprize”; the nearest is “enterprise”." in caveats
        where = [{"property": "planet", "op": "set", "of": "account"}]
        with pytest.raises(BadParameter, match="account_id.* the nearest is `plan`"):
            asks("active_users", where=where, **DAY)
        with pytest.raises(BadParameter, match="of an account there is"):  # would tell which it is
            asks("active_users", breakdown="account_id", property_of="account", **DAY)


def test_where_removes_events_before_first_ever_look_ups(world):
    events = [
        ("a", "open", "2024-04-01T10:00", {"app": "old"}),
        ("a", "open", "2024-05-01T10:00", {"app": "new"}),
    ]
    with world(events) as asks:
        assert asks("active_users", **DAY).rows[0]["new"] == 0
        assert (
            asks(
                "active_users", where=[{"property": "app", "op": "eq", "value": "new"}], **DAY
            ).rows[0]["new"]
            == 1
        )


def test_project_and_source_limit_everything(world):
    with world(
        [*EVENTS, ("d", "open", "2024-05-01T10:00", {}, {"project": "other", "source": "posthog"})]
    ) as asks:
        assert asks("active_users", project="other", **DAY).rows[0]["active"] == 1
        assert asks("active_users", source="events", **DAY).rows[0]["active"] == 3
        with pytest.raises(BadParameter, match="`other`"):
            asks("active_users", project="othr")


@pytest.mark.parametrize(
    ("question", "params", "hint"),
    [
        ("retention", {"unit": "fortnight"}, "month"),
        ("retention", {"colour": "blue"}, "cohort"),
        ("retention", {"brackets": "0,1-3"}, "bracket"),
        ("retention", {"horizon": "many"}, "number"),
        ("retention", {"horizon": -1}, "at least 0"),
        ("retention", {"horizon": 1.5}, "whole"),
        ("active_users", {"from": "yesterday"}, "2024-03-04"),
        ("active_users", {"to": "0001-01-02"}, "1900"),
        ("retention", {"from": "9999-12-31"}, "2200"),
        ("active_users", {"from": "2024-13-01"}, "date"),
        ("active_users", {"from": "2024-05-02", "to": "2024-05-02"}, "before"),
        ("active_users", {"event": "opne"}, "`open`"),
        ("active_users", {"event": '{"evnt": "open"}'}, "`event`"),
        ("active_users", {"event": '{"event": '}, "JSON"),
        ("active_users", {"where": "plan=pro"}, "JSON"),
        ("active_users", {"where": '[{"property": "plan", "op": "is", "value": 1}]'}, "eq"),
        (
            "active_users",
            {"where": '[{"property": "plan", "op": "regex", "value": "("}]'},
            "regular expression",
        ),
        (
            "active_users",
            {"where": '[{"property": "plan", "op": "eq", "value": 1, "of": "company"}]'},
            "person",
        ),
        ("active_users", {"mau_days": "true"}, "number"),
        ("funnel", {}, "steps"),
        ("funnel", {"steps": "[]"}, "1 to 20"),
        ("funnel", {"steps": '["open"]', "window": "2 weeks"}, "14d"),
        ("funnel", {"steps": '["open"]', "window": "0d"}, "zero"),
        (
            "funnel",
            {"steps": '["open"]', "exclusions": '[{"event": "open", "after_step": 1}]'},
            "after_step",
        ),
        ("feature_usage", {}, "exactly one"),
        ("feature_usage", {"feature": "export"}, "no feature"),
        ("data_health", {"where": '[{"property": "a", "op": "set"}]'}, "where"),
        ("kpis", {"kpi": "K99"}, "K"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_a_right_one(asks, question, params, hint):
    with pytest.raises(BadParameter) as error:
        ask(asks.published, question, params)
    assert hint in error.value.message


def test_an_unknown_question_names_the_nearest(asks):
    with pytest.raises(UnknownQuestion, match="retention"):
        asks("retension")


def test_case_151_fuzzed_parameters_are_answered_or_explained_never_a_crash(asks):
    pool = ["", "x" * 20_000, "-1", "1e309", "NaN", "null", "[]", "{}", "[[]]", '[{"property": 1}]', "'; drop table x; --", "\x00", "2024-02-30", "9999-12-31", "0001-01-01", True, 3.5, [], {"event": ["a"]}, [1], "../../etc/passwd", "=1+1", "\u202e"]  # fmt: skip
    names = ["from", "to", "where", "event", "period", "unit", "steps", "window", "horizon", "brackets", "breakdown", "hold_constant", "exclusions", "attribution", "group", "feature", "experiment", "text", "project", "source", "kpi"]  # fmt: skip
    dice = random.Random(7)
    for question in load().questions.values():
        known = [
            n
            for n in names
            if n in question.params or n in ("from", "to", "where", "project", "source")
        ]
        for _ in range(8):
            params = {
                n: dice.choice(pool)
                for n in dice.sample(known, min(len(known), dice.randint(1, 3)))
            }
            try:
                ask(asks.published, question.id, params).to_json()
            except UsageError as error:
                assert error.message
