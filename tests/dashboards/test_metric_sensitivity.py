"""How hard a metric is to move (E9), by hand."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from dashboards.ask import ask
from dashboards.published import open_version

MONDAY = date(2024, 1, 1)
SIZES = (10, 12, 10, 12)  # active people of four weeks; one more comes each Wednesday


def history():
    events = []
    for week, size in enumerate(SIZES):
        for n in range(size):
            day = MONDAY + timedelta(days=7 * week + (2 if n == 0 else 0))
            events.append((f"p{n}", "open", f"{day}T10:00"))
            if n < 4:
                events.append((f"p{n}", "buy", f"{day}T11:00"))
    return events


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    with open_version(publish_world(tmp_path_factory.mktemp("e9"), events=history())) as version:
        base = {"from": "2024-01-01", "to": "2024-01-29"}
        yield lambda question="metric_sensitivity", **more: ask(
            version, question, {**({} if question == "sample_size" else base), **more}, "2024-01-29"
        )


def rows(answer, part):
    return {r["label"]: r for r in answer.rows if r["part"] == part}


def test_rule_E9_the_effect_found_with_the_people_there_are(asks):
    answer = asks(metric="feature_usage", event="buy", power=0.5)
    tests = rows(answer, "test")
    two = tests["2 weeks"]
    assert (two["units"], two["units_per_week"], two["value"]) == (12, 6, pytest.approx(1 / 3))
    # the same formula the other way round: that effect needs just the 12 people
    needed = asks(
        "sample_size", baseline=two["value"], mde_absolute=two["mde_absolute"], power=0.5
    ).rows[0]
    assert needed["total_units"] == 12
    assert two["mde_relative"] == pytest.approx(3 * two["mde_absolute"])
    assert tests["8 weeks"]["units"] is None and "not measured" in " ".join(answer.caveats)


def test_rule_E9_a_mean_uses_its_measured_spread(asks):
    four = rows(asks(metric="events_per_actor"), "test")["4 weeks"]
    # twelve people: four with 8 events, six with 4, two with 2
    amounts = [8] * 4 + [4] * 6 + [2] * 2
    mean = sum(amounts) / 12
    spread = math.sqrt(sum((a - mean) ** 2 for a in amounts) / 11)
    assert (four["units"], four["value"], four["stddev"]) == (12, pytest.approx(mean), pytest.approx(spread))  # fmt: skip
    # two variants of six: (1.96 + 0.84) x spread x sqrt(1/6 + 1/6)
    assert four["mde_absolute"] == pytest.approx((1.959964 + 0.841621) * spread * math.sqrt(2 / 6), rel=1e-5)  # fmt: skip


def test_active_people_count_by_their_share_of_active_weeks(asks):
    four = rows(asks(), "test")["4 weeks"]
    assert (four["units"], four["value"]) == (12, pytest.approx((10 * 1 + 2 * 0.5) / 12))


def test_the_noise_of_weeks_is_told_from_their_differences(asks):
    summary = asks().summary
    assert (summary["weekly_mean"], summary["weekly_noise"]) == (
        11,
        pytest.approx(math.sqrt(4 / 2)),
    )
    assert summary["weekly_noise_relative"] == pytest.approx(math.sqrt(2) / 11)


def test_weeks_that_the_data_do_not_hold_as_a_whole_are_no_weeks_of_zeros(asks, world):
    assert asks(**{"from": "2023-11-06"}).summary["weekly_noise"] == asks().summary["weekly_noise"]
    with world(
        [e for e in history() if e[2] >= "2024-01-02"]
    ) as late:  # the data begin on a Tuesday
        rows = late("metric_sensitivity", "2024-01-29", from_="2023-11-06", to="2024-01-29").rows
        assert [r["label"] for r in rows if r["part"] == "week"] == [
            "2024-01-08",
            "2024-01-15",
            "2024-01-22",
        ]


def test_weekdays_stand_against_all_days(asks):
    days = rows(asks(), "weekday")
    assert list(days) == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]  # fmt: skip
    assert (days["Monday"]["value"], days["Wednesday"]["value"], days["Sunday"]["value"]) == (
        10,
        1,
        0,
    )
    assert days["Monday"]["ratio"] == pytest.approx(10 / (44 / 28))


def test_no_week_that_is_over_is_no_data_with_the_reason(asks):
    answer = asks(**{"from": "2024-01-23"})
    assert answer.rows == [] and answer.summary["sentence"] is None
    assert any(caveat.startswith("No data") for caveat in answer.caveats)
