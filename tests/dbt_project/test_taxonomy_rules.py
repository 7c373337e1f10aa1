"""The check of what arrives against the tracking plan: each rule with a planted case and a clean one (cases 80 to 92)."""

from __future__ import annotations

import importlib.util
import json
import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.contract import load_contract

HERE = Path(__file__).resolve().parent
START = datetime(2025, 3, 1, 12)
MODELS = (
    "--select",
    "+int_events__violation_days",
    "+int_events__quarantined",
    "+int_events__unseen",
    "+dim_name_patterns",
)
CHECKOUT = {
    "plan": {"type": "string", "required": True, "allowed": ["free", "pro"]},
    "seats": {"type": "integer", "cast": True, "minimum": 1, "maximum": 500},
    "price": {"type": "number", "minimum": 0},
    "coupon": {"type": "string", "pattern": "[A-Z]{4}"},
    "paid_at": {"type": "timestamp"},
    "gift": {"type": "boolean", "nullable": False},
    "method": {"type": "string", "required": True, "sources": ["amplitude"]},
    "tags": {"type": "list", "allowed": ["new", "big"]},
    "cart": {"type": "object"},
    "strange": {"type": "string", "pattern": "(?=x)x"},
    "comment": {"type": "string", "pii": "free_text"},
    "ref": {"type": "string", "required": True, "nullable": True},
}
RANDOM = {
    "plan": {"type": "string", "required": True, "allowed": ["free", "pro", "5"]},
    "seats": {"type": "integer", "minimum": 1, "maximum": 9},
    "cast_seats": {"type": "integer", "cast": True, "minimum": 1},
    "price": {"type": "number", "nullable": False, "allowed": [1, 2.5]},
    "cast_price": {"type": "number", "cast": True, "maximum": 5},
    "code": {"type": "string", "pattern": "[a-z]+"},
    "at": {"type": "timestamp"},
    "gift": {"type": "boolean", "cast": True},
    "tags": {"type": "list", "allowed": ["a", "b"]},
    "cart": {"type": "object"},
    "any": {"type": "any"},
    "only_mixpanel": {"type": "string", "required": True, "sources": ["mixpanel"]},
    "label": {"type": "string", "cast": True, "allowed": ["5", "true", "x"]},
}
GOOD = {"plan": "pro", "ref": None}
NAMES, KEYS = 50_000, 10_000


def _module(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


oracle = _module(HERE.parent / "oracles" / "taxonomy.py")
HOSTILE = _module(HERE / "hostile_names.py").HOSTILE


def mixpanel(key: str, name: str, bag, day: float = 0, os: str | None = None) -> dict:
    at = START + timedelta(days=day)
    return {"_key": key, "event": name, "distinct_id": "u", "user_id": "u", "time_at": at, "received_at": at, "properties": bag, "os": os}  # fmt: skip


# key of the event: its name, its bag, the rules that it breaks; the others are clean
EVENTS = {
    "clean": ("checkout_completed", {**GOOD, "seats": 3, "price": 1.5, "coupon": "SAVE", "paid_at": "2025-03-01T10:00:00Z", "gift": True, "tags": ["new"], "cart": {"n": 1}, "$os": "x"}, set()),
    "nulls": ("checkout_completed", {**GOOD, "seats": None, "price": None}, set()),
    "required": ("checkout_completed", {"ref": None}, {("plan", "required_missing")}),
    "required null": ("checkout_completed", {"plan": None, "ref": "x"}, {("plan", "required_missing")}),
    "required absent though nullable": ("checkout_completed", {"plan": "pro"}, {("ref", "required_missing")}),
    "null refused": ("checkout_completed", {**GOOD, "gift": None}, {("gift", "type_mismatch")}),
    "cast": ("checkout_completed", {**GOOD, "seats": "5"}, set()),
    "cast of a limit": ("checkout_completed", {**GOOD, "seats": "501"}, {("seats", "value_not_allowed")}),
    "cast of no number": ("checkout_completed", {**GOOD, "seats": "many"}, {("seats", "type_mismatch")}),
    "whole": ("checkout_completed", {**GOOD, "seats": 5.0}, set()),
    "half": ("checkout_completed", {**GOOD, "seats": 5.5}, {("seats", "type_mismatch")}),
    "object for number": ("checkout_completed", {**GOOD, "seats": {"v": 5}}, {("seats", "type_mismatch")}),
    "text for number": ("checkout_completed", {**GOOD, "price": "5"}, {("price", "type_mismatch")}),
    "no time": ("checkout_completed", {**GOOD, "paid_at": "soon"}, {("paid_at", "type_mismatch")}),
    "enum": ("checkout_completed", {"plan": "ultra", "ref": None}, {("plan", "value_not_allowed")}),
    "pattern": ("checkout_completed", {**GOOD, "coupon": "save"}, {("coupon", "value_not_allowed")}),
    "range": ("checkout_completed", {**GOOD, "price": -1}, {("price", "value_not_allowed")}),
    "list": ("checkout_completed", {**GOOD, "tags": ["new", "odd"]}, {("tags", "value_not_allowed")}),
    "unreadable pattern": ("checkout_completed", {**GOOD, "strange": "x"}, {("strange", "unknown")}),
    "unplanned key": ("checkout_completed", {**GOOD, "color": 1}, {("color", "unplanned_property")}),
    "key of another event": ("checkout_completed", {**GOOD, "channel": "ads"}, {("channel", "additional_property")}),
    "near key": ("checkout_completed", {**GOOD, "Pai dAt": "x"}, {("Pai dAt", "unplanned_property"), ("Pai dAt", "near_duplicate_name"), ("Pai dAt", "name_convention")}),
    "case of a key": ("checkout_completed", {**GOOD, "PLAN": "x"}, {("PLAN", "unplanned_property"), ("PLAN", "near_duplicate_name"), ("PLAN", "name_convention")}),
    "version of today": ("checkout_completed", {**GOOD, "plan_version": "2.0.0"}, set()),
    "version of yesterday": ("checkout_completed", {**GOOD, "plan_version": "1.9"}, {("plan_version", "version_out_of_date")}),
    "version of tomorrow": ("checkout_completed", {**GOOD, "plan_version": 3}, {("plan_version", "unknown")}),
    "no version": ("checkout_completed", {**GOOD, "plan_version": "latest"}, {("plan_version", "unknown")}),
    "no object": ("checkout_completed", [1, 2], {(None, "unknown")}),
    "alias": ("Checkout Completed", GOOD, set()),
    "unplanned": ("banner_seen", {"x": 1}, {(None, "unplanned_event")}),
    "convention": ("Banner Clicked", {}, {(None, "unplanned_event"), (None, "name_convention")}),
    "vendor's name": ("$pageview", {}, {(None, "unplanned_event")}),
    "near name": ("checkout-completed ", {}, {(None, "unplanned_event"), (None, "near_duplicate_name"), (None, "name_convention")}),
    "person in a name": ("clicked_by_bob@example.com", {}, {(None, "unplanned_event"), (None, "name_convention"), (None, "pii_in_free_text")}),
    "person in a key": ("checkout_completed", {**GOOD, "bob@example.com": 1}, {("bob@example.com", "unplanned_property"), ("bob@example.com", "name_convention"), ("bob@example.com", "pii_in_free_text")}),
    "person in a value": ("checkout_completed", {**GOOD, "coupon": "mail ann@example.com"}, {("coupon", "value_not_allowed"), ("coupon", "pii_in_free_text")}),
    "person where declared": ("checkout_completed", {**GOOD, "comment": "mail ann@example.com"}, set()),
    "person beside the plan": ("banner_seen", {"query": "+49 171 2345678"}, {(None, "unplanned_event"), ("query", "pii_in_free_text")}),
    "system": ("$identify", {"$set": {"email": "a@example.com"}, "x": "a@example.com"}, set()),
    "before the sunset": ("old_click", {}, set()),
    "silent plan": ("app_opened", {"whatever": 1}, set()),
}  # fmt: skip
LATE = {
    "after the sunset": ("old_click", {}, {(None, "deprecated_event_seen")}),
    "removed": ("gone_click", {}, {(None, "deprecated_event_seen")}),
}


def plan_event(name: str, **more) -> dict:
    return {"event_name": name, "status": "live", "version": "1.0.0", "owner": "o", **more}


def plan_property(event: str, name: str, declared: dict) -> dict:
    return {
        "event_name": event, "property": name, "type": declared["type"], "is_required": declared.get("required", False),
        "is_nullable": declared.get("nullable", not declared.get("required", False)), "is_cast": declared.get("cast", False),
        "allowed": declared.get("allowed"), "pattern": declared.get("pattern"), "minimum": declared.get("minimum"),
        "maximum": declared.get("maximum"), "sources": declared.get("sources"), "pii_class": declared.get("pii", "none"),
    }  # fmt: skip


def declare(warehouse) -> None:
    warehouse.declare("settings", [{"company": "Acme", "timezone": "Europe/Berlin", "unplanned_names_per_source": 500, "unplanned_keys_per_source": 1000}])  # fmt: skip
    warehouse.declare("plan_meta", [{"version_property": "plan_version"}])
    warehouse.declare(
        "plan_events",
        [
            plan_event("checkout_completed", version="2.1.0"),
            plan_event("signup_completed"),
            plan_event("random_sent"),
            plan_event("bag_sent"),
            plan_event("hostile_sent"),
            plan_event("quiet_sent"),
            plan_event("app_opened", platforms=["ios", "Android"]),
            plan_event("old_click", status="deprecated", deprecated_from=datetime(2025, 3, 10)),
            plan_event("gone_click", status="removed"),
            plan_event("never_sent", live_from=datetime(2025, 3, 5)),
            plan_event("some_day", status="planned"),
            plan_event("late_feature", status="planned", planned_for=datetime(2025, 3, 20)),
        ],
    )
    warehouse.declare(
        "plan_properties",
        [
            *(plan_property("checkout_completed", *item) for item in CHECKOUT.items()),
            *(plan_property("random_sent", *item) for item in RANDOM.items()),
            plan_property("signup_completed", "channel", {"type": "string"}),
            plan_property("bag_sent", "size", {"type": "integer"}),
            plan_property("hostile_sent", "size", {"type": "integer"}),
            plan_property("quiet_sent", "size", {"type": "integer", "minimum": 0}),
        ],
    )
    warehouse.declare(
        "plan_aliases",
        [{"event_name": "checkout_completed", "source": "*", "seen_as": "Checkout Completed"}],
    )
    warehouse.declare(
        "plan_rules",
        [
            {"event_name": None, "rule": "name_convention", "mode": "observe"},
            {"event_name": "quiet_sent", "rule": "value_not_allowed", "mode": "quarantine"},
            {"event_name": "quiet_sent", "rule": "type_mismatch", "mode": "observe"},
            {"event_name": "old_click", "rule": "deprecated_event_seen", "mode": "quarantine"},
        ],
    )


def generated(warehouse, source: str, select: str) -> None:
    """A load that SQL writes: number, name, bag."""
    number = max(warehouse.loads, default=0) + 1
    contract = load_contract(HERE.parents[1] / "ingestion" / "sources" / source / "contract.yml")
    system = {
        "_load_id": str(number), "_project": "'bulk'", "_member": "''", "_line": "number", "_flags": "''", "event": "name",
        "_identity": f"'{source}|bulk|' || number", "_payload_hash": "number::varchar", "user_id": "'u'", "properties": "bag",
        "time_at": "timestamp '2025-03-02 10:00'",
    }  # fmt: skip
    columns = ", ".join(
        f'cast({system.get(name, "null")} as {type_}) as "{name}"'
        for name, type_ in contract.raw_types(contract.table("events")).items()
    )
    folder = warehouse.paths.load_dir(source, "events", number)
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            f"copy (select {columns} from ({select})) to '{folder}/part-0.parquet' (format parquet)"
        )
    warehouse.loads[number] = (source, "bulk", "events", "live")


def random_bags(count: int) -> list[dict]:
    chance = random.Random(20250301)
    values = ["free", "pro", "5", "x", "", "2025-03-01", "2025-03-01T10:00:00+02:00", "true", "TRUE", "abc", 5, 1, 2.5, 5.0, -1, 9.5, 10, True, False, None, [], ["a"], ["a", "z"], {}, {"a": 1}, "-1", "2.5"]  # fmt: skip
    keys = [*RANDOM, "channel", "Seats", "extra_key", "Odd Key", "$vendor"]
    return [
        {key: chance.choice(values) for key in chance.sample(keys, chance.randint(0, len(keys)))}
        for _ in range(count)
    ]


RANDOM_BAGS = random_bags(400)


@pytest.fixture(scope="module")
def judged(tmp_path_factory, story):
    """Planted events, random events, hostile names and floods of names and keys, judged in one build."""
    warehouse = type(story)(tmp_path_factory.mktemp("judged"))
    declare(warehouse)
    warehouse.load(
        "mixpanel",
        "events",
        [
            *(mixpanel(key, name, bag, os="iOS") for key, (name, bag, _) in EVENTS.items()),
            *(mixpanel(key, name, bag, day=9) for key, (name, bag, _) in LATE.items()),
            mixpanel("on the last evening", "old_click", {}, day=8.45),  # 22:48 UTC, 23:48 in Berlin
            mixpanel("quiet", "quiet_sent", {"size": -1}),
            mixpanel("silent", "quiet_sent", {"size": "x"}),
            mixpanel("fine", "quiet_sent", {"size": 1}),
            *(mixpanel(f"spelling {n}", name, {}) for n, name in enumerate(["Sign Up", "Sign Up", "sign_up", "signup "])),
            *(mixpanel(f"hostile {n}", text, {text: text}) for n, text in enumerate(HOSTILE)),
        ],
    )  # fmt: skip
    warehouse.load(
        "mixpanel",
        "events",
        [
            *(mixpanel(f"hostile key {n}", "hostile_sent", {text: n}) for n, text in enumerate(HOSTILE)),
            *(mixpanel(f"random {n}", "random_sent", bag) for n, bag in enumerate(RANDOM_BAGS)),
        ],
        project="random",
    )  # fmt: skip
    generated(
        warehouse, "events",
        f"select range as number, 'view_item_' || range as name, '{{}}' as bag from range({NAMES})"
        f" union all select {NAMES} + range, 'view_item_7', '{{}}' from range(20)"
        f" union all select {NAMES} + 100 + range, 'bag_sent', '{{' || array_to_string(list_transform(range(range * 5, range * 5 + 5),"
        f" lambda n: '\"k_' || n || '\":1'), ',') || '}}' from range({KEYS} // 5)",
    )  # fmt: skip
    warehouse.build(*MODELS)
    return warehouse


BROKEN = """
    select split_part(e.event_id, '|', 3) as key, v.property, v.rule, v.mode
    from intermediate.int_events__unioned as e
    inner join (select source, shape_key, unnest(violations) as v from intermediate.int_events__verdicts) as o
        on e.source = o.source and e.shape_key = o.shape_key
    where e.source = 'mixpanel'
    union all
    select split_part(event_id, '|', 3), property, rule, mode from intermediate.int_events__event_violations
    where event_id like 'mixpanel|%'
    union all
    select split_part(e.event_id, '|', 3), null, 'deprecated_event_seen', s.mode
    from intermediate.int_events__unioned as e
    inner join intermediate.int_events__sunsets as s
        on e.source = s.source and e.source_event_name = s.source_event_name and e.occurred_at >= s.sunset_at
"""


@pytest.fixture(scope="module")
def broken(judged):
    """Pairs of property and rule by event."""
    found: dict[str, set] = {}
    for key, name, rule, _ in judged.rows(BROKEN):
        assert (name, rule) not in found.setdefault(key, set()), (key, name, rule)
        found[key].add((name, rule))
    return found


@pytest.mark.parametrize("key", [*EVENTS, *LATE])
def test_each_rule_finds_the_planted_case_and_leaves_the_clean_one(broken, key):
    _, _, expected = {**EVENTS, **LATE}[key]
    assert broken.get(key, set()) == expected


def test_case_078_a_new_property_is_kept_and_told_and_is_governed_by_nothing(judged, broken):
    """Its event counts and its value stays in the bag; no model has it as a column until the plan does."""
    assert broken["unplanned key"] == {("color", "unplanned_property")}
    kept = judged.rows("select json_extract_string(properties, '$.color') from intermediate.int_events__unioned where event_id like 'mixpanel|%|unplanned key'")  # fmt: skip
    assert kept == [("1",)]
    columns = "select count(*) from information_schema.columns where column_name = 'color'"
    assert judged.rows(columns) == [(0,)]


def test_case_080_a_declared_cast_passes_the_rest_is_told_and_no_event_is_dropped(judged, broken):
    assert not broken.get("cast") and broken["text for number"] == {("price", "type_mismatch")}
    told = judged.rows(
        "select count(*), (select sum(events) from intermediate.int_events__names) from intermediate.int_events__unioned"
    )
    assert told[0][0] == told[0][1]


def test_case_081_ten_thousand_keys_stay_apart_up_to_the_limit_and_show_their_pattern(judged):
    told = judged.rows(
        "select count(distinct property), sum(events) filter (where property = '(other unregistered)'), count(*)"
        " from intermediate.int_events__violation_days where event_name = 'bag_sent' and rule = 'unplanned_property'"
    )
    # of 10,000 keys 1,000 are named; 2,000 events carry five keys each, most of them none that is named
    distinct, hidden, rows = told[0]
    assert (distinct, rows) == (1001, 1001) and 1_700 <= hidden <= 2_000
    assert judged.rows(
        "select pattern, names, hides_names from marts.dim_name_patterns where source = 'events' and kind = 'property'"
    ) == [("k_{id}", KEYS, True)]


def test_case_082_fifty_thousand_names_are_grouped_and_nothing_is_lost(judged):
    told = judged.rows(
        "select count(distinct event_name), sum(events), sum(events) filter (where event_name = '(other unregistered)')"
        " from intermediate.int_events__names where source = 'events' and plan_status = 'unplanned'"
    )
    assert told == [(501, NAMES + 20, NAMES - 500)]
    # the frequent name is among those kept apart
    assert judged.rows("select event_name from intermediate.int_events__names where source_event_name = 'view_item_7'") == [("view_item_7",)]  # fmt: skip
    assert judged.rows(
        "select pattern, names, events, hides_names, json_array_length(example_names) from marts.dim_name_patterns"
        " where source = 'events' and kind = 'event'"
    ) == [("view_item_{id}", NAMES, NAMES + 20, True, 5)]
    counted = judged.rows(
        "select count(distinct event_name), sum(events) from intermediate.int_events__violation_days"
        " where source = 'events' and rule = 'unplanned_event'"
    )
    assert counted == [(501, NAMES + 20)]


def test_case_083_near_duplicates_are_told_with_the_name_they_are_like_and_never_merged(judged):
    told = judged.rows(
        "select source_event_name, detail from intermediate.int_events__name_violations"
        " where rule = 'near_duplicate_name' and source = 'mixpanel' and detail in ('Sign Up', 'checkout_completed') order by 1"
    )
    assert ("sign_up", "Sign Up") in told and ("signup ", "Sign Up") in told
    assert ("checkout-completed ", "checkout_completed") in told
    assert "Sign Up" not in {name for name, _ in told}
    assert judged.rows("select count(distinct event_name) from intermediate.int_events__names where source_event_name in ('Sign Up', 'sign_up', 'signup ')") == [(3,)]  # fmt: skip


def test_case_084_an_unknown_event_is_kept_and_counted_as_unplanned(judged):
    told = judged.rows("select plan_status, events from intermediate.int_events__names where source_event_name = 'banner_seen'")  # fmt: skip
    assert told == [("unplanned", 2)]


def test_case_086_a_deprecated_event_is_welcome_until_its_day_ends_before_midnight_in_the_reporting_zone(broken):  # fmt: skip
    assert not broken.get("on the last evening") and not broken.get("before the sunset")
    assert broken["after the sunset"] == {(None, "deprecated_event_seen")}


def test_case_087_hostile_names_keys_and_values_are_stored_exactly(judged):
    assert len(HOSTILE) >= 300
    names = {row[0] for row in judged.rows("select event_name from intermediate.int_events__names where source = 'mixpanel'")}  # fmt: skip
    assert set(HOSTILE) - {"$identify"} <= names
    keys = {row[0] for row in judged.rows("select property from intermediate.int_events__seen_properties where source_event_name = 'hostile_sent'")}  # fmt: skip
    assert keys == set(HOSTILE)
    values = {row[0] for row in judged.rows("select json_extract_string(properties, '$.*')[1] from intermediate.int_events__unioned where event_id like 'mixpanel|app|hostile %'")}  # fmt: skip
    assert set(HOSTILE) <= values


def test_case_088_keys_that_differ_in_case_or_need_quotes_do_not_collide(judged):
    told = judged.rows(
        "select property, sum(events) from intermediate.int_events__seen_properties where source_event_name = 'hostile_sent' group by 1"
    )
    counts = dict(told)
    for key in ("select", "a.b", "a/b", "a~b", "A", "a", 'a"b', "order by", " lead", "/", "$.x"):
        assert counts[key] == 1


def test_case_089_a_new_value_of_a_closed_list_is_told_and_its_event_kept(judged, broken):
    assert broken["enum"] == {("plan", "value_not_allowed")}
    told = judged.rows("select mode, events, example_event_ids from intermediate.int_events__violation_days where property = 'plan' and rule = 'value_not_allowed' and event_name = 'checkout_completed'")  # fmt: skip
    assert told == [("warn", 1, ["mixpanel|app|enum"])]


def test_only_a_rule_in_quarantine_leaves_events_out_of_numbers(judged):
    left_out = {row[0].split("|")[2] for row in judged.rows("select event_id from intermediate.int_events__quarantined")}  # fmt: skip
    assert left_out == {"quiet", "after the sunset"}
    modes = judged.rows("select distinct rule, mode from intermediate.int_events__violation_days where event_name = 'quiet_sent' order by all")  # fmt: skip
    assert modes == [("type_mismatch", "observe"), ("value_not_allowed", "quarantine")]


def test_planned_events_and_platforms_that_never_arrived_are_known(judged):
    told = judged.rows("select event_name, platform, due_on::varchar from intermediate.int_events__unseen order by all")  # fmt: skip
    assert told == [
        ("app_opened", "Android", "1900-01-01"),
        ("late_feature", None, "2025-03-20"),
        ("never_sent", None, "2025-03-05"),
        ("signup_completed", None, "1900-01-01"),
    ]


def test_examples_and_details_never_hold_a_value(judged):
    told = judged.rows("select to_json(example_event_ids)::varchar || coalesce(detail, '') from intermediate.int_events__violation_days where rule = 'pii_in_free_text' and event_name in ('checkout_completed', 'banner_seen')")  # fmt: skip
    assert told and not any("@" in text or "+49" in text for (text,) in told)
    assert {row[0] for row in judged.rows("select detail from intermediate.int_events__violation_days where rule = 'pii_in_free_text' and property = 'query'")} == {"phone"}  # fmt: skip


def test_the_rules_say_what_a_plain_oracle_says_of_random_events(broken):
    known = {*CHECKOUT, *RANDOM, "channel", "size"}
    wrong = {}
    for number, bag in enumerate(RANDOM_BAGS):
        expected = oracle.violations(RANDOM, bag, known, "mixpanel")
        if broken.get(f"random {number}", set()) != expected:
            wrong[number] = (bag, expected ^ broken.get(f"random {number}", set()))
    assert not wrong, json.dumps(list(wrong.items())[:3], default=str)


def test_days_add_up_to_events_whatever_the_order_of_loads(judged):
    by_day = judged.rows("select rule, sum(events)::bigint from intermediate.int_events__violation_days where source = 'mixpanel' group by 1 order by 1")  # fmt: skip
    by_event = judged.rows(f"select rule, count(distinct (key, coalesce(property, ''))) from ({BROKEN}) group by 1 order by 1")  # fmt: skip
    assert by_day == by_event
    first = judged.rows("select * from intermediate.int_events__violation_days order by all")
    judged.loads = dict(sorted(judged.loads.items(), reverse=True))
    judged.build(*MODELS, "--full-refresh", "--exclude", "config.materialized:view")
    assert judged.rows("select * from intermediate.int_events__violation_days order by all") == first  # fmt: skip
