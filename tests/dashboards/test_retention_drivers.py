"""Early actions that go with coming back (D4), by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version

FIRST = date(2024, 1, 1)


def at(day, clock="10:00:00"):
    return f"{FIRST + timedelta(days=day)}T{clock}"


def history():
    """Twenty sign up. Ten invite, of whom eight come back; of the others two do. Half of each half takes the tour."""
    events = []
    for n in range(20):
        who = f"p{n}"
        events.append((who, "signup", at(0)))
        if n < 10:
            events += [(who, "invite", at(1))] * (2 if n < 5 else 1)
        if n % 2:
            events.append((who, "tour", at(0, "10:05:00")))
        if n < 8 or n >= 18:
            events.append((who, "open", at(14 if n else 27, "10:00:00" if n else "23:00:00")))
    # on the edge: an action exactly at the end of the early window is late, a return before the window is none
    events += [("p19", "invite", at(7)), ("p10", "open", at(13, "23:59:59"))]
    # started too late to be told
    return [*events, ("late", "signup", at(20)), ("late", "invite", at(20))]


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    settings = {"minimum_group_size": 5}
    folder = publish_world(tmp_path_factory.mktemp("d4"), events=history(), settings=settings)
    with open_version(folder) as version:
        base = {"from": "2024-01-01", "to": "2024-02-01", "thresholds": "1,2"}
        yield lambda as_of="2024-02-01", **more: ask(
            version, "retention_drivers", {**base, **more}, as_of
        )


def test_rule_D4_reach_rate_lift_phi_and_corrected_p(asks):
    answer = asks()
    rows = {(r["event"], r["threshold"]): r for r in answer.rows}
    assert set(rows) == {("invite", 1), ("invite", 2), ("tour", 1)}
    row = rows["invite", 1]
    assert (row["reach"], row["actors"], row["retained"], row["rate"]) == (0.5, 10, 8, 0.8)
    assert (row["rest_actors"], row["rest_rate"]) == (10, 0.2)
    assert (row["lift"], row["phi"]) == (pytest.approx(1.6), pytest.approx(0.6))
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))  # fmt: skip
    assert (row["difference_low"], row["difference_high"]) == (pytest.approx(0.1619, abs=1e-3), pytest.approx(0.8027, abs=1e-3))  # fmt: skip
    assert row["p_value"] == pytest.approx(0.00729, abs=1e-5)  # z = 0.6 / sqrt(0.25 * 0.2)
    # all three tests are corrected together: 0.00729, 0.0325 (Fisher, 5 of 5 against 5 of 15), 1
    assert row["p_value_adjusted"] == pytest.approx(3 * 0.00729, abs=1e-4)
    assert rows["invite", 2]["p_value"] == pytest.approx(252 / 15504 * 2, abs=1e-9)
    assert rows["tour", 1]["p_value"] == 1
    assert [r["verdict"] for r in answer.rows] == ["goes together", "goes together", "no clear link"]  # fmt: skip


def test_rule_D4_says_that_it_is_no_cause(asks):
    answer = asks()
    assert any("not cause" in caveat for caveat in answer.caveats)
    assert "not cause" in answer.summary["sentence"]


def test_rule_D4_only_those_whose_return_window_is_over_count(asks):
    assert (asks().summary["actors"], asks().summary["pending"]) == (20, 1)
    early = asks(as_of="2024-01-29T09:59:59")  # one second before the window of the twenty ends
    assert (early.rows, early.summary["pending"], early.summary["base_rate"]) == ([], 21, None)
    assert any("21 are pending" in caveat for caveat in early.caveats)


def test_an_action_can_not_be_its_own_outcome(asks):
    with pytest.raises(BadParameter, match="its own outcome"):
        asks(early="14d", return_from="7d")
    with pytest.raises(BadParameter, match="thresholds"):
        asks(thresholds="1-3")


def test_rows_with_too_few_people_on_one_side_are_not_tested(asks):
    answer = asks(thresholds="1,2,3", where=[{"property": "x", "op": "not_set"}])
    assert all(min(r["actors"], r["rest_actors"]) >= 5 for r in answer.rows)
    other = asks(early="14d")  # p10's open on day 13 is now early, one person alone
    assert any("left out" in caveat for caveat in other.caveats)
