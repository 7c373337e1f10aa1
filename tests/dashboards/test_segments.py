"""Segments of a metric against the rest, by hand; the metrics themselves are compared with `retention`, `funnel`, `feature_usage`."""

from __future__ import annotations

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version


def person(who, platform, *events):
    return [(who, name, f"2024-05-{when}", {}, {"platform": platform}) for name, when in events]


def history():
    """40 on iOS of whom 30 come back the next day, 60 on the web of whom 24 do; 2 on TVs and one that says nothing."""
    events = []
    for n in range(40):
        back = [("open", "02T09:00")] if n < 30 else []
        events += person(f"i{n}", "iOS", ("open", "01T10:00"), *back)
    for n in range(60):
        back = [("open", "02T09:00")] if n < 24 else []
        events += person(f"w{n}", "web", ("open", "01T10:00"), ("buy", "01T11:00"), *back)
    for n in range(2):
        events += person(f"t{n}", "TV", ("open", "01T10:00"))
    events += person("none", None, ("open", "01T10:00"))
    # the first event decides, the smaller id at the same instant
    events += person("i0", "web", ("open", "01T10:00"), ("open", "01T12:00"))
    # not over: the day after is not
    return [*events, *person("late", "web", ("open", "08T10:00"))]


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    with open_version(
        publish_world(
            tmp_path_factory.mktemp("s"),
            events=history(),
            settings={"minimum_group_size": 3},
            tables={"dim_events": [{"event_name": n, "status": "live"} for n in ("open", "buy")]},
        )
    ) as version:
        base = {"from": "2024-05-01", "to": "2024-05-09", "dimension": "platform"}
        yield lambda as_of="2024-05-09", question="segments", **more: ask(
            version, question, {**base, "metric": "retention_day_1", **more}, as_of
        )


def test_each_segment_stands_against_the_rest_corrected(asks):
    answer = asks()
    rows = {r["segment"]: r for r in answer.rows}
    assert list(rows) == ["iOS", "web", "(other)"]
    ios = rows["iOS"]
    assert (ios["n"], ios["total"], ios["value"]) == (40, 30, 0.75)
    assert (ios["ci_low"], ios["ci_high"]) == (pytest.approx(0.5981, abs=1e-4), pytest.approx(0.8581, abs=1e-4))  # fmt: skip
    assert (ios["rest_n"], ios["rest_value"]) == (63, pytest.approx(24 / 63))
    # z = (0.75 - 24/63) / sqrt(54/103 * 49/103 * (1/40 + 1/63)) = 3.655
    assert ios["p_value"] == pytest.approx(0.000257, abs=1e-6)
    assert ios["p_value_adjusted"] == pytest.approx(
        3 * ios["p_value"]
    )  # Holm, the smallest of three
    assert rows["web"]["pending"] == 1
    assert [r["verdict"] for r in answer.rows] == ["higher than the rest", "lower than the rest", "no clear difference"]  # fmt: skip
    assert "beyond chance after 3 comparisons" in answer.summary["sentence"]
    other = asks(correction="benjamini_hochberg")
    assert other.rows[0]["p_value_adjusted"] <= ios["p_value_adjusted"]


def test_small_groups_are_one_row(asks):
    answer = asks()
    assert {r["segment"]: r["n"] for r in answer.rows}["(other)"] == 3  # TV and (none)
    assert any("shown together" in caveat for caveat in answer.caveats)


def test_a_group_that_only_waits_is_not_told_apart_when_it_is_small(world):
    who = [("iOS", "01"), ("web", "01"), ("TV", "08")]
    events = [
        (f"{platform}{n}", "open", f"2024-05-{day}T10:00", {}, {"platform": platform})
        for platform, day in who
        for n in range(2 if platform == "TV" else 6)
    ]
    params = {
        "from_": "2024-05-01",
        "to": "2024-05-09",
        "metric": "retention_day_1",
        "dimension": "platform",
    }
    with world(events, settings={"minimum_group_size": 5}) as asks:
        rows = {
            r["segment"]: (r["n"], r["pending"])
            for r in asks("segments", "2024-05-09", **params).rows
        }
    assert rows == {"iOS": (6, 0), "(other)": (6, 2)}


def test_two_groups_are_one_comparison(asks):
    two = [{"property": "platform", "op": "in", "value": ["iOS", "web"]}]
    answer = asks(where=two)
    assert [r["p_value_adjusted"] for r in answer.rows] == [r["p_value"] for r in answer.rows]
    assert answer.summary["compared"] == 1
    assert "beyond chance after one comparison" in answer.summary["sentence"]


def test_where_nothing_varies_nothing_is_compared(asks):
    answer = asks(metric="feature_usage", event="open")
    assert answer.summary["clear_differences"] == 0 and "are the same" in answer.summary["sentence"]


def test_means_are_compared_by_welch(asks):
    rows = {r["segment"]: r for r in asks(metric="events_per_actor").rows}
    web = rows["web"]
    assert (web["n"], web["total"]) == (61, 60 * 2 + 24 + 1)
    assert web["value"] == pytest.approx(145 / 61)
    assert web["ci_low"] < web["value"] < web["ci_high"] and web["p_value"] < 0.05


def test_without_a_dimension_the_first_that_tells_people_apart(asks):
    answer = asks(dimension=None)
    assert answer.summary["dimension"] == "platform"
    assert any("split by platform" in caveat for caveat in answer.caveats)


def test_a_metric_is_the_same_number_as_its_own_question(asks):
    kept = asks(dimension="project").summary
    cohort = [
        r
        for r in asks(question="retention", horizon=1, metric=None, dimension=None).rows
        if r["cohort_start"] is None and r["interval"] == 1
    ][0]
    assert (kept["n"], kept["total"]) == (cohort["cohort_size"], cohort["retained"])
    bought = asks(metric="feature_usage", event="buy").summary
    usage = asks(question="feature_usage", event="buy", metric=None, dimension=None).rows[0]
    assert (bought["n"], bought["total"]) == (usage["active_actors"], usage["actors"])
    steps = ["open", "buy"]
    converted = asks(metric="conversion", steps=steps, window="2h").summary
    funnel = asks(question="funnel", steps=steps, window="2h", metric=None, dimension=None).rows[1]
    assert (converted["n"], converted["total"]) == (funnel["matured"], funnel["matured_reached"])
    people = asks(metric="active_users").summary["total"]
    active = asks(question="lifecycle", period="month", metric=None, dimension=None).rows[0]
    assert people == active["new"]


@pytest.mark.parametrize(
    ("params", "hint"),
    [
        ({"metric": "feature_usage"}, "exactly one of"),
        ({"metric": "conversion"}, "two or more"),
        ({"metric": "conversion", "steps": ["open", "open"]}, "`funnel`"),
        ({"steps": ["open", "buy"]}, "belongs to"),
        ({"metric": "retention"}, "the nearest is"),
    ],
)
def test_a_metric_that_lacks_something_says_what(asks, params, hint):
    with pytest.raises(BadParameter, match=hint):
        asks(**params)


def test_nobody_in_the_base_is_no_data_with_the_reason(asks):
    answer = asks(as_of="2024-05-02", to="2024-05-02")
    assert answer.rows == [] and answer.summary["value"] is None
    assert any("still pending" in caveat for caveat in answer.caveats)
