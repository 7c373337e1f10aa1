"""The trust page's questions: verdicts in words, what is broken, who uses an event, what breaks, what terms mean."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.engine.trust import Broken, Facts, verdict
from dashboards.published import open_version

BUY = {
    "event_name": "buy",
    "status": "live",
    "owner": "pm-01",
    "description": "Somebody paid",
    "area": "shop",
    "feature": "checkout",
    "counts_as_active": True,
    "value_event": True,
    "seen_as": '[{"source": "*", "seen_as": "buy"}, {"source": "web", "seen_as": "Buy Now"}]',
}
VIEW = {**BUY, "event_name": "view", "value_event": False, "feature": None, "seen_as": "[]"}
LINEAGE = {
    "fct_events": {"layer": "marts", "parents": [], "takes": {}},
    "kpi_sales": {"layer": "kpis", "parents": ["fct_events"], "takes": {"names": ["buy"]}},
    "kpi_use": {"layer": "kpis", "parents": ["fct_events"], "takes": {"flags": ["active"]}},
    "kpi_value": {"layer": "kpis", "parents": ["fct_events"], "takes": {"flags": ["value"]}},
}
MODELS = {
    "kpi_sales": {"description": "K98: what was sold.", "meta": {}},
    "kpi_use": {"description": "K99: who is here.", "meta": {}},
    "kpi_value": {"description": "K97: who got value.", "meta": {}},
}
MISSING = {"violations": "required_missing:order_id"}


def shop() -> list[tuple]:
    """30 buys a day from 1 to 24 March on two platforms; from the 12th on the web forgets order_id now and then."""
    found = []
    for day in range(1, 25):
        for n in range(30):
            web = n < 20
            more = {"platform": "web" if web else "ios"}
            if day >= 12 and web and n % 10 == 0:
                more |= MISSING
            found.append((f"u{n}", "buy", f"2024-03-{day:02d}T10:{n:02d}:00", {}, more))
        found.append(("u1", "view", f"2024-03-{day:02d}T09:00:00"))
    return found


@pytest.fixture(scope="module")
def shopping(publish_world, tmp_path_factory):
    """The shop with its plan, lineage, an experiment, a release, and people who asked."""
    asks = [
        {
            "project": "default",
            "ask_id": f"a{n}",
            "kind": "event",
            "name": "buy",
            "person_id": f"pm-{n:02d}",
            "role": "pm",
            "question": question,
            "is_interactive": True,
            "asked_at": f"2024-03-{n + 1:02d}T12:00:00",
        }
        for n, question in enumerate(["funnel"] * 6 + ["retention"] * 2)
    ]
    tables = {
        "dim_events": [BUY, VIEW],
        "dim_features": [{"feature": "checkout", "name": "Checkout", "description": "Pay"}],
        "dim_releases": [
            {"source": "github", "project": "app", "release": "v2.0", "released_on": "2024-03-10"}
        ],
        "dim_experiments": [
            {"experiment_id": "x1", "name": "One click", "primary_metric": "buy_per_user"},
            {"experiment_id": "x2", "name": "Other", "guardrails": '["rebuy"]'},
        ],
        "fct_question_subjects": asks,
        "dim_event_properties": [
            {
                "event_name": name,
                "property": "order_id",
                "is_declared": True,
                "type": "string",
                "is_required": True,
                "pii_class": "pseudonym",
                "description": "Number of the order",
                "violations": 0,
            }
            for name in ("buy", "view")
        ],
    }
    folder = publish_world(
        tmp_path_factory.mktemp("shop"),
        events=shop(),
        tables=tables,
        definitions={"event_lineage": LINEAGE, "models": MODELS},
        settings={"minimum_group_size": 5},
    )
    with open_version(folder) as published:

        def asked(question, as_of=None, **params):
            named = {name.rstrip("_"): value for name, value in params.items()}
            return ask(published, question, named, as_of)

        yield asked


def test_the_march_release_is_answered_in_one_sentence_with_rule_share_worst_place_and_reach(
    shopping,
):
    row = shopping("event_trust", event="buy", since="v2.0").rows[0]
    assert (row["verdict"], row["untrusted_since"]) == ("no", date(2024, 3, 12))
    assert row["why"] == (
        "Not since 12 Mar 2024: 6.7% lack order_id (web 10.0%); affects K97, K98, K99, funnel and 8 more."
    )
    assert (row["events"], row["violations"], row["trusted_since"]) == (450, 26, None)
    assert shopping("event_trust", event="buy", since="2024-03-10").rows[0]["why"] == row["why"]
    before = shopping("event_trust", event="buy", since="2024-03", to="2024-03-12").rows[0]
    assert (before["verdict"], before["why"]) == (
        "yes",
        "You can trust it since 1 Mar 2024: 330 events, none breaks a rule.",
    )


def test_since_and_the_list_of_one_event(shopping):
    answer = shopping("event_trust", event="buy")
    row = answer.rows[0]
    assert [(p["name"], p["events"], p["violations"]) for p in row["platforms"]] == [
        ("web", 480, 26),
        ("ios", 240, 0),
    ]
    assert row["unseen_spellings"] == ["web: Buy Now"]
    assert answer.summary["releases"] == [{"release": "v2.0", "released_on": date(2024, 3, 10)}]
    assert row["new_violations"] == 0
    with pytest.raises(BadParameter, match="nearest release is `v2.0`"):
        shopping("event_trust", event="buy", since="v2")
    with pytest.raises(BadParameter, match="say the same"):
        shopping("event_trust", event="buy", since="v2.0", from_="2024-03-01")
    # Asked on the day before it began, nothing was broken yet, and the rule would be new a week later.
    assert shopping("event_trust", "2024-03-12", event="buy").rows[0]["verdict"] == "yes"
    assert shopping("event_trust", "2024-03-15", event="buy").rows[0]["new_violations"] == 1


def test_health_of_an_area_counts_planned_and_valid_events(shopping):
    (area,) = shopping("event_trust").summary["areas"]
    assert (area["area"], area["event_names"], area["owned"], area["not_trusted"]) == (
        "shop",
        2,
        2,
        1,
    )
    assert area["valid_share"] == pytest.approx((744 - 26) / 744)


def test_violations_are_told_with_place_share_since_they_began_and_the_next_step(shopping):
    answer = shopping("event_violations", event="buy")
    (row,) = answer.rows
    assert (row["rule"], row["property"], row["platform"], row["events"]) == (
        "required_missing",
        "order_id",
        "web",
        26,
    )
    assert row["share"] == pytest.approx(26 / 260)
    assert row["what_to_do"] == "Ask pm-01 to send order_id, or make it optional in the plan."
    assert len(row["examples"]) == 5
    (whole,) = shopping("event_violations", event="buy", detail="rule").rows
    assert whole["share"] == pytest.approx(26 / 390)
    assert [(p["name"], p["share"]) for p in whole["places"]] == [("web", pytest.approx(0.1))]
    assert shopping("event_violations", event="buy", to="2024-03-12").rows == []
    assert shopping("event_violations", "2024-03-15", only="new").summary["new"] == 1


def test_uses_come_from_lineage_plan_registry_and_the_log_with_the_smallest_group_withheld(
    shopping,
):
    rows = shopping("event_uses", event="buy").rows
    found = {(row["kind"], row["name"]): row for row in rows}
    assert {name for kind, name in found if kind == "kpi"} == {"kpi_sales", "kpi_use", "kpi_value"}
    assert ("experiment", "x1") in found and ("experiment", "x2") not in found
    assert ("page", "This week") in found and ("snapshot", "Leadership snapshot") in found
    funnel, retention = found["question", "funnel"], found["question", "retention"]
    assert (funnel["asks"], funnel["pms"], funnel["reason"]) == (6, 6, None)
    assert (retention["asks"], retention["pms"], retention["reason"]) == (
        2,
        None,
        "fewer than 5 product managers",
    )
    view = {(r["kind"], r["name"]) for r in shopping("event_uses", event="view").rows}
    assert ("kpi", "kpi_use") in view and ("kpi", "kpi_sales") not in view
    assert ("question", "funnel") not in view


def test_the_blast_radius_of_a_violation_is_a_share_of_what_each_thing_takes(shopping):
    answer = shopping("blast_radius", event="buy", property="order_id")
    errors = {row["name"]: row["possible_error"] for row in answer.rows}
    assert errors["kpi_sales"] == pytest.approx(26 / 720)
    assert errors["kpi_use"] == pytest.approx(26 / 744)
    assert errors["funnel"] == pytest.approx(26 / 720)
    assert "order_id" in answer.caveats[0]
    none = shopping("blast_radius", event="buy", rule="type_mismatch")
    assert none.summary["affected_events"] == 0
    since = shopping("blast_radius", event="buy", since="v2.0").summary
    assert (since["events"], since["affected_events"]) == (450, 26)


def test_a_change_of_the_plan_touches_what_takes_the_event_before_or_after_it(shopping):
    removed = shopping("blast_radius", event="buy", change="removed")
    assert {r["name"] for r in removed.rows} >= {"kpi_sales", "kpi_use", "kpi_value", "funnel"}
    assert removed.summary["largest_possible_error"] == 1.0
    not_value = shopping("blast_radius", event="buy", change="not_value").rows
    assert [r["name"] for r in not_value if r["kind"] == "kpi"] == ["kpi_value"]
    made = shopping("blast_radius", event="view", change="made_value").rows
    assert {r["name"]: r["possible_error"] for r in made if r["kind"] == "kpi"} == {
        "kpi_value": pytest.approx(24 / 744)
    }
    same = shopping("blast_radius", event="buy", change="made_value")
    assert same.rows == [] and "already" in same.caveats[0]
    with pytest.raises(BadParameter, match="not both"):
        shopping("blast_radius", event="buy", change="removed", rule="type_mismatch")


def test_the_glossary_finds_terms_by_their_words_and_says_where_they_are(shopping):
    (row,) = shopping("glossary", text="number order").rows
    assert (row["name"], row["events"], row["pii_class"]) == (
        "order_id",
        ["buy", "view"],
        "pseudonym",
    )
    assert [r["name"] for r in shopping("glossary", kind="feature").rows] == ["checkout"]
    assert shopping("glossary", text="nothing of it").rows == []


def test_volume_shows_days_without_events_and_weeks(shopping):
    days = shopping("event_volume", "2024-03-27", event="buy", from_="2024-03-23").rows
    assert [(r["period_start"], r["events"]) for r in days] == [
        ("2024-03-23", 30),
        ("2024-03-24", 30),
        ("2024-03-25", 0),
        ("2024-03-26", 0),
    ]
    weeks = shopping("event_volume", event="buy", period="week", group="platform").rows
    assert {(r["part"], r["events"]) for r in weeks if r["period_start"] == "2024-03-04"} == {
        ("web", 140),
        ("ios", 70),
    }


DAY = date(2024, 3, 1)
LIVE = Facts("buy", "live", 900, 0, first_on=DAY, last_on=DAY + timedelta(30), typical=30.0)


@pytest.mark.parametrize(
    ("changed", "word", "says"),
    [
        ({}, "yes", "You can trust it since 1 Mar 2024: 900 events"),
        ({"status": "unplanned"}, "not_planned", "Nobody has written"),
        ({"status": "system"}, "not_planned", "vendor's own event"),
        ({"events": 0}, "never_seen", "no event arrived"),
        ({"events": 0, "status": "planned"}, "never_seen", "no event has arrived yet"),
        ({"status": "planned"}, "not_live", "only planned, and 900 events of it arrived"),
        (
            {"status": "deprecated", "ended_on": DAY, "replacement": "pay"},
            "not_live",
            "deprecated since 1 Mar 2024, and 900 events arrived all the same; use pay instead",
        ),
        ({"violating": 4}, "with_care", "with care since 1 Mar 2024: 0.4% of 900 events"),
        (
            {"violating": 90, "bad_since": DAY, "bad_until": DAY + timedelta(9)},
            "with_care",
            "Yes again after 10 Mar 2024; from 1 Mar 2024 on it was not",
        ),
        ({"through": DAY + timedelta(40)}, "no", "no event has arrived after it"),
        ({"through": DAY + timedelta(40), "typical": 2.0}, "yes", "You can trust it"),
        (
            {"gap_from": DAY + timedelta(3), "gap_to": DAY + timedelta(5)},
            "with_care",
            "nothing arrived from 4 Mar 2024 to 6 Mar 2024",
        ),
    ],
)
def test_each_verdict_says_why(changed, word, says):
    said = verdict(Facts(**{**vars(LIVE), **changed}))
    assert said.word == word
    assert says in said.why


def test_untidy_rules_are_no_reason_to_distrust_and_observed_ones_are_silent(world):
    def day(n, rule):
        return ("a", "buy", f"2024-03-{n + 1:02d}T10:00", {}, {"violations": rule})

    for rule, expected in (
        ("additional_property:x", "with_care"),
        ("required_missing:x:observe", "yes"),
        ("name_convention:x:quarantine", "no"),
        ("type_mismatch:x", "no"),
    ):
        with world([day(n, rule) for n in range(9)], tables={"dim_events": [BUY]}) as asks:
            assert asks("event_trust", event="buy").rows[0]["verdict"] == expected, rule


def test_a_name_of_ten_kilobytes_is_cut_where_it_is_said():
    long = "x" * 10_000
    facts = Facts(**{**vars(LIVE), "bad_since": DAY, "bad_until": DAY + timedelta(30)})
    broken = [Broken("required_missing", long, 9, 0.5)]
    assert len(verdict(Facts(**{**vars(facts), "broken": broken})).why) < 200
